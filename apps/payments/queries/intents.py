"""Reads of payment intents."""

from typing import Any

from django.db.models import QuerySet

from apps.payments.domain.amount_details import LineItem
from apps.payments.models import PaymentIntent
from apps.payments.queries.rows import filtered, find


def get_payment_intent(object_id: str, *, for_update: bool = False) -> PaymentIntent:
    """Return the payment intent.

    :raises NotFound: there is none with this id.
    """
    return find(PaymentIntent, "payment_intent", object_id, for_update=for_update)


def list_payment_intents(**filters: Any) -> QuerySet[PaymentIntent]:
    """Return the intents; `customer` filters."""
    return filtered(PaymentIntent.objects.owned(), filters, {"customer": "customer_id"})


def list_line_items(intent: PaymentIntent) -> list[LineItem]:
    """Return what the amount of a payment is made of, in the order that was given."""
    items = (intent.amount_details or {}).get("line_items", [])
    return [LineItem(id=item["id"], given=item) for item in items]
