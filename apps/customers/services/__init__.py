"""Use cases of customers: the only place with transactions.

`parts` is where rooms above say what they keep with a customer.
"""

from apps.customers.services.credit import create_credit_transaction, update_credit_transaction
from apps.customers.services.customers import create_customer, delete_customer, update_customer
from apps.customers.services.parts import Part, register_part
from apps.customers.services.tax_ids import create_tax_id, delete_tax_id, verify_tax_id

__all__ = [
    "Part",
    "create_credit_transaction",
    "create_customer",
    "create_tax_id",
    "delete_customer",
    "delete_tax_id",
    "register_part",
    "update_credit_transaction",
    "update_customer",
    "verify_tax_id",
]
