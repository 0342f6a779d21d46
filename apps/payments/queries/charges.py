"""Reads of charges."""

from typing import Any

from django.db.models import QuerySet

from apps.payments.models import Charge
from apps.payments.queries.rows import filtered, find


def get_charge(object_id: str, *, for_update: bool = False) -> Charge:
    """Return the charge.

    :raises NotFound: there is none with this id.
    """
    return find(Charge, "charge", object_id, for_update=for_update)


def list_charges(**filters: Any) -> QuerySet[Charge]:
    """Return the charges; `customer`, `payment_intent` and `transfer_group` filter."""
    columns = {
        "customer": "customer_id",
        "payment_intent": "payment_intent_id",
        "transfer_group": "transfer_group",
    }
    return filtered(Charge.objects.owned(), filters, columns)
