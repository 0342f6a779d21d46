"""How payment methods, intents, charges and refunds look on the wire."""

from collections.abc import Iterable
from typing import Any

from apps.api import paging
from apps.api.registry import NestedList, ResourceType, Wire, render
from apps.core import context
from apps.core.clock import to_unix
from apps.core.models import Resource
from apps.payments import queries
from apps.payments.models import Charge, PaymentIntent, PaymentMethod, Refund

NO_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
NO_BILLING_DETAILS = {
    "address": NO_ADDRESS,
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}
# What a browser may see of an intent: enough to pay it, nothing of the merchant's own notes.
PUBLIC_FIELDS = (
    "id",
    "object",
    "amount",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "capture_method",
    "client_secret",
    "confirmation_method",
    "created",
    "currency",
    "description",
    "last_payment_error",
    "livemode",
    "next_action",
    "payment_method",
    "payment_method_types",
    "processing",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "status",
)


def render_payment_method(method: PaymentMethod) -> Wire:
    """Return the wire's payment_method."""
    return {
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": method.allow_redisplay,
        "billing_details": _billing_details(method.billing_details),
        "card": _card(method),
        "created": to_unix(method.created_at),
        "customer": method.customer_id,
        "customer_account": None,
        "livemode": _livemode(),
        "metadata": method.metadata,
        "type": method.type,
    }


def render_payment_intent(intent: PaymentIntent) -> Wire:
    """Return the wire's payment_intent."""
    return {
        "id": intent.id,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": intent.amount_minor,
        "amount_capturable": intent.amount_capturable_minor,
        "amount_details": {"tip": {}},
        "amount_received": intent.amount_received_minor,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": intent.automatic_payment_methods,
        "canceled_at": to_unix(intent.canceled_at) if intent.canceled_at else None,
        "cancellation_reason": intent.cancellation_reason,
        "capture_method": intent.capture_method,
        "client_secret": intent.client_secret,
        "confirmation_method": intent.confirmation_method,
        "created": to_unix(intent.created_at),
        "currency": intent.currency,
        "customer": intent.customer_id,
        "customer_account": None,
        "description": intent.description,
        "excluded_payment_method_types": None,
        "last_payment_error": _without_empty(intent.last_payment_error),
        "latest_charge": intent.latest_charge_id,
        "livemode": _livemode(),
        "managed_payments": None,
        "metadata": intent.metadata,
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": intent.payment_method_id,
        "payment_method_configuration_details": None,
        "payment_method_options": _options(intent),
        "payment_method_types": intent.payment_method_types,
        "payment_record": None,
        "processing": None,
        "receipt_email": intent.receipt_email,
        "review": None,
        "setup_future_usage": intent.setup_future_usage,
        "shipping": intent.shipping,
        "source": None,
        "statement_descriptor": intent.statement_descriptor,
        "statement_descriptor_suffix": intent.statement_descriptor_suffix,
        "status": intent.status,
        "transfer_data": None,
        "transfer_group": intent.transfer_group,
    }


def render_public_method(method: PaymentMethod) -> Wire:
    """Return what a publishable key sees of a payment method: all but the merchant's own notes."""
    return _without_metadata(render_payment_method(method))


def render_public_intent(intent: PaymentIntent) -> Wire:
    """Return what a publishable key sees of an intent."""
    shown = render_payment_intent(intent)
    public = {name: shown[name] for name in PUBLIC_FIELDS}
    error = public["last_payment_error"]
    if error is not None:
        method = _without_metadata(error["payment_method"])
        public["last_payment_error"] = {**error, "payment_method": method}
    return public


def render_charge(charge: Charge) -> Wire:
    """Return the wire's charge."""
    amount_refunded = charge.amount_minor if charge.is_released else charge.amount_refunded_minor
    is_refunded = charge.is_released or (
        charge.is_captured and charge.amount_refunded_minor == charge.amount_captured_minor
    )
    return {
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount_minor,
        "amount_captured": charge.amount_captured_minor,
        "amount_refunded": amount_refunded,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": charge.balance_transaction_id,
        "billing_details": _billing_details(charge.billing_details),
        "calculated_statement_descriptor": charge.statement_descriptor,
        "captured": charge.is_captured,
        "created": to_unix(charge.created_at),
        "currency": charge.currency,
        "customer": charge.customer_id,
        "description": charge.description,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": charge.failure_code,
        "failure_message": charge.failure_message,
        "fraud_details": {},
        "livemode": _livemode(),
        "metadata": charge.metadata,
        "on_behalf_of": None,
        "outcome": _charge_outcome(charge),
        "paid": charge.status == "succeeded",
        "payment_intent": charge.payment_intent_id,
        "payment_method": charge.payment_method_id,
        "payment_method_details": charge.payment_method_details,
        "receipt_email": charge.receipt_email,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": is_refunded,
        # A list that comes when it is expanded, and is null until then.
        "refunds": None,
        "review": None,
        "shipping": charge.shipping,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": charge.statement_descriptor,
        "statement_descriptor_suffix": charge.statement_descriptor_suffix,
        "status": charge.status,
        "transfer_data": None,
        "transfer_group": charge.transfer_group,
    }


def render_refund(refund: Refund) -> Wire:
    """Return the wire's refund. Reads `refund.charge`, which the queries bring along."""
    shown = {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount_minor,
        "balance_transaction": refund.balance_transaction_id,
        "charge": refund.charge_id,
        "created": to_unix(refund.created_at),
        "currency": refund.currency,
        "customer": refund.charge.customer_id,
        "customer_account": None,
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": refund.metadata,
        "payment_intent": refund.payment_intent_id,
        "payment_method": refund.charge.payment_method_id,
        "reason": refund.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": refund.status,
        "transfer_reversal": None,
    }
    if refund.failure_reason is not None:
        shown["failure_reason"] = refund.failure_reason
    return shown


def _refunds_of(charge: Wire) -> Wire:
    """Return the nested list of a charge's refunds, its first page."""
    page = paging.page(queries.list_refunds(charge=charge["id"]), {})
    return {
        "object": "list",
        "data": [render(refund) for refund in page.rows],
        "has_more": page.has_more,
        "url": f"/v1/charges/{charge['id']}/refunds",
    }


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
        "networks": {"available": [method.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _charge_outcome(charge: Charge) -> Wire:
    is_paid = charge.status == "succeeded"
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network" if is_paid else "declined_by_network",
        "reason": charge.decline_code,
        "seller_message": "Payment complete." if is_paid else charge.failure_message,
        "type": "authorized" if is_paid else "issuer_declined",
    }


def _options(intent: PaymentIntent) -> Wire:
    given = (intent.payment_method_options or {}).get("card") or {}
    card = {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    }
    return {"card": {**card, **given}}


def _billing_details(given: dict[str, Any]) -> Wire:
    address = {**NO_ADDRESS, **(given.get("address") or {})}
    return {**NO_BILLING_DETAILS, **given, "address": address}


def _without_metadata(shown: Wire) -> Wire:
    return {name: value for name, value in shown.items() if name != "metadata"}


def _without_empty(error: dict[str, Any] | None) -> Wire | None:
    if error is None:
        return None
    return {name: value for name, value in error.items() if value is not None}


def _livemode() -> bool:
    return context.current().environment.livemode


def _finder(model: type[Resource], *related: str) -> Any:
    def find(ids: Iterable[str]) -> dict[str, Any]:
        rows = model.objects.owned().select_related(*related)
        found: dict[str, Any] = rows.in_bulk(list(ids))
        return found

    return find


CUSTOMER = {"customer": ("customer",)}
RESOURCES = (
    ResourceType(
        prefix="pm",
        name="payment_method",
        model=PaymentMethod,
        render=render_payment_method,
        render_public=render_public_method,
        find_many=_finder(PaymentMethod),
        is_hub=True,
        expandable=CUSTOMER,
    ),
    ResourceType(
        prefix="pi",
        name="payment_intent",
        model=PaymentIntent,
        render=render_payment_intent,
        render_public=render_public_intent,
        find_many=_finder(PaymentIntent),
        expandable={
            **CUSTOMER,
            "latest_charge": ("charge",),
            "payment_method": ("payment_method",),
        },
    ),
    ResourceType(
        prefix="ch",
        name="charge",
        model=Charge,
        render=render_charge,
        find_many=_finder(Charge),
        expandable={
            **CUSTOMER,
            "balance_transaction": ("balance_transaction",),
            "payment_intent": ("payment_intent",),
        },
        lists={"refunds": NestedList("refund", _refunds_of)},
    ),
    ResourceType(
        prefix="re",
        name="refund",
        model=Refund,
        render=render_refund,
        find_many=_finder(Refund, "charge"),
        expandable={
            **CUSTOMER,
            "balance_transaction": ("balance_transaction",),
            "charge": ("charge",),
            "payment_intent": ("payment_intent",),
            "payment_method": ("payment_method",),
        },
    ),
)
