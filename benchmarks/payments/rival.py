"""localstripe, a fake of the same API without a ledger, from the registry: started empty."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from benchmarks.payments.load import Story
from devtools import processes
from devtools.place import ROOT

VERSION = "1.15.10"
FOLDER = ROOT / ".data" / "localstripe"
KEY = "sk_test_12345"
_READY_TIMEOUT_S = 20
_CARD = {
    "type": "card",
    "card[number]": "4242424242424242",
    "card[exp_month]": "12",
    "card[exp_year]": "2040",
    "card[cvc]": "123",
}


@contextmanager
def running(params: dict[str, object]) -> Iterator[Story]:
    """Start it without data inside the block; yield the same story for it."""
    program = _install()
    port = processes.free_port()
    story = Story(f"http://127.0.0.1:{port}", KEY, params, has_key=False)
    # It keeps its data in a file in the folder for temporary files: not in anybody else's.
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [program, "--port", str(port), "--from-scratch"],
            env={"TMPDIR": folder, "PATH": "/usr/bin:/bin"},
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_until_ready(story)
            method = json.loads(_post(story, "payment_methods", _CARD))["id"]
            yield replace(story, params={**params, "payment_method": method})
        finally:
            server.terminate()
            server.wait()


def _install() -> Path:
    """Return its program, from an environment of its own that is made once."""
    program = FOLDER / "bin" / "localstripe"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)
        pip = [str(FOLDER / "bin" / "pip"), "install", "--quiet", f"localstripe=={VERSION}"]
        subprocess.run(pip, check=True)
    return program


def _wait_until_ready(story: Story) -> None:
    deadline = time.monotonic() + _READY_TIMEOUT_S
    while True:
        try:
            _post(story, "customers", {})
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _post(story: Story, path: str, params: dict[str, str]) -> bytes:
    request = Request(
        f"{story.base_url}/v1/{path}",
        data=urlencode(params).encode(),
        headers={"Authorization": f"Bearer {story.secret_key}"},
    )
    with urlopen(request, timeout=10) as answer:
        body: bytes = answer.read()
    return body
