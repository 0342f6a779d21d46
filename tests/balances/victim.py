"""A process that a test kills while it talks to the bank.

python -m tests.balances.victim env_… po_…   carries a payout on
"""

import sys

import django


def main(environment_id: str, payout_id: str) -> None:
    """Do what the job of a payout does."""
    django.setup()
    # After the setup: these import models.
    from apps.balances import services
    from apps.core import clock, context
    from apps.tenants import queries as tenants

    environment = tenants.list_environments().get(pk=environment_id)
    with context.enter(environment, by="system"):
        services.advance_payout(payout_id=payout_id, now=clock.now())


if __name__ == "__main__":
    main(*sys.argv[1:])
