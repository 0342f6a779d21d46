"""`make bench-ledger`: the ledger against TPC-B on the same server, and against itself."""
