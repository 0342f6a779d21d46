"""How a payment intent looks on the wire."""

from collections.abc import Iterable

from apps.api.registry import ResourceType, Wire
from apps.core.clock import to_unix
from apps.payments.api.resources.shared import (
    CUSTOMER,
    finder,
    livemode,
    public_error,
    without_empty,
)
from apps.payments.domain.amount_details import LineItem
from apps.payments.models import PaymentIntent

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


def render_payment_intent(intent: PaymentIntent) -> Wire:
    """Return the wire's payment_intent."""
    return {
        "id": intent.id,
        "object": "payment_intent",
        "allowed_payment_method_types": intent.allowed_payment_method_types,
        "amount": intent.amount_minor,
        "amount_capturable": intent.amount_capturable_minor,
        "amount_details": _amount_details(intent),
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
        "excluded_payment_method_types": intent.excluded_payment_method_types,
        "last_payment_error": without_empty(intent.last_payment_error),
        "latest_charge": intent.latest_charge_id,
        "livemode": livemode(),
        "managed_payments": None,
        "metadata": intent.metadata,
        "next_action": intent.next_action,
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


def render_public_intent(intent: PaymentIntent) -> Wire:
    """Return what a publishable key sees of an intent."""
    shown = render_payment_intent(intent)
    public = {name: shown[name] for name in PUBLIC_FIELDS}
    public["last_payment_error"] = public_error(public["last_payment_error"])
    return public


def _options(intent: PaymentIntent) -> Wire:
    """Return the options of each kind, as they were given; those of a card with all their keys."""
    given = intent.payment_method_options or {}
    card = {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    }
    if "card" not in intent.payment_method_types:
        return given
    return {**given, "card": {**card, **given.get("card", {})}}


def _amount_details(intent: PaymentIntent) -> Wire:
    """Return what the amount is made of; its line items are a list of their own."""
    given = intent.amount_details or {}
    shown = ("discount_amount", "error", "shipping", "tax")
    return {"tip": {}, **{name: given[name] for name in shown if name in given}}


def render_line_item(item: LineItem) -> Wire:
    """Return the wire's payment_intent_amount_details_line_item."""
    given = item.given
    return {
        "id": item.id,
        "object": "payment_intent_amount_details_line_item",
        "discount_amount": given.get("discount_amount"),
        "payment_method_options": given.get("payment_method_options"),
        "product_code": given.get("product_code"),
        "product_name": given["product_name"],
        "quantity": given["quantity"],
        "tax": given.get("tax"),
        "unit_cost": given["unit_cost"],
        "unit_of_measure": given.get("unit_of_measure"),
    }


def _find_none(_ids: Iterable[str]) -> dict[str, LineItem]:
    """A line item is found in its payment alone."""
    return {}


RESOURCES = (
    ResourceType(
        prefix="",
        name="payment_intent_amount_details_line_item",
        model=LineItem,
        render=render_line_item,
        find_many=_find_none,
    ),
    ResourceType(
        prefix="pi",
        name="payment_intent",
        model=PaymentIntent,
        render=render_payment_intent,
        render_public=render_public_intent,
        find_many=finder(PaymentIntent),
        expandable={
            **CUSTOMER,
            "latest_charge": ("charge",),
            "payment_method": ("payment_method",),
        },
    ),
)
