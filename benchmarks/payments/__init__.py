"""`make bench-payments`: create-and-confirm in one request, from HTTP to the commit."""
