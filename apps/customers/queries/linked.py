"""What hangs together, for the trail of an object."""

from collections.abc import Collection

from apps.customers.models import CreditTransaction, TaxId


def linked_ids(ids: Collection[str], *, limit: int) -> set[str]:
    """Return what changes of credit and tax ids among `ids` hang together with: their customers.

    Asked for a customer, what belongs to the customer.
    """
    found: set[str] = set()
    customers = [one for one in ids if one.startswith("cus_")]
    for prefix, model in (("cbtxn_", CreditTransaction), ("txi_", TaxId)):
        known = [one for one in ids if one.startswith(prefix)]
        if not known and not customers:
            continue
        rows = model.objects.owned()
        rows = rows.filter(pk__in=known) | rows.filter(customer__in=customers)
        named = rows.order_by("id").values_list("id", "customer_id")[:limit]
        found |= {one for row in named for one in row if one is not None}
    return found
