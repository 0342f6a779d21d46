"""What accounts have."""

from collections.abc import Collection

from django.db.models import Sum

from apps.ledger.domain import Kind, Side, normal_side
from apps.ledger.models import LedgerAccount


def balances(codes: Collection[str]) -> dict[tuple[str, str], int]:
    """Return what the accounts with these codes have, by (code, currency).

    In minor units, in the direction in which each account grows. Accounts that nobody has opened
    are left out.
    """
    rows = LedgerAccount.objects.filter(code__in=codes).values_list(
        "code", "currency", "kind", Sum("balances__debits_minor"), Sum("balances__credits_minor")
    )
    return {
        (code, currency): in_direction(kind, int(debited or 0) - int(credited or 0))
        for code, currency, kind, debited, credited in rows
    }


def balances_by_code(codes: Collection[str], *, currency: str) -> dict[str, int]:
    """Return what the accounts have in one currency, by code, in minor units; 0 if not opened."""
    found = balances(codes)
    return {code: found.get((code, currency), 0) for code in codes}


def in_direction(kind: str, debit_minor: int) -> int:
    """Turn an amount that is positive on the debit side into the direction of the account."""
    return debit_minor if normal_side(Kind(kind)) is Side.DEBIT else -debit_minor
