"""Measure every case, on the servers of DATABASE_URL and REDIS_URL, and show the result."""

import argparse

from benchmarks.ledger.course import Options, run


def main() -> None:
    """Run the benchmark."""
    arguments = argparse.ArgumentParser(prog="make bench-ledger", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--round-s", type=float, default=4)
    arguments.add_argument("--scale", type=int, default=100, help="of TPC-B")
    arguments.add_argument("--entries", type=int, default=5_000_000, help="of the long account")
    run(Options(**vars(arguments.parse_args())))


if __name__ == "__main__":
    main()
