"""Periods that were closed."""

from collections.abc import Iterable

from django.db.models import QuerySet

from apps.core.errors import not_found
from apps.ledger.models import LedgerPeriod


def list_periods() -> QuerySet[LedgerPeriod]:
    """Return the periods, also those that were opened again."""
    return LedgerPeriod.objects.owned()


def get_period(period_id: str) -> LedgerPeriod:
    """Return a period.

    :raises NotFound: there is none with this id.
    """
    found = list_periods().filter(pk=period_id).first()
    if found is None:
        raise not_found("ledger period", period_id)
    return found


def find_periods(ids: Iterable[str]) -> dict[str, LedgerPeriod]:
    """Return the periods with these ids, by id."""
    return list_periods().in_bulk(list(ids))
