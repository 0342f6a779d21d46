"""What accounts have."""

from collections.abc import Collection

from django.db.models import BigIntegerField, OuterRef, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

from apps.ledger.domain import Kind, Side, normal_side
from apps.ledger.models import LedgerAccount, LedgerBalance


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


def credits_less_debits(code: Combinable, *, currency: OuterRef) -> Coalesce:
    """Return an expression for what an account has, to annotate what knows its code.

    In minor units, and positive for what is owed; 0 if nobody has opened it.

    :param code: an expression of `OuterRef`s to the annotated rows; `currency` likewise.
    """
    rows = LedgerBalance.objects.filter(account__code=code, account__currency=currency)
    sums = rows.values("account__code").annotate(
        minor=Cast(Sum("credits_minor") - Sum("debits_minor"), BigIntegerField())
    )
    return Coalesce(Subquery(sums.values("minor")), 0, output_field=BigIntegerField())


def in_direction(kind: str, debit_minor: int) -> int:
    """Turn an amount that is positive on the debit side into the direction of the account."""
    return debit_minor if normal_side(Kind(kind)) is Side.DEBIT else -debit_minor
