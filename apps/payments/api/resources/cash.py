"""How the cash of a customer looks on the wire."""

from collections.abc import Iterable
from typing import Any

from apps.api.registry import ResourceType, Wire
from apps.core.clock import to_unix
from apps.payments import domain, queries
from apps.payments.api.resources.shared import CUSTOMER, livemode
from apps.payments.models import CashBalance, CashTransaction
from apps.payments.services.funding import Addresses


def render_cash_balance(balance: CashBalance) -> Wire:
    """Return the wire's cash_balance."""
    return {
        "object": "cash_balance",
        "available": balance.available or None,
        "customer": balance.customer_id,
        "customer_account": None,
        "livemode": livemode(),
        "settings": {
            "reconciliation_mode": balance.mode,
            "using_merchant_default": not balance.reconciliation_mode,
        },
    }


def render_cash_transaction(moved: CashTransaction) -> Wire:
    """Return the wire's customer_cash_balance_transaction."""
    return {
        "id": moved.id,
        "object": "customer_cash_balance_transaction",
        "created": to_unix(moved.created_at),
        "currency": moved.currency,
        "customer": moved.customer_id,
        "customer_account": None,
        "ending_balance": moved.ending_minor,
        "livemode": livemode(),
        "net_amount": moved.net_minor,
        "type": moved.type,
        **_details(moved),
    }


def render_funding_instructions(addresses: Addresses) -> Wire:
    """Return the wire's funding_instructions."""
    return {
        "object": "funding_instructions",
        "bank_transfer": {
            "country": addresses.country,
            "financial_addresses": addresses.shown,
            "type": addresses.type,
        },
        "currency": addresses.currency,
        "funding_type": "bank_transfer",
        "livemode": livemode(),
    }


def _details(moved: CashTransaction) -> Wire:
    """Return the property that is named after the type of a change."""
    match moved.type:
        case "applied_to_payment" | "unapplied_from_payment":
            return {moved.type: {"payment_intent": moved.payment_intent_id}}
        case "refunded_from_payment":
            return {moved.type: {"refund": moved.refund_id}}
        case "funded":
            return {moved.type: {"bank_transfer": _transfer(moved)}}
        case _:
            return {}


def _transfer(moved: CashTransaction) -> Wire:
    kind = TRANSFERS.get(moved.currency, "us_bank_transfer")
    return {
        "reference": moved.details.get("reference"),
        "type": kind,
        kind: _SENDERS.get(kind, {"sender_name": None}),
    }


def _cash_balance_of(customer: Wire) -> Wire:
    return render_cash_balance(queries.get_cash_balance(customer["id"]))


def _none(_ids: Iterable[str]) -> dict[str, Any]:
    """Return nothing: what has no id is not found by one."""
    return {}


TRANSFERS = {currency: kind for kind, currency in domain.TRANSFER_CURRENCY.items()}
# What a bank tells of who made a transfer; of the simulator's, nothing.
_SENDERS: dict[str, Wire] = {
    "eu_bank_transfer": dict.fromkeys(("bic", "iban_last4", "sender_name")),
    "gb_bank_transfer": dict.fromkeys(("account_number_last4", "sender_name", "sort_code")),
    "jp_bank_transfer": dict.fromkeys(("sender_bank", "sender_branch", "sender_name")),
    "us_bank_transfer": {"network": "ach", "sender_name": None},
}
RESOURCES = (
    ResourceType(
        prefix="",
        name="cash_balance",
        model=CashBalance,
        render=render_cash_balance,
        find_many=_none,
        expandable=CUSTOMER,
    ),
    ResourceType(
        prefix="ccsbtxn",
        name="customer_cash_balance_transaction",
        model=CashTransaction,
        render=render_cash_transaction,
        find_many=queries.find_cash_transactions,
        expandable={
            **CUSTOMER,
            "applied_to_payment.payment_intent": ("payment_intent",),
            "unapplied_from_payment.payment_intent": ("payment_intent",),
            "refunded_from_payment.refund": ("refund",),
        },
    ),
    ResourceType(
        prefix="",
        name="funding_instructions",
        model=Addresses,
        render=render_funding_instructions,
        find_many=_none,
    ),
)
