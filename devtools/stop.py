"""`make stop`: end what `make run` and the tests have started, also after a crash."""

import sys

from devtools import runner, servers, supervisor
from devtools.place import RUN, TEST, Trouble


def stop_everything() -> bool:
    """Stop the processes and servers of this clone, and say whether there were any."""
    found = [runner.end(RUN), supervisor.stop(RUN), servers.stop(RUN), servers.stop(TEST)]
    return any(found)


def main() -> int:
    """Stop everything, and return the exit code."""
    try:
        print("Stopped." if stop_everything() else "Nothing was running.")
    except Trouble as trouble:
        print(f"stop: {trouble}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
