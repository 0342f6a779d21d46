"""What of the wire is out of scope, and why. `make wire` applies it to the description of the wire.

Patterns are those of a shell: `*` stands for any characters. A path is written without `/v1/`, a
parameter with dots (`payment_method_data.klarna`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Group:
    """Operations that are left out for one reason.

    :ivar reason: a sentence, for whoever calls one of them.
    :ivar operations: patterns of a verb and a path.
    :ivar prefixes: first parts of paths of which nothing is there, whatever follows them; for
        products that the description of the wire does not list.
    """

    reason: str
    operations: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()


GROUPS: Mapping[str, Group] = {
    "billing": Group(
        "Subscriptions, invoices, products, prices and taxes are not part of FinCloud yet.",
        (
            *(f"* {name}" for name in ("billing/*", "billing_portal/*", "*/subscriptions*")),
            *(f"* {name}" for name in ("coupons*", "credit_notes*", "customers/*/discount")),
            *(f"* {name}" for name in ("invoice*", "plans*", "prices*", "products*")),
            *(f"* {name}" for name in ("promotion_codes*", "subscription*", "tax_rates*")),
        ),
        ("billing", "entitlements", "quotes", "shipping_rates", "tax", "tax_codes"),
    ),
    "test_clocks": Group(
        "Test clocks come with subscriptions, which are not part of FinCloud yet.",
        ("* test_helpers/test_clocks*",),
    ),
    "checkout": Group(
        "Hosted payment pages are not part of FinCloud yet: confirm a PaymentIntent instead.",
        ("* checkout/*", "* payment_links*"),
        (
            "confirmation_tokens",
            "customer_sessions",
            "payment_method_configurations",
            "payment_method_domains",
        ),
    ),
    "connect": Group(
        "Connected accounts are not part of FinCloud yet: every object belongs to the account of "
        "the key.",
        (
            *("* account_links", "* account_sessions", "* application_fees*"),
            *("* transfers*", "* topups*", "* accounts"),
            *("POST accounts/{account}", "DELETE accounts/{account}"),
            *("* accounts/{account}/capabilities*", "* accounts/{account}/login_links"),
            *("* accounts/{account}/people*", "* accounts/{account}/persons*"),
            "* accounts/{account}/*reject",
        ),
        ("country_specs",),
    ),
    "sources": Group(
        "Sources that receive transfers are not part of FinCloud, and no notices of debits are "
        "sent: a PaymentMethod of the type customer_balance receives transfers.",
        (
            "GET sources/*/mandate_notifications/*",
            "GET sources/*/source_transactions*",
        ),
    ),
    "products": Group(
        "This product is not part of FinCloud.",
        (),
        (
            *("apple_pay", "apps", "climate", "crypto", "exchange_rates", "financial_connections"),
            *("forwarding", "identity", "issuing", "payment_records", "payment_attempt_records"),
            *("radar", "reporting", "reviews", "sigma", "terminal", "treasury"),
        ),
    ),
}

# The kinds of payment method there are; wallets come as cards.
METHOD_TYPES = ("card", "customer_balance", "sepa_debit", "us_bank_account")

# Why a parameter is not taken.
REASONS: Mapping[str, str] = {
    "connect": "connected accounts are not part of FinCloud yet",
    "checkout": "hosted payment pages and their objects are not part of FinCloud yet",
    "billing": "subscriptions, invoices and taxes are not part of FinCloud yet",
    "radar": "there are no sessions of a fraud service",
    "methods": f"payment methods are {', '.join(METHOD_TYPES[:-1])} and {METHOD_TYPES[-1]}",
    "identity": "persons and companies are not verified here",
    "refunds": "a refund is of a charge: name the charge or the payment_intent",
    "readers": "cards are not read from a device",
    "bank_accounts": "accounts are paid out to bank accounts, which are named as the destination",
    "no_debits": "what an account owes is not taken from its bank account",
    "plan": "the hosting plan says when money becomes available",
    "linking": "bank accounts are not linked: send account_number and routing_number",
}

# Patterns of an operation and of a parameter, with the reason. The kinds of payment method that are
# not in METHOD_TYPES are added to these by `make wire`.
PARAMETERS: tuple[tuple[str, str, str], ...] = (
    ("*", "application_fee*", "connect"),
    ("*", "on_behalf_of", "connect"),
    ("*", "transfer_data", "connect"),
    ("POST charges", "destination", "connect"),
    # Gives back what lies on a customer's cash balance, without a payment.
    ("POST *refunds", "origin", "refunds"),
    # Of a platform, that copies a payment method to a connected account.
    ("POST payment_methods", "customer", "connect"),
    ("POST payment_methods", "payment_method", "connect"),
    ("*", "reverse_transfer", "connect"),
    ("*", "refund_application_fee", "connect"),
    ("*", "customer_account", "connect"),
    ("* tax_ids", "owner.account", "connect"),
    ("* tax_ids", "owner.application", "connect"),
    ("* tax_ids", "owner.customer_account", "connect"),
    ("*", "confirmation_token", "checkout"),
    ("*", "payment_method_configuration", "checkout"),
    ("*", "hooks", "billing"),
    ("*", "test_clock", "billing"),
    ("* customers*", "tax", "billing"),
    ("GET customers/*/balance_transactions", "invoice", "billing"),
    ("*", "*radar_options", "radar"),
    ("*", "payment_details", "billing"),
    ("*", "*cvc_token", "readers"),
    ("*", "*encrypted", "readers"),
    ("*", "*swipe_data", "readers"),
    ("*", "*network_token", "readers"),
    ("*", "*financial_connections_account", "linking"),
    ("*", "*documents", "identity"),
    ("POST tokens", "account", "identity"),
    ("POST tokens", "person", "identity"),
    ("POST tokens", "pii", "identity"),
    ("*", "*alipay_account", "methods"),
    ("*", "payments.payouts.automatic_transfer_rules_by_currency", "connect"),
    ("POST balance_settings", "payments.debit_negative_balances", "no_debits"),
    ("POST balance_settings", "payments.settlement_timing", "plan"),
    ("POST payouts", "payout_method", "bank_accounts"),
    ("POST accounts/*", "address_*", "bank_accounts"),
    ("POST accounts/*", "exp_*", "bank_accounts"),
    ("POST accounts/*", "name", "bank_accounts"),
)


def group_of(operation: str) -> str | None:
    """Return the name of the group that `operation` (`POST /v1/prices`) is in; None: in scope."""
    named = operation.replace(" /v1/", " ")
    for name, group in GROUPS.items():
        if any(fnmatchcase(named, pattern) for pattern in group.operations):
            return name
    return None


def reason_against(operation: str, parameter: str) -> str | None:
    """Return the name of the reason for which a parameter is not taken; None: it is."""
    named = operation.replace(" /v1/", " ")
    for operations, parameters, reason in PARAMETERS:
        if fnmatchcase(named, operations) and fnmatchcase(parameter, parameters):
            return reason
    return None
