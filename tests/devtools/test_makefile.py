"""What `make` does in a clone that has lost its `.venv`, or never had one."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from devtools.place import ROOT


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the Makefile and nothing that could make a `.venv`."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    return tmp_path


def make(target: str, *, clone: Path) -> subprocess.CompletedProcess[str]:
    # Not as a part of the `make test` that runs this: it would say which folder it enters.
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", target],
        cwd=clone,
        env=env,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("target", ["clean", "stop"])
def test_without_tools_no_data_is_removed_and_nothing_is_said_to_have_stopped(clone, target):
    database = clone / ".data" / "postgres"
    database.mkdir(parents=True)

    done = make(target, clone=clone)

    assert done.returncode != 0
    assert done.stdout == ""
    assert database.exists()


@pytest.mark.parametrize(
    ("target", "said"), [("clean", "There is no data.\n"), ("stop", "Nothing was running.\n")]
)
def test_without_data_there_is_nothing_to_do(clone, target, said):
    done = make(target, clone=clone)

    assert (done.returncode, done.stdout) == (0, said)
    assert [path.name for path in clone.iterdir()] == ["Makefile"]
