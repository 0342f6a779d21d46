"""Each module is a command of `manage.py`, and calls services."""
