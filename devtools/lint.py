"""`make lint`: every static check, two at a time; what fails shows its output."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from devtools.place import ROOT
from devtools.steps import console

# As an installation would be set up: `check --deploy` looks at the settings that follow from these.
_DEPLOYED = {
    "ALLOWED_HOSTS": "fincloud.example",
    "BASE_URL": "https://fincloud.example",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
}


@dataclass(frozen=True)
class Check:
    """A command that says by its exit code whether the code is as it should be."""

    name: str
    command: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)


CHECKS = (
    Check("mypy", ("-m", "mypy")),
    Check("ruff check", ("-m", "ruff", "check", "--quiet")),
    Check("ruff format", ("-m", "ruff", "format", "--check", "--quiet")),
    Check("import-linter", ("-c", "from importlinter.cli import lint_imports_command as c; c()")),
    Check("migrations", ("-W", "ignore", "manage.py", "makemigrations", "--check", "--dry-run")),
    Check(
        "deployment",
        ("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        _DEPLOYED,
    ),
)


@dataclass(frozen=True)
class Outcome:
    """How a check went."""

    check: Check
    output: str
    passed: bool
    took_s: float


def run() -> bool:
    """Run every check, show how each went, and say whether all passed."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        all_passed = True
        for outcome in pool.map(_run, CHECKS):
            all_passed &= outcome.passed
            mark = "[green]✓[/]" if outcome.passed else "[red]✗[/]"
            console.print(f"{mark} {outcome.check.name} [dim]({outcome.took_s:.1f} s)[/]")
            if not outcome.passed:
                console.print(outcome.output, markup=False, soft_wrap=True)
    return all_passed


def _run(check: Check) -> Outcome:
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, *check.command],
        check=False,
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "devtools.lint_settings", **check.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    took_s = time.monotonic() - begun
    return Outcome(check, output=done.stdout, passed=done.returncode == 0, took_s=took_s)


if __name__ == "__main__":
    sys.exit(0 if run() else 1)
