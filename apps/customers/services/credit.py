"""What customers are owed and owe: changes of their balance, each of them in the ledger.

Amounts are the wire's: less than 0 is in favour of the customer, who is owed it.
"""

from datetime import datetime
from typing import Any

from apps.accounts import queries as accounts
from apps.api import registry
from apps.api.params import merge_metadata
from apps.core import ids
from apps.core.money import Money
from apps.core.use_cases import use_case
from apps.customers import queries
from apps.customers.domain import CreditInAnotherCurrency
from apps.customers.models import CreditTransaction, Customer
from apps.events import services as events
from apps.ledger import services as ledger
from apps.ledger.domain import Posting, chart


@use_case
def create_credit_transaction(
    *, customer_id: str, given: dict[str, Any], now: datetime
) -> CreditTransaction:
    """Change what a customer is owed or owes.

    :param given: `amount`, not 0; `currency`; `description` and `metadata`.
    :raises NotFound: there is no such customer, or it is deleted.
    :raises CreditInAnotherCurrency: the customer has credit in another currency.
    """
    customer = queries.get_living_customer(customer_id, for_update=True)
    before = registry.render(customer)
    made = change(
        customer,
        amount_minor=given["amount"],
        currency=given["currency"],
        type="adjustment",
        description=given.get("description"),
        metadata=merge_metadata({}, given.get("metadata")),
        now=now,
    )
    events.record([events.Change("customer.updated", customer, previous=before)])
    return made


@use_case
def update_credit_transaction(
    *, customer_id: str, transaction_id: str, given: dict[str, Any]
) -> CreditTransaction:
    """Change what is said of a change; the money stays.

    :raises NotFound: the customer has none with this id.
    """
    found = queries.get_credit_transaction(transaction_id, customer_id=customer_id, for_update=True)
    if "description" in given:
        found.description = given["description"]
    if "metadata" in given:
        found.metadata = merge_metadata(found.metadata, given["metadata"])
    found.save(update_fields=["description", "metadata"])
    return found


def set_balance(customer: Customer, *, balance_minor: int, now: datetime) -> None:
    """Change the balance of a customer, whose row is locked, to `balance_minor`."""
    assert customer.credit_minor is not None
    amount_minor = balance_minor + customer.credit_minor
    if amount_minor:
        change(customer, amount_minor=amount_minor, type="adjustment", now=now)


def change(
    customer: Customer,
    *,
    amount_minor: int,
    type: str,  # noqa: A002  # the word of the wire
    now: datetime,
    currency: str | None = None,
    description: str | None = None,
    metadata: dict[str, str] | None = None,
) -> CreditTransaction:
    """Change the balance of a customer whose row is locked; part of the caller's transaction.

    It calls the ledger: what the caller does in the database comes before it, events after it.

    :param amount_minor: not 0.
    :param currency: that of the customer's credit, or else of the account, unless given.
    :raises CreditInAnotherCurrency: the customer has credit in another currency.
    """
    assert customer.credit_minor is not None, "The customer was not read by `queries`."
    currency = currency or customer.currency or accounts.default_currency()
    if customer.currency not in (None, currency):
        raise CreditInAnotherCurrency(
            f"The balance of this customer is in {customer.currency}, and cannot be changed in "
            f"{currency}.",
            param="currency",
        )
    customer.credit_minor -= amount_minor
    customer.currency, customer.has_credit = currency, True
    customer.save(update_fields=["currency", "has_credit"])
    made = CreditTransaction.objects.create(
        id=ids.new_id("cbtxn"),
        account_id=customer.account_id,
        created_at=now,
        metadata=metadata or {},
        customer=customer,
        amount_minor=amount_minor,
        ending_minor=-customer.credit_minor,
        currency=currency,
        type=type,
        description=description,
    )
    ledger.post(
        [_posting(customer.id, Money(amount_minor, currency))],
        reference=f"credit:{made.id}",
        source_id=made.id,
    )
    return made


def _posting(customer_id: str, change: Money) -> Posting:
    """Return the movement of a change: credit that is granted, or taken."""
    credit, granted = chart.customer_credit(customer_id), chart.customer_granted(customer_id)
    if change.minor < 0:
        return Posting(debit=granted, credit=credit, money=-change)
    return Posting(debit=credit, credit=granted, money=change)
