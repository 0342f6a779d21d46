"""`make test`: the static checks, then the tests on servers of their own.

With arguments, pytest alone runs, with those: `make test ARGS="tests/ledger -x"`.
"""

import signal
import sys
from types import FrameType

from devtools import lint, packages, servers
from devtools.place import TEST, Trouble
from devtools.steps import console, step

# Two workers for two cores; the slowest tests are named, so that nobody has to guess.
PYTEST = (sys.executable, "-m", "pytest", "-n", "2", "--durations=10", "--durations-min=1")


def main(arguments: list[str]) -> int:
    """Run the checks and the tests, and return the exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    lint_passed = bool(arguments) or lint.run()
    TEST.make()
    was_up = servers.is_up(TEST)
    try:
        packages.install_browser(TEST)
        with step("Starting the tests' PostgreSQL and Redis"):
            servers.start(TEST)
        code = servers.run([*PYTEST, *arguments], place=TEST)
    except Trouble as trouble:
        console.print(f"test: {trouble}", markup=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        # Somebody else's servers stay: those that were up before, or that a command uses now.
        if not was_up and not servers.in_use(TEST):
            servers.stop(TEST)
    if not lint_passed:
        console.print("[red]✗[/] The static checks failed; see above.")
    return code or (0 if lint_passed else 1)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
