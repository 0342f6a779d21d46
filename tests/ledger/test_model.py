"""Random books against a model in memory, which must agree about every step and every instant."""

from apps.core import clock
from apps.ledger import services
from tests.ledger.books import play, shrink_seals
from tests.ledger.twins import Tally

# Always the same books: what fails, fails again. `make soak` tries others.
SEEDS = range(1, 7)
STEPS_MIN = 2_000
# What the books must have met, each at least so many times, or they have shown nothing.
OUTCOMES_MIN = {
    "taken": 600,
    "taken on its own": 50,
    "expired": 5,
    "closed": 30,
    "period closed": 10,
    "AccountClosed": 10,
    "AccountHasPending": 1,
    "AccountMissing": 3,
    "AccountReserved": 3,
    "AlreadyResolved": 10,
    "AlreadyReversed": 10,
    "EffectiveTooEarly": 10,
    "ExceedsPending": 10,
    "ExpiryInvalid": 3,
    "Frozen": 10,
    "InsufficientBalance": 50,
    "InvalidPosting": 10,
    "NotPending": 3,
    "NotPosted": 1,
    "PendingExpired": 3,
    "PeriodClosed": 10,
    "PeriodInvalid": 3,
    "ReferenceReused": 10,
}


def test_the_books_agree_with_a_model(committed_book, projection, monkeypatch):
    shrink_seals(monkeypatch)
    tally = Tally()
    for seed in SEEDS:
        play(seed, projection=projection, tally=tally)

    verification = services.verify_round(now=clock.now())
    assert (verification.state, verification.findings) == ("ok", [])
    assert tally.steps >= STEPS_MIN
    too_few = {name for name, least in OUTCOMES_MIN.items() if tally.outcomes[name] < least}
    assert too_few == set(), tally.outcomes
