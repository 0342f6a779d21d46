"""The commands of a working copy: `make run`, `make test`, and the servers under `.data/`.

The product never imports this package. It finds a PostgreSQL and a Redis, starts them, keeps watch
over the processes of the Procfile, and leaves nothing behind when it stops.
"""
