"""Reads of payments. Everything here is limited to the account of the current context."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from apps.core import context
from apps.core.errors import not_found
from apps.core.models import Resource
from apps.core.money import Money
from apps.payments.models import Attempt, Charge, PaymentIntent, PaymentMethod, Refund

R = TypeVar("R", bound=Resource)


@dataclass(frozen=True, slots=True)
class Volume:
    """What was charged on a day in a currency.

    :ivar captured: what was taken, refunds not subtracted.
    :ivar succeeded: how many charges went well; some may be waiting for their capture.
    """

    day: date
    captured: Money
    succeeded: int
    failed: int


def get_payment_method(object_id: str, *, for_update: bool = False) -> PaymentMethod:
    """Return the payment method.

    :raises NotFound: there is none with this id.
    """
    return _get(PaymentMethod, "PaymentMethod", object_id, for_update=for_update)


def get_payment_intent(object_id: str, *, for_update: bool = False) -> PaymentIntent:
    """Return the payment intent.

    :raises NotFound: there is none with this id.
    """
    return _get(PaymentIntent, "payment_intent", object_id, for_update=for_update)


def get_charge(object_id: str, *, for_update: bool = False) -> Charge:
    """Return the charge.

    :raises NotFound: there is none with this id.
    """
    return _get(Charge, "charge", object_id, for_update=for_update)


def get_refund(object_id: str, *, for_update: bool = False) -> Refund:
    """Return the refund.

    :raises NotFound: there is none with this id.
    """
    rows = Refund.objects.owned().select_related("charge")
    if for_update:
        rows = rows.select_for_update(of=("self",), no_key=True)
    refund = rows.filter(pk=object_id).first()
    if refund is None:
        raise not_found("refund", object_id)
    return refund


def list_payment_intents(**filters: Any) -> QuerySet[PaymentIntent]:
    """Return the intents; `customer` filters."""
    return _filtered(PaymentIntent.objects.owned(), filters, {"customer": "customer_id"})


def list_charges(**filters: Any) -> QuerySet[Charge]:
    """Return the charges; `customer`, `payment_intent` and `transfer_group` filter."""
    columns = {
        "customer": "customer_id",
        "payment_intent": "payment_intent_id",
        "transfer_group": "transfer_group",
    }
    return _filtered(Charge.objects.owned(), filters, columns)


def list_refunds(**filters: Any) -> QuerySet[Refund]:
    """Return the refunds; `charge` and `payment_intent` filter."""
    columns = {"charge": "charge_id", "payment_intent": "payment_intent_id"}
    return _filtered(Refund.objects.owned().select_related("charge"), filters, columns)


def list_payment_methods(**filters: Any) -> QuerySet[PaymentMethod]:
    """Return the payment methods that belong to customers; `customer` and `type` filter."""
    rows = PaymentMethod.objects.owned().filter(customer__isnull=False)
    return _filtered(rows, filters, {"customer": "customer_id", "type": "type"})


def find_attempts(ids: Collection[str]) -> QuerySet[Attempt]:
    """Return the attempts with these ids, in order."""
    return Attempt.objects.filter(
        pk__in=ids, payment_intent__account_id=context.current().account_id
    ).order_by("id")


def list_volumes(*, since: datetime) -> list[Volume]:
    """Return the volume of each day (UTC) and currency, of all accounts of the environment."""
    rows = (
        Charge.objects.filter(created_at__gte=since)
        .values("currency", day=TruncDate("created_at", tzinfo=UTC))
        .annotate(
            captured_minor=Sum("amount_captured_minor"),
            succeeded=Count("id", filter=Q(status="succeeded")),
            failed=Count("id", filter=Q(status="failed")),
        )
        .order_by("day", "currency")
    )
    return [
        Volume(
            day=row["day"],
            captured=Money(int(row["captured_minor"]), row["currency"]),
            succeeded=row["succeeded"],
            failed=row["failed"],
        )
        for row in rows
    ]


def linked_ids(ids: Collection[str], *, limit: int) -> set[str]:
    """Return what intents, charges, refunds and attempts among `ids` hang together with.

    With each other, with their customers and payment methods, and with balance transactions.
    """
    known = [one for one in ids if one.startswith(("pi_", "ch_", "re_", "att_"))]
    if not known:
        return set()
    here = context.current().account_id
    of_intent = Q(pk__in=known) | Q(payment_intent__in=known)
    rows = [
        PaymentIntent.objects.owned()
        .filter(pk__in=known)
        .values_list("id", "customer_id", "payment_method_id"),
        Charge.objects.owned()
        .filter(of_intent)
        .values_list(
            *("id", "payment_intent_id", "customer_id", "payment_method_id"),
            "balance_transaction_id",
        ),
        Refund.objects.owned()
        .filter(of_intent | Q(charge__in=known))
        .values_list("id", "payment_intent_id", "charge_id", "balance_transaction_id"),
        Attempt.objects.filter(of_intent, payment_intent__account_id=here).values_list(
            "id", "payment_intent_id", "refund_id"
        ),
    ]
    return {
        one
        for some in rows
        for row in some.order_by("id")[:limit]
        for one in row
        if one is not None
    }


def has_attempt(claim_id: int) -> bool:
    """Return whether the request with this idempotency claim asked a processor for something."""
    return Attempt.objects.filter(claim_id=claim_id).exists()


def _get(model: type[R], kind: str, object_id: str, *, for_update: bool) -> R:
    rows: QuerySet[Any] = model.objects.owned()
    if for_update:
        # Not FOR UPDATE: rows that refer to this one may be inserted meanwhile.
        rows = rows.select_for_update(no_key=True)
    found: R | None = rows.filter(pk=object_id).first()
    if found is None:
        raise not_found(kind, object_id)
    return found


def _filtered(rows: QuerySet[R], filters: dict[str, Any], columns: dict[str, str]) -> QuerySet[R]:
    given = {columns[name]: value for name, value in filters.items() if name in columns}
    return rows.filter(**given)
