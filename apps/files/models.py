"""Tables of files, per environment."""
