"""How a charge looks on the wire."""

from apps.api import paging
from apps.api.registry import NestedList, ResourceType, Wire, render
from apps.core.clock import to_unix
from apps.payments import queries
from apps.payments.api.resources.shared import CUSTOMER, billing_details, finder, livemode
from apps.payments.models import Charge


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
        "billing_details": billing_details(charge.billing_details),
        "calculated_statement_descriptor": charge.statement_descriptor,
        "captured": charge.is_captured,
        "created": to_unix(charge.created_at),
        "currency": charge.currency,
        "customer": charge.customer_id,
        "description": charge.description,
        "disputed": charge.disputed,
        "failure_balance_transaction": charge.failure_balance_transaction_id,
        "failure_code": charge.failure_code,
        "failure_message": charge.failure_message,
        "fraud_details": charge.fraud_details,
        "livemode": livemode(),
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
        "source": charge.source,
        "source_transfer": None,
        "statement_descriptor": charge.statement_descriptor,
        "statement_descriptor_suffix": charge.statement_descriptor_suffix,
        "status": charge.status,
        "transfer_data": None,
        "transfer_group": charge.transfer_group,
    }


def _refunds_of(charge: Wire) -> Wire:
    """Return the nested list of a charge's refunds, its first page."""
    page = paging.page(queries.list_refunds(charge=charge["id"]), {})
    return {
        "object": "list",
        "data": [render(refund) for refund in page.rows],
        "has_more": page.has_more,
        "url": f"/v1/charges/{charge['id']}/refunds",
    }


def _charge_outcome(charge: Charge) -> Wire | None:
    """Return what came of a charge; None: that is not known yet."""
    if charge.status == "pending":
        return None
    is_paid = charge.status == "succeeded"
    outcome = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network" if is_paid else "declined_by_network",
        "reason": charge.decline_code,
        "seller_message": "Payment complete." if is_paid else charge.failure_message,
        "type": "authorized" if is_paid else "issuer_declined",
    }
    if charge.risk is None:
        return outcome
    return outcome | {f"risk_{name}": value for name, value in charge.risk.items()}


RESOURCES = (
    ResourceType(
        prefix="ch",
        name="charge",
        model=Charge,
        render=render_charge,
        find_many=finder(Charge),
        expandable={
            **CUSTOMER,
            "balance_transaction": ("balance_transaction",),
            "failure_balance_transaction": ("balance_transaction",),
            "payment_intent": ("payment_intent",),
        },
        lists={"refunds": NestedList("refund", _refunds_of)},
    ),
)
