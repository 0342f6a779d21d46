"""How a dispute looks on the wire."""

from apps.api.registry import ResourceType, Wire, render
from apps.core.clock import to_unix
from apps.payments import domain, queries
from apps.payments.api.resources.shared import livemode
from apps.payments.domain import DisputeStatus
from apps.payments.models import Dispute


def render_dispute(dispute: Dispute) -> Wire:
    """Return the wire's dispute. The queries bring its charge and `transactions` along."""
    status = DisputeStatus(dispute.status)
    shown = {
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount_minor,
        "balance_transactions": [render(one) for one in dispute.transactions],
        "charge": dispute.charge_id,
        "created": to_unix(dispute.created_at),
        "currency": dispute.currency,
        "enhanced_eligibility_types": [],
        "evidence": {
            **dict.fromkeys(domain.EVIDENCE),
            "enhanced_evidence": {},
            **dispute.evidence,
        },
        "evidence_details": {
            "due_by": None if dispute.due_by is None else to_unix(dispute.due_by),
            "enhanced_eligibility": {},
            "has_evidence": bool(dispute.evidence),
            # Of the last submission: none is taken that comes too late.
            "past_due": False,
            "submission_count": dispute.submission_count,
        },
        "intended_submission_method": dispute.submission_method,
        "is_charge_refundable": not (status in domain.HOLDING or status is DisputeStatus.LOST),
        "livemode": livemode(),
        "metadata": dispute.metadata,
        "network_reason_code": dispute.network_reason_code or None,
        "payment_intent": dispute.payment_intent_id,
        "reason": dispute.reason,
        "status": dispute.status,
    }
    card = dispute.charge.payment_method_details.get("card")
    if card is not None:
        shown["payment_method_details"] = {
            "card": {
                "brand": card["brand"],
                "case_type": "inquiry" if status in domain.INQUIRIES else "chargeback",
                "network": card["network"],
                "network_reason_code": dispute.network_reason_code or None,
            },
            "type": "card",
        }
    return shown


RESOURCES = (
    ResourceType(
        prefix="dp",
        name="dispute",
        model=Dispute,
        render=render_dispute,
        find_many=queries.find_disputes,
        expandable={
            "charge": ("charge",),
            "payment_intent": ("payment_intent",),
            **{f"evidence.{name}": ("file",) for name in domain.EVIDENCE_FILES},
        },
    ),
)
