"""A process that a test kills. It says what it has done, a line each.

python -m tests.ledger.victim post env_…   posts, and does not commit
python -m tests.ledger.victim seal env_…   seals and verifies in small steps, until it is killed
"""

import sys
import time
from collections.abc import Iterator
from itertools import count

import django

REFERENCE = "of the dead"


def main(act: str, environment_id: str) -> None:
    """Do as the command line says, in that environment."""
    django.setup()
    # After the setup: these import models.
    from apps.core import context
    from apps.tenants import queries as tenants

    environment = tenants.list_environments().get(pk=environment_id)
    with context.enter(environment, by="system"):
        for line in {"post": post, "seal": seal}[act]():
            print(line, flush=True)  # noqa: T201  # the test reads it


def post() -> Iterator[str]:
    """Post to a wallet, and sleep."""
    from django.db import transaction

    from apps.core.money import Money
    from apps.ledger import services
    from apps.ledger.domain import Posting, chart

    spend = Posting(chart.wallet("wal_1"), chart.platform_fees(), Money(3, "usd"))
    with transaction.atomic():
        posted = services.post([spend], reference=REFERENCE)
        yield posted.transaction_id
        time.sleep(3600)


def seal() -> Iterator[str]:
    """Seal and verify, over and over."""
    from apps.core import clock
    from apps.ledger import services
    from apps.ledger.services import checking, sealing

    sealing.POSTINGS_MAX = checking.POSTINGS_PER_STEP = 3
    sealing.ENTRIES_PER_INTERVAL = 2
    for number in count(1):
        services.seal_step(now=clock.now())
        services.verify_step(now=clock.now())
        yield str(number)


if __name__ == "__main__":
    main(*sys.argv[1:])
