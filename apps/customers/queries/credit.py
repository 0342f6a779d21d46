"""Reads of the changes of customers' credit."""

from django.db.models import QuerySet

from apps.core.errors import not_found
from apps.customers.models import CreditTransaction


def list_credit_transactions(*, customer_id: str) -> QuerySet[CreditTransaction]:
    """Return the changes of a customer's credit."""
    return CreditTransaction.objects.owned().filter(customer=customer_id)


def get_credit_transaction(
    transaction_id: str, *, customer_id: str, for_update: bool = False
) -> CreditTransaction:
    """Return a change of a customer's credit.

    :raises NotFound: the customer has none with this id.
    """
    rows = list_credit_transactions(customer_id=customer_id)
    if for_update:
        rows = rows.select_for_update(no_key=True)
    found = rows.filter(pk=transaction_id).first()
    if found is None:
        raise not_found("customer balance transaction", transaction_id)
    return found
