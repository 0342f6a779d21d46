"""Files that merchants upload, such as the evidence of a dispute, and the links that show them.

Owns what is known of a file, in the environment's schema; the bytes are in Django's default
storage, in a folder of the environment. Rooms above name a file by its id. Public:
`services.create_file`, `queries.find_files`.
"""
