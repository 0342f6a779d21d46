"""`make clean`: remove the data of this clone, after asking."""

import os
import shutil
import sys

from devtools import homes
from devtools.place import RUN, TEST, Trouble
from devtools.stop import stop_everything


def main() -> int:
    """Ask, stop everything, remove `.data`, and return the exit code."""
    if not RUN.folder.exists():
        print("There is no data.")
        return 0
    if not _is_confirmed():
        print("Nothing was removed. `CONFIRM=yes make clean` does not ask.")
        return 1
    try:
        stop_everything()
    except Trouble as trouble:
        print(f"clean: {trouble}", file=sys.stderr)
        return 1
    for place in (TEST, RUN):
        shutil.rmtree(homes.private_folder(place), ignore_errors=True)
    shutil.rmtree(RUN.folder)
    print(f"Removed {RUN.folder}.")
    return 0


def _is_confirmed() -> bool:
    if os.environ.get("CONFIRM"):
        return os.environ["CONFIRM"] == "yes"
    if not sys.stdin.isatty():
        return False
    question = f"Remove {RUN.folder} with its database, secrets and logs? [y/N] "
    return input(question).strip().lower() in ("y", "yes")


if __name__ == "__main__":
    sys.exit(main())
