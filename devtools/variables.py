"""The environment variables that the product's processes get from these commands."""

import json
import os
import secrets
import sys

from devtools.place import ROOT, Place


def for_processes(place: Place) -> dict[str, str]:
    """Return the caller's environment with what `fincloud/settings.py` asks for.

    What the caller has set wins. The secrets are made once, and stay in the place.
    """
    scripts = f"{sys.prefix}/bin"
    path = os.environ.get("PATH", os.defpath)
    return {
        **_secrets(place),
        **os.environ,
        "PATH": path if path.startswith(scripts) else f"{scripts}{os.pathsep}{path}",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def _secrets(place: Place) -> dict[str, str]:
    path = place.folder / "secrets.json"
    if path.exists():
        known: dict[str, str] = json.loads(path.read_text())
        return known
    made = {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "API_KEY_PEPPER")}
    unfinished = path.with_suffix(".unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(made, indent=2) + "\n")
    unfinished.rename(path)
    return made
