"""Benchmarks: each measures beside a reference on the same machine, and prints JSON last."""
