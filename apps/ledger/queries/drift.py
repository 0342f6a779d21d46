"""Whether balances are what their entries say, for a whole book at once."""

from apps.ledger.queries.checks import balances
from apps.ledger.queries.checks.balances import Interval, WrongSums

_BEFORE_ALL = ("", "-infinity")
# Ids are of ASCII letters and digits, and this is after all of them.
_AFTER_ALL = Interval("~", "infinity", is_last=True, entries=0)


def check_drift() -> list[WrongSums]:
    """Return the accounts whose balance is not the sum of their entries: none, or all is lost.

    All that a round of the verification compares for accounts, in two statements: for a book that
    is small, or at rest.
    """
    intervals = balances.wrong_intervals(after=_BEFORE_ALL, until=_AFTER_ALL)
    return [*intervals, *balances.wrong_balances(None)]
