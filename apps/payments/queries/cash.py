"""Reads of the cash of customers."""

from collections.abc import Iterable

from django.db.models import QuerySet, Sum

from apps.core.errors import not_found
from apps.core.money import Money
from apps.customers import queries as customers
from apps.ledger import queries as ledger
from apps.ledger.domain import chart
from apps.payments.models import Attempt, CashBalance, CashTransaction

# Of a payment: what it took, and what it gave back.
APPLIED = ("applied_to_payment", "unapplied_from_payment")


def get_cash_balance(customer_id: str) -> CashBalance:
    """Return how the cash of a customer is used, with what there is of it.

    :raises NotFound: there is no customer with this id.
    """
    customer = customers.get_living_customer(customer_id)
    found = CashBalance.objects.filter(pk=customer.id).first()
    balance = found or CashBalance(customer=customer, account_id=customer.account_id)
    balance.available = get_available_cash(customer.id)
    return balance


def get_available_cash(customer_id: str) -> dict[str, int]:
    """Return what a customer has that no payment took: minor units by currency."""
    sums = ledger.balances([chart.customer_cash(customer_id)])
    return {currency: minor for (_, currency), minor in sorted(sums.items()) if minor}


def is_cash_automatic(customer_id: str) -> bool:
    """Return whether transfers of a customer pay by themselves what is open."""
    found = CashBalance.objects.filter(pk=customer_id).first()
    return found is None or found.mode == "automatic"


def get_cash(customer_id: str, currency: str) -> Money:
    """Return what a customer has in a currency that no payment took."""
    code = chart.customer_cash(customer_id)
    return Money(ledger.balances_by_code([code], currency=currency)[code], currency)


def get_applied(intent_id: str, currency: str) -> Money:
    """Return how much of its customer's cash a payment has taken."""
    moves = CashTransaction.objects.filter(payment_intent=intent_id, type__in=APPLIED)
    moved = moves.aggregate(minor=Sum("net_minor"))["minor"] or 0
    return Money(-int(moved), currency)


def list_cash_transactions(customer_id: str) -> QuerySet[CashTransaction]:
    """Return what changed the cash of a customer."""
    return CashTransaction.objects.owned().filter(customer=customer_id)


def get_cash_transaction(customer_id: str, transaction_id: str) -> CashTransaction:
    """Return one change of a customer's cash.

    :raises NotFound: there is none with this id.
    """
    found = list_cash_transactions(customer_id).filter(pk=transaction_id).first()
    if found is None:
        raise not_found("customer_cash_balance_transaction", transaction_id)
    return found


def list_waiting_for_cash(customer_id: str, *, currency: str | None = None) -> list[Attempt]:
    """Return the attempts that wait for a bank transfer of a customer, the oldest payment first."""
    rows = Attempt.objects.owned().filter(
        status="acting",
        kind="charge",
        payment_intent__customer=customer_id,
        action__type="bank_transfer",
    )
    if currency is not None:
        rows = rows.filter(currency=currency)
    return list(rows.select_related("payment_intent").order_by("payment_intent_id"))


def find_transfer(transfer: str) -> CashTransaction | None:
    """Return what came by a transfer that was received before."""
    return CashTransaction.objects.owned().filter(transfer=transfer).first()


def find_cash_transactions(ids: Iterable[str]) -> dict[str, CashTransaction]:
    """Return the changes of cash with these ids, by id; others are left out."""
    return CashTransaction.objects.owned().in_bulk(list(ids))
