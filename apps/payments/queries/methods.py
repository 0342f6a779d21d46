"""Reads of payment methods."""

from typing import Any

from django.db.models import QuerySet

from apps.payments.models import PaymentMethod
from apps.payments.queries.rows import filtered, find


def get_payment_method(object_id: str, *, for_update: bool = False) -> PaymentMethod:
    """Return the payment method.

    :raises NotFound: there is none with this id.
    """
    return find(PaymentMethod, "PaymentMethod", object_id, for_update=for_update)


def list_payment_methods(**filters: Any) -> QuerySet[PaymentMethod]:
    """Return the payment methods that belong to customers.

    `customer`, `type` and `allow_redisplay` filter.
    """
    columns = {"customer": "customer_id", "type": "type", "allow_redisplay": "allow_redisplay"}
    rows = PaymentMethod.objects.owned().filter(customer__isnull=False)
    return filtered(rows, filters, columns)
