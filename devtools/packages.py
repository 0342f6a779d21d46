"""The packages of the machine that some tests need: a browser."""

import os
import shutil
import subprocess

from devtools.place import Place
from devtools.steps import console, step

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def find_browser() -> str | None:
    """Return the path of the machine's Chromium, if it has one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def install_browser(place: Place) -> None:
    """Install Chromium where we may; otherwise say that the browser's tests are skipped."""
    if find_browser() is not None:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        console.print("[yellow]![/] No Chromium here: the tests in a browser are skipped.")
        return
    with step("Installing Chromium"), (place.logs / "apt.log").open("ab") as log:
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"],
        ):
            subprocess.run(
                command,
                check=False,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
    if find_browser() is None:
        console.print(
            f"[yellow]![/] Chromium could not be installed ({place.logs / 'apt.log'}): "
            "the tests in a browser are skipped."
        )
