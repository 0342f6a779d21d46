"""`make lock`: pin the packages of `requirements/*.in` for every system, with their hashes.

Pins stay as they are unless they have to change: `make lock ARGS=--upgrade` takes the newest, and
`make lock ARGS="--upgrade-package celery"` the newest of one.
"""

import os
import subprocess
import sys
from pathlib import Path

from devtools.place import ROOT

NAMES = ("base", "production", "dev")
_OPTIONS = ("--universal", "--python-version", "3.11", "--generate-hashes", "--system-certs", "-q")


def main(arguments: list[str]) -> int:
    """Write the lock files, and return the exit code of the first that fails."""
    uv = Path(sys.prefix) / "bin" / "uv"
    for name in NAMES:
        done = subprocess.run(
            [uv, "pip", "compile", *_OPTIONS, f"{name}.in", "-o", f"{name}.txt", *arguments],
            check=False,
            cwd=ROOT / "requirements",
            env={**os.environ, "UV_CUSTOM_COMPILE_COMMAND": "make lock"},
            stdout=subprocess.DEVNULL,
        )
        if done.returncode != 0:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
