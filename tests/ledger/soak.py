"""`make soak`: random books, many writers at once, and a copy of what comes of it, over and over.

SOAK_MINUTES (ten, unless set) or SOAK_STEPS say when it is enough: whichever comes last. The books
are others every time. SOAK_SEED, which is printed, plays the same ones again; the order in which
writers come is nobody's to repeat.
"""

import os
import random
import sys
import time

from django.db import transaction

from apps.core import clock, context
from apps.ledger import services
from apps.ledger.domain import Projection
from apps.tenants import services as tenants
from tests.ledger.archives import export_lines, import_lines, seals_of
from tests.ledger.books import play, shrink_seals
from tests.ledger.mixture import Mixture
from tests.ledger.twins import Tally

WRITERS, TURNS = 32, 25


def setting(name: str, *, default: float) -> float:
    """Return a number from the environment; an empty one is not set."""
    return float(os.environ.get(name) or default)


def test_the_ledger_for_as_long_as_told(open_committed, monkeypatch, capsys):
    steps = setting("SOAK_STEPS", default=0)
    seed = int(setting("SOAK_SEED", default=random.randrange(10**6)))
    until = time.monotonic() + 60 * setting("SOAK_MINUTES", default=0 if steps else 10)
    tally = Tally()

    def say(what: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"soak: {what}\n")

    shrink_seals(monkeypatch)
    while True:
        # By the seed, so that it says all of what is played.
        projection = [*Projection][seed % len(Projection)]
        say(f"{tally.books:,} books, {tally.steps:,} steps; now SEED={seed}, {projection}")
        # A book of its own for each round: one that grew would be checked ever more slowly.
        environment = open_committed().environment
        with context.enter(environment, by="system"):
            with transaction.atomic():
                services.use_projection(projection)
            play(seed, projection=projection, tally=tally, is_shrunk=True)
            Mixture(name="mixture", seed=seed, writers=WRITERS, turns=TURNS).run()
            while services.seal_step(now=clock.now()) is not None:
                pass
        copied = open_committed().environment
        import_lines(copied, export_lines(environment))
        assert seals_of(copied) == seals_of(environment)
        for book in (environment, copied):
            with context.enter(book, by="system"):
                verification = services.verify_round(now=clock.now())
            assert (verification.state, verification.findings) == ("ok", [])
            tenants.drop_environment(book.id)
        seed += 1
        if time.monotonic() > until and tally.steps >= steps:
            break
    say(f"{tally.books:,} books, {tally.steps:,} steps, {dict(tally.outcomes)}")
