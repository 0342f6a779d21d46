"""Commands that run at the same time get databases of their own."""

import json
import os
import subprocess
import sys

from devtools.place import ROOT

SHOW = """
import json, os, sys
print(json.dumps([os.environ["TEST_DATABASE_NAME"], os.environ["DATABASE_URL"]]), flush=True)
sys.stdin.read()
"""


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "devtools.servers", "--test", "--", *words]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "TEST_DATABASE_NAME"}


def test_two_commands_share_the_servers_and_not_the_database():
    shown = []
    running = []
    for _ in range(2):
        process = subprocess.Popen(
            command(sys.executable, "-c", SHOW),
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        shown.append(json.loads(process.stdout.readline()))
        running.append(process)
    for process in running:
        process.communicate("")
        assert process.returncode == 0

    (one, url), (other, same_url) = shown
    assert one != other
    assert url == same_url == os.environ["DATABASE_URL"]


def test_the_exit_code_is_the_commands():
    asked = subprocess.run(
        command(sys.executable, "-c", "raise SystemExit(7)"),
        cwd=ROOT,
        env=environment(),
        check=False,
    )

    assert asked.returncode == 7
