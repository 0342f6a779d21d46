"""How a payment method looks on the wire."""

from apps.api.registry import ResourceType, Wire
from apps.core.clock import to_unix
from apps.payments.api.resources.shared import (
    CUSTOMER,
    billing_details,
    finder,
    livemode,
    without_metadata,
)
from apps.payments.models import PaymentMethod


def render_payment_method(method: PaymentMethod) -> Wire:
    """Return the wire's payment_method."""
    return {
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": method.allow_redisplay,
        "billing_details": billing_details(method.billing_details),
        "created": to_unix(method.created_at),
        "customer": method.customer_id,
        "customer_account": None,
        "livemode": livemode(),
        "metadata": method.metadata,
        "type": method.type,
        method.type: _DETAILS[method.type](method),
    }


def render_public_method(method: PaymentMethod) -> Wire:
    """Return what a publishable key sees of a payment method: all but the merchant's own notes."""
    return without_metadata(render_payment_method(method))


def _card(method: PaymentMethod) -> Wire:
    return {
        "brand": method.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": None,
        },
        "country": method.country,
        "display_brand": method.brand,
        "exp_month": method.exp_month,
        "exp_year": method.exp_year,
        "fingerprint": method.fingerprint,
        "funding": method.funding,
        "generated_from": None,
        "last4": method.last4,
        "networks": {
            "available": [method.brand],
            "preferred": method.details.get("preferred_network"),
        },
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _us_bank_account(method: PaymentMethod) -> Wire:
    return {
        "account_holder_type": method.details["account_holder_type"],
        "account_type": method.details["account_type"],
        "bank_name": method.details["bank_name"],
        "financial_connections_account": None,
        "fingerprint": method.fingerprint,
        "last4": method.last4,
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": method.details["routing_number"],
        "status_details": None,
    }


def _sepa_debit(method: PaymentMethod) -> Wire:
    return {
        "bank_code": method.details["bank_code"],
        "branch_code": method.details["branch_code"],
        "country": method.country,
        "fingerprint": method.fingerprint,
        "generated_from": {"charge": None, "setup_attempt": None},
        "last4": method.last4,
    }


def _customer_balance(_method: PaymentMethod) -> Wire:
    return {}


_DETAILS = {
    "card": _card,
    "customer_balance": _customer_balance,
    "sepa_debit": _sepa_debit,
    "us_bank_account": _us_bank_account,
}
RESOURCES = (
    ResourceType(
        prefix="pm",
        name="payment_method",
        model=PaymentMethod,
        render=render_payment_method,
        render_public=render_public_method,
        find_many=finder(PaymentMethod),
        is_hub=True,
        expandable=CUSTOMER,
    ),
)
