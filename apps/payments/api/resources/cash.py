"""How the cash of a customer looks on the wire."""

from collections.abc import Iterable
from typing import Any

from apps.api import fields
from apps.api.fields import Field
from apps.api.registry import NestedObject, ResourceType, Wire, register_nested
from apps.core.clock import to_unix
from apps.payments import domain, queries
from apps.payments.api.resources.shared import CUSTOMER, livemode
from apps.payments.models import CashBalance, CashTransaction
from apps.payments.models.cash import CASH_MOVES
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


def register_cash_balance() -> None:
    """Let a customer show their cash; called by `ready()` once customers are known."""
    register_nested("customer", "cash_balance", NestedObject("cash_balance", _cash_balance_of))


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


def _part(**named: Field) -> Field:
    return fields.sometimes(fields.part(named))


def _unknown(*names: str) -> dict[str, Field]:
    return {name: fields.text(nullable=True) for name in names}


_INTENT = fields.reference("The payment.")
TRANSACTION_FIELDS = {
    "created": fields.time("When it was recorded."),
    "currency": fields.currency(),
    "customer": fields.reference("Whose cash it is."),
    "customer_account": fields.text(nullable=True),
    "ending_balance": fields.amount("What there was after it, in this currency.", minimum=0),
    "livemode": fields.boolean(),
    "net_amount": fields.amount("What the balance changed by."),
    "type": fields.text("What happened; a property of this name says more.", choices=CASH_MOVES),
    "applied_to_payment": _part(payment_intent=_INTENT),
    "unapplied_from_payment": _part(payment_intent=_INTENT),
    "refunded_from_payment": _part(refund=fields.reference("The refund.")),
    "funded": _part(
        bank_transfer=fields.part(
            {
                "reference": fields.text("What the customer wrote.", nullable=True),
                "type": fields.text(choices=tuple(sorted(domain.TRANSFER_CURRENCY))),
                "eu_bank_transfer": _part(**_unknown("bic", "iban_last4", "sender_name")),
                "gb_bank_transfer": _part(
                    **_unknown("account_number_last4", "sender_name", "sort_code")
                ),
                "jp_bank_transfer": _part(
                    **_unknown("sender_bank", "sender_branch", "sender_name")
                ),
                "mx_bank_transfer": _part(**_unknown("sender_name")),
                "us_bank_transfer": _part(network=fields.text(), **_unknown("sender_name")),
            }
        )
    ),
}
INSTRUCTION_FIELDS = {
    "bank_transfer": fields.part(
        {
            "country": fields.text("Where the account is."),
            "financial_addresses": fields.list_of(
                fields.map_of(fields.anything()),
                doc="Each has a `type`, and a property of this name with the account.",
            ),
            "type": fields.text(choices=tuple(sorted(domain.TRANSFER_CURRENCY))),
        }
    ),
    "currency": fields.currency(),
    "funding_type": fields.text(choices=("bank_transfer",)),
    "livemode": fields.boolean(),
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
        about="A change of what a customer has, because they transferred it or a payment took it.",
        fields=TRANSACTION_FIELDS,
    ),
    ResourceType(
        prefix="",
        name="funding_instructions",
        model=Addresses,
        render=render_funding_instructions,
        find_many=_none,
        about="Where a customer transfers money to.",
        fields=INSTRUCTION_FIELDS,
    ),
)
