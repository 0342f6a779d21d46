"""`make openapi`: write docs/openapi.json again, from what the code declares."""

import os

import django

from devtools.place import ROOT

PATH = ROOT / "docs" / "openapi.json"


def main() -> None:
    """Write the description."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "devtools.lint_settings"
    django.setup()
    # Only now: the views that it describes need the settings.
    from apps.api import openapi

    PATH.write_bytes(openapi.document())
    print(f"Wrote {PATH.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
