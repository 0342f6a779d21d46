"""The bootstrap knows when `.venv` is what the lock file says."""

import subprocess
import sys
import time
import venv as virtualenv

import pytest

from devtools import bootstrap
from devtools.place import ROOT


@pytest.fixture
def lock_file(tmp_path):
    path = tmp_path / "dev.txt"
    path.write_text("# nothing\n")
    return path


@pytest.fixture
def venv(tmp_path, lock_file):
    path = tmp_path / ".venv"
    virtualenv.create(path, symlinks=True)
    (path / "stamp").write_text(bootstrap._stamp(path, lock_file))
    return path


def test_a_stamp_that_fits_is_current(venv, lock_file):
    assert bootstrap.is_current(venv, lock_file)


def test_another_lock_file_is_not(venv, lock_file):
    lock_file.write_text("# something\n")

    assert not bootstrap.is_current(venv, lock_file)


def test_an_interrupted_installation_is_not(venv, lock_file):
    (venv / "stamp").unlink()

    assert not bootstrap.is_current(venv, lock_file)


def test_one_whose_python_was_removed_is_not(venv, lock_file):
    for name in ("python", "python3"):
        (venv / "bin" / name).unlink()
    (venv / "bin" / "python").symlink_to("/nowhere/python3")

    assert not bootstrap.is_current(venv, lock_file)


def test_one_that_was_moved_is_not(venv, lock_file):
    moved = venv.rename(venv.with_name("moved"))

    assert not bootstrap.is_current(moved, lock_file)


def test_nothing_but_python_is_needed_and_a_current_one_costs_no_time(tmp_path):
    """It runs in isolation, from a folder that has no other module of ours."""
    script = tmp_path / "devtools" / "bootstrap.py"
    script.parent.mkdir()
    script.write_bytes((ROOT / "devtools" / "bootstrap.py").read_bytes())
    lock_file = tmp_path / "requirements" / "dev.txt"
    lock_file.parent.mkdir()
    lock_file.write_text("# nothing\n")
    venv = tmp_path / ".venv"
    virtualenv.create(venv, symlinks=True)
    (venv / "stamp").write_text(bootstrap._stamp(venv, lock_file))

    began = time.monotonic()
    subprocess.run([sys.executable, "-I", script], check=True, cwd="/")
    assert time.monotonic() - began < 2
