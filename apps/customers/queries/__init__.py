"""Reads of customers, limited to the account of the current context.

`get_account_of_customer` is for jobs, which have to find that account first.
"""

from apps.customers.queries.credit import get_credit_transaction, list_credit_transactions
from apps.customers.queries.customers import (
    find_customers,
    get_account_of_customer,
    get_customer,
    get_living_customer,
    list_customers,
    require_customer,
)
from apps.customers.queries.linked import linked_ids
from apps.customers.queries.tax_ids import get_tax_id, list_tax_ids

__all__ = [
    "find_customers",
    "get_account_of_customer",
    "get_credit_transaction",
    "get_customer",
    "get_living_customer",
    "get_tax_id",
    "linked_ids",
    "list_credit_transactions",
    "list_customers",
    "list_tax_ids",
    "require_customer",
]
