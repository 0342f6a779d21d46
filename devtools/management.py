"""Django's commands, run in this process: Django takes a second or two to load, so once will do."""

import io
import logging
import os
import traceback
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import django
from django.core.management import CommandError, call_command
from django.db import connections

from devtools.place import Trouble

_LINES_OF_A_FAILURE = 25


def load(*, env: Mapping[str, str], log: Path) -> None:
    """Load the product with the settings that `env` makes. What it logs goes to `log`."""
    os.environ.update(env)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fincloud.settings")
    django.setup()
    stream = log.open("w")  # it stays open for as long as this process logs
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(stream)


def call(name: str, **options: object) -> None:
    """Run a command of `manage.py` silently.

    :raises Trouble: it failed; the message has what it said last.
    """
    output = io.StringIO()
    try:
        with redirect_stdout(output), redirect_stderr(output):
            call_command(name, **options)
    except CommandError as error:
        raise Trouble(f"`manage.py {name}` failed:\n{output.getvalue()}{error}") from error
    except Exception as error:  # the edge: whatever it is, it stops the start
        said = output.getvalue() + "".join(traceback.format_exception(error))
        last_lines = "\n".join(said.splitlines()[-_LINES_OF_A_FAILURE:])
        raise Trouble(f"`manage.py {name}` failed:\n{last_lines}") from error
    finally:
        connections.close_all()


def show(name: str) -> None:
    """Run a command of `manage.py` and show what it prints.

    :raises Trouble: it failed.
    """
    try:
        call_command(name)
    except CommandError as error:
        raise Trouble(str(error)) from error
    finally:
        connections.close_all()
