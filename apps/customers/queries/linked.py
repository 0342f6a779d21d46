"""What hangs together, for the trail of an object."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet

from apps.customers.models import CreditTransaction, TaxId


def linked_ids(ids: Collection[str], *, limit: int) -> set[str]:
    """Return what changes of credit and tax ids among `ids` hang together with: their customers.

    Asked for a customer, what belongs to the customer.
    """
    found: set[str | None] = set()
    customers = [one for one in ids if one.startswith("cus_")]
    for prefix, model in (("cbtxn_", CreditTransaction), ("txi_", TaxId)):
        known = [one for one in ids if one.startswith(prefix)]
        if not known and not customers:
            continue
        rows = _owned(model).filter(Q(pk__in=known) | Q(customer__in=customers)).order_by("id")
        for object_id, customer_id in rows.values_list("id", "customer_id")[:limit]:
            found |= {object_id, customer_id}
    # The account's own tax ids belong to no customer.
    return {one for one in found if one is not None}


def _owned(model: type[CreditTransaction | TaxId]) -> QuerySet[Any]:
    return model.objects.owned()
