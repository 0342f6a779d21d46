"""The stories with the official Go library, as its users run it: its bodies come in chunks."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from devtools.place import ROOT
from tests.installation import Installation

pytestmark = pytest.mark.xdist_group("live")

SOURCE = Path(__file__).parent / "go"
# The module asks for it.
GO_MINOR_MIN = 24
TIMEOUT_S = 600


def test_the_stories_with_the_go_library(live: Installation):
    go = find_go()
    if go is None:
        pytest.skip(f"There is no Go 1.{GO_MINOR_MIN} here: its stories are skipped.")
    env = {"FINCLOUD_URL": live.base_url, "FINCLOUD_KEY": live.secret_key}
    stories = (SOURCE / "stories_test.go").read_text(encoding="utf-8").count("\nfunc Test")

    done = run([go, "test", "-count=1", "-v", "."], env=env)

    assert done.returncode == 0, done.stdout + done.stderr + live.last_words()
    assert done.stdout.count("\n--- PASS: Test") == stories


def find_go() -> str | None:
    """Return a Go that is new enough: the machine's."""
    for go in (shutil.which("go"), "/usr/local/go/bin/go"):
        if go is not None and Path(go).exists():
            said = run([go, "env", "GOVERSION"], env={}).stdout.strip()
            major, _, minor = said.removeprefix("go").partition(".")
            if major == "1" and int(minor.split(".")[0] or 0) >= GO_MINOR_MIN:
                return go
    return None


def run(command: list[str], *, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    built = ROOT / ".data" / "go"
    return subprocess.run(
        command,
        cwd=SOURCE,
        # What it downloads and builds is kept with all that is made here.
        env={**os.environ, "GOCACHE": str(built / "build"), "GOFLAGS": "-buildvcs=false", **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
