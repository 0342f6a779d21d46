"""Every operation in scope, held to the description of the wire.

What is described is taken; what is unknown, of a wrong kind, missing or out of scope is refused
with its path; and every answer is what the wire says it is. `make contract` prints how many
operations are there and how many conform; `.data/contract.json` says of each what does not.
"""

import json
import sys

import pytest
from django.conf import settings

from apps.api import wire
from tests.contract.operations import Finding, check
from tests.objects import objects_of

REPORT = settings.BASE_DIR / ".data" / "contract.json"


@pytest.mark.django_db
def test_every_operation_in_scope_is_what_the_wire_says(environment, api, capsys):
    made = objects_of(api)
    found = {operation: check(operation, api, made) for operation in wire.operations()}
    served = [one for one in found.values() if one.is_served]
    conforming = [one for one in served if one.is_conforming]
    with capsys.disabled():
        sys.stdout.write(
            f"\nin scope {len(found)}, served {len(served)}, conforming {len(conforming)}\n"
        )
    write_down(found)

    assert {name: one.problems for name, one in found.items() if not one.is_conforming} == {}


def write_down(found: dict[str, Finding]) -> None:
    """Keep the problems of each operation for whoever wants to solve them; null: not served."""
    shown = {name: one.problems if one.is_served else None for name, one in found.items()}
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(shown, indent=1), encoding="utf-8")
