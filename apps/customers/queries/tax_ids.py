"""Reads of tax ids."""

from django.db.models import QuerySet

from apps.core.errors import not_found
from apps.customers.models import TaxId


def list_tax_ids(*, customer_id: str | None) -> QuerySet[TaxId]:
    """Return the tax ids of a customer, or, for None, those of the account itself."""
    return TaxId.objects.owned().filter(customer=customer_id, deleted_at=None)


def get_tax_id(tax_id: str, *, customer_id: str | None = None, for_update: bool = False) -> TaxId:
    """Return a tax id that is not deleted.

    :param customer_id: whose it has to be; None: anybody's.
    :raises NotFound: there is none with this id.
    """
    rows = TaxId.objects.owned().filter(deleted_at=None)
    if customer_id is not None:
        rows = rows.filter(customer=customer_id)
    if for_update:
        rows = rows.select_for_update(no_key=True)
    found = rows.filter(pk=tax_id).first()
    if found is None:
        raise not_found("tax id", tax_id)
    return found
