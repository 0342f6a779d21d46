"""The demo: its payment goes through the running API, and its trail is printed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from devtools.place import ROOT
from tests.installation import Installation, manage

pytestmark = pytest.mark.xdist_group("live")
TIMEOUT_S = 60


@pytest.fixture(scope="module")
def path(live: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a demo on the installation."""
    path = tmp_path_factory.mktemp("demo") / "demo.json"
    manage(live.env, "seed_demo", "--file", str(path))
    return path


def receivers(live: Installation, path: Path) -> list[str]:
    """Return the webhook endpoints that the demo's first sandbox has."""
    key = json.loads(path.read_text())["tenants"][0]["environments"][0]["secret_key"]
    answer = requests.get(f"{live.base_url}/v1/webhook_endpoints", auth=(key, ""), timeout=20)
    assert answer.status_code == 200, answer.text
    return [endpoint["url"] for endpoint in answer.json()["data"]]


def test_the_payment_and_its_trail(live, path):
    shown = manage(live.env, "demo_payment", "--file", str(path))

    for part in ("pi_", "ch_", "txn_", "evt_", "payment_intent.succeeded", "signature verified"):
        assert part in shown
    # 2.9 % of 25.00 and 30 cents.
    assert "25.00 USD less 1.03 USD = 23.97 USD" in shown
    for account in ("processor:sim:receivable", ":pending", "platform:fees"):
        assert account in shown
    assert "\x1b" not in shown, "A file is given plain text."
    assert receivers(live, path) == []


def test_a_webhook_that_does_not_come_is_an_error(live, path):
    failed = subprocess.run(
        [sys.executable, "manage.py", "demo_payment", "--file", str(path), "--timeout", "0"],
        cwd=ROOT,
        env=live.env,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )

    assert failed.returncode == 1
    assert "its webhook did not arrive" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert receivers(live, path) == []
