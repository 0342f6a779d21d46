"""What the verification reads: each query returns what is wrong, or what to look at next."""
