"""Reads of refunds."""

from typing import Any

from django.db.models import QuerySet

from apps.core.errors import not_found
from apps.payments.models import Refund
from apps.payments.queries.rows import filtered


def get_refund(object_id: str, *, charge_id: str | None = None, for_update: bool = False) -> Refund:
    """Return the refund, with its charge.

    :param charge_id: the charge that it must be of.
    :param for_update: lock it, and not the charge.
    :raises NotFound: there is none with this id.
    """
    rows = Refund.objects.owned().select_related("charge")
    if charge_id is not None:
        rows = rows.filter(charge=charge_id)
    if for_update:
        rows = rows.select_for_update(of=("self",), no_key=True)
    refund = rows.filter(pk=object_id).first()
    if refund is None:
        raise not_found("refund", object_id)
    return refund


def list_refunds(**filters: Any) -> QuerySet[Refund]:
    """Return the refunds; `charge` and `payment_intent` filter."""
    columns = {"charge": "charge_id", "payment_intent": "payment_intent_id"}
    return filtered(Refund.objects.owned().select_related("charge"), filters, columns)
