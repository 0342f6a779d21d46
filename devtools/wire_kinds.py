"""What the names of the wire's parameters say of them, beyond their types.

The public description gives a type, and one of several alternatives. That `currency` is an ISO 4217
code, `exp_month` a month, and that a card may be the id of a token, is known by name alone.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from apps.api.wire.scope import METHOD_TYPES

Spec = dict[str, Any]

AMOUNT_MAX = 999_999_999_999
ADDRESS = frozenset({"city", "country", "line1", "line2", "postal_code", "state"})
RANGE = frozenset({"gt", "gte", "lt", "lte"})

# By the name of a text.
TEXTS: Mapping[str, Spec] = {
    "account_number": {"kind": "account_number"},
    "contact_email": {"kind": "email"},
    "currency": {"kind": "currency"},
    "cvc": {"kind": "text", "max": 5},
    "email": {"kind": "email"},
    "exp_month": {"kind": "integer", "min": 1, "max": 12},
    "exp_year": {"kind": "integer", "min": 2000, "max": 2100},
    "iban": {"kind": "account_number"},
    "instructions_email": {"kind": "email"},
    "number": {"kind": "card_number"},
    "receipt_email": {"kind": "email"},
}
# By the name of a whole number.
NUMBERS: Mapping[str, Spec] = {
    "amount": {"kind": "amount", "min": 1, "max": AMOUNT_MAX},
    "amount_to_capture": {"kind": "amount", "min": 1, "max": AMOUNT_MAX},
    "amount_to_confirm": {"kind": "amount", "min": 1, "max": AMOUNT_MAX},
    "amounts": {"kind": "integer", "min": 1, "max": 99},
    "balance": {"kind": "integer", "min": -AMOUNT_MAX, "max": AMOUNT_MAX},
    "count": {"kind": "integer", "min": 1, "max": 1_000},
    "delay_days_override": {"kind": "integer", "min": 0, "max": 365},
    "discount_amount": {"kind": "integer", "min": 0, "max": AMOUNT_MAX},
    "exp_month": TEXTS["exp_month"],
    "exp_year": TEXTS["exp_year"],
    "hour": {"kind": "integer", "min": 0, "max": 23},
    "interval_count": {"kind": "integer", "min": 1, "max": 1_000},
    "minutes": {"kind": "integer", "min": 0, "max": 59},
    "monthly_payout_days": {"kind": "integer", "min": 1, "max": 31},
    "next_invoice_sequence": {"kind": "integer", "min": 1, "max": 1_000_000_000},
    "quantity": {"kind": "integer", "min": 1, "max": 1_000_000_000},
    "total_tax_amount": {"kind": "integer", "min": 0, "max": AMOUNT_MAX},
    "unit_cost": {"kind": "integer", "min": 0, "max": AMOUNT_MAX},
}

_CARD: Spec = {
    "kind": "object",
    "fields": {
        "cvc": TEXTS["cvc"],
        "exp_month": TEXTS["exp_month"],
        "exp_year": TEXTS["exp_year"],
        "networks": {
            "kind": "object",
            "fields": {
                "preferred": {"kind": "text", "choices": ["cartes_bancaires", "mastercard", "visa"]}
            },
        },
        "number": TEXTS["number"],
        "token": {"kind": "text", "max": 80},
    },
}
_METHOD_TYPE: Spec = {"kind": "text", "choices": list(METHOD_TYPES)}
_SIGNED = {"kind": "integer", "min": -AMOUNT_MAX, "max": AMOUNT_MAX}

# Patterns of an operation and of a parameter: what stands for the description of it.
INSTEAD: tuple[tuple[str, str, Spec], ...] = (
    ("POST customers/*/balance_transactions", "amount", {**_SIGNED, "required": True}),
    ("*", "source_order.items[].amount", _SIGNED),
    ("*", "amount_details.shipping.amount", {**NUMBERS["discount_amount"], "unset": True}),
    ("POST payment_methods", "card", _CARD),
    ("POST payment_methods", "type", _METHOD_TYPE),
    ("*", "payment_method_data.card", _CARD),
    ("*", "payment_method_data.type", {**_METHOD_TYPE, "required": True}),
    ("*", "payment_method_types", {"kind": "list", "item": _METHOD_TYPE}),
    ("*", "allowed_payment_method_types", {"kind": "list", "item": _METHOD_TYPE}),
    (
        "*",
        "off_session",
        {
            "kind": "any",
            "any": [{"kind": "boolean"}, {"kind": "text", "choices": ["one_off", "recurring"]}],
        },
    ),
    ("POST files", "file", {"kind": "upload", "required": True}),
    (
        "POST file_links/*",
        "expires_at",
        {
            "kind": "any",
            "any": [{"kind": "time"}, {"kind": "text", "choices": ["now"]}],
            "unset": True,
        },
    ),
    (
        "POST balance_settings",
        "payments.payouts.minimum_balance_by_currency",
        {
            "kind": "map",
            "key": {"kind": "currency"},
            "item": {"kind": "integer", "min": 0, "max": AMOUNT_MAX, "unset": True},
            "unset": True,
        },
    ),
)
# What the wire takes and the description leaves out.
BESIDES: tuple[tuple[str, str], ...] = (("*", "payment_method_data.card"),)
# An object that may be named by an id as well.
OR_ID: tuple[tuple[str, str], ...] = (
    ("POST customers/*", "card"),
    ("POST customers/*", "bank_account"),
    ("POST accounts/*", "bank_account"),
    ("POST charges", "card"),
    ("POST tokens", "card"),
)


def instead_of(operation: str, parameter: str) -> Spec | None:
    """Return what stands for the description of a parameter; None: the description stands."""
    named = operation.replace(" /v1/", " ")
    for operations, parameters, spec in INSTEAD:
        if fnmatchcase(named, operations) and _matches(parameter, parameters):
            return spec
    return None


def besides(operation: str, parameter: str) -> list[str]:
    """Return the names inside an object that the wire takes and the description leaves out."""
    return [
        pattern.rpartition(".")[2]
        for operations, pattern in BESIDES
        if fnmatchcase(operation.replace(" /v1/", " "), operations)
        and _matches(parameter, pattern.rpartition(".")[0])
    ]


def may_be_id(operation: str, parameter: str) -> bool:
    """Return whether an object may also be named by its id."""
    named = operation.replace(" /v1/", " ")
    return any(fnmatchcase(named, one) and parameter == pattern for one, pattern in OR_ID)


def _matches(parameter: str, pattern: str) -> bool:
    # The brackets of an item would be a class of characters to the shell.
    return fnmatchcase(parameter.replace("[]", ".#"), pattern.replace("[]", ".#"))
