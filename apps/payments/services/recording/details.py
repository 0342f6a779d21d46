"""What a charge keeps of the payment method: as it was when it was charged, for it may change."""

from collections.abc import Callable
from typing import Any, Final

from apps.payments.models import PaymentMethod

Wire = dict[str, Any]


def payment_method_details(method: PaymentMethod, *, mandate_id: str | None) -> Wire:
    """Return the `payment_method_details` of a new charge.

    :param mandate_id: the permission under which it is debited, if it needs one.
    """
    return {"type": method.type, method.type: _BY_TYPE[method.type](method, mandate_id)}


def _card(method: PaymentMethod, mandate_id: str | None) -> Wire:
    return {
        "amount_authorized": None,
        "authorization_code": None,
        "brand": method.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": None,
        },
        "country": method.country,
        "exp_month": method.exp_month,
        "exp_year": method.exp_year,
        "fingerprint": method.fingerprint,
        "funding": method.funding,
        "installments": None,
        "last4": method.last4,
        "mandate": mandate_id,
        "network": method.brand,
        "network_token": None,
        "network_transaction_id": None,
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "wallet": None,
    }


def _us_bank_account(method: PaymentMethod, mandate_id: str | None) -> Wire:
    details = {
        "account_holder_type": method.details["account_holder_type"],
        "account_type": method.details["account_type"],
        "bank_name": method.details["bank_name"],
        "fingerprint": method.fingerprint,
        "last4": method.last4,
        "payment_reference": None,
        "routing_number": method.details["routing_number"],
    }
    return details if mandate_id is None else {**details, "mandate": mandate_id}


def _sepa_debit(method: PaymentMethod, mandate_id: str | None) -> Wire:
    return {
        "bank_code": method.details["bank_code"],
        "branch_code": method.details["branch_code"],
        "country": method.country,
        "fingerprint": method.fingerprint,
        "last4": method.last4,
        "mandate": mandate_id,
    }


def _customer_balance(_method: PaymentMethod, _mandate_id: str | None) -> Wire:
    return {}


_BY_TYPE: Final[dict[str, Callable[[PaymentMethod, str | None], Wire]]] = {
    "card": _card,
    "customer_balance": _customer_balance,
    "sepa_debit": _sepa_debit,
    "us_bank_account": _us_bank_account,
}
