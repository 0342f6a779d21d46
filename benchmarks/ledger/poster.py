"""A process that calls `ledger.post` for a time, and prints how many calls a second it made.

`python -m benchmarks.ledger.poster SECONDS THREADS`, with BENCH_DATABASE.
"""

import sys

from benchmarks.ledger import callers

if __name__ == "__main__":
    print(callers.python_in_threads(seconds=float(sys.argv[1]), threads=int(sys.argv[2])))
