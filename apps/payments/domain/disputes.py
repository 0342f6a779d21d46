"""The states of a dispute, the moves between them, and what each does to money.

A processor says where a dispute stands, not what happened: of notifications that were lost, came
twice or overtook each other, the newest leads the dispute to the same place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from apps.core.errors import Invalid
from apps.core.money import Money

# How long there is to answer, where the processor does not say.
ANSWER_WITHIN: Final = timedelta(days=20)
# All texts of the evidence of a dispute together.
EVIDENCE_CHARACTERS_MAX: Final = 150_000
# Evidence that is a file; the rest of EVIDENCE is text, but for `enhanced_evidence`.
EVIDENCE_FILES: Final = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
EVIDENCE: Final = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


class DisputeStatus(StrEnum):
    """The status of a dispute, as the wire names it. `warning_`: an inquiry, without money."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"


class DisputeMove(StrEnum):
    """What can happen to a dispute."""

    SUBMIT = "take evidence"
    ESCALATE = "become a dispute"
    WIN = "be won"
    LOSE = "be lost"
    END_INQUIRY = "be closed as an inquiry"


class IllegalDisputeMove(Invalid):
    """The dispute is not in a state that allows this."""

    code = "dispute_unexpected_state"


class ChargeDisputed(Invalid):
    """The money of the charge is with its payer already, or may soon be."""

    code = "charge_disputed"


_S, _M = DisputeStatus, DisputeMove
# The whole machine. A move that is not listed is refused.
DISPUTE_NEXT: Final = {
    (_S.WARNING_NEEDS_RESPONSE, _M.SUBMIT): _S.WARNING_UNDER_REVIEW,
    (_S.WARNING_UNDER_REVIEW, _M.SUBMIT): _S.WARNING_UNDER_REVIEW,  # told before it was recorded
    (_S.WARNING_NEEDS_RESPONSE, _M.END_INQUIRY): _S.WARNING_CLOSED,
    (_S.WARNING_UNDER_REVIEW, _M.END_INQUIRY): _S.WARNING_CLOSED,
    (_S.WARNING_NEEDS_RESPONSE, _M.ESCALATE): _S.NEEDS_RESPONSE,
    (_S.WARNING_UNDER_REVIEW, _M.ESCALATE): _S.NEEDS_RESPONSE,
    (_S.WARNING_CLOSED, _M.ESCALATE): _S.NEEDS_RESPONSE,
    (_S.NEEDS_RESPONSE, _M.SUBMIT): _S.UNDER_REVIEW,
    (_S.UNDER_REVIEW, _M.SUBMIT): _S.UNDER_REVIEW,
    (_S.NEEDS_RESPONSE, _M.WIN): _S.WON,
    (_S.UNDER_REVIEW, _M.WIN): _S.WON,
    (_S.LOST, _M.WIN): _S.WON,  # the payer's bank thought better of it
    (_S.NEEDS_RESPONSE, _M.LOSE): _S.LOST,
    (_S.UNDER_REVIEW, _M.LOSE): _S.LOST,
    (_S.WON, _M.LOSE): _S.LOST,  # and takes the money again
}
# Evidence is taken, once.
ANSWERABLE: Final = frozenset({_S.WARNING_NEEDS_RESPONSE, _S.NEEDS_RESPONSE})
INQUIRIES: Final = frozenset(
    {_S.WARNING_NEEDS_RESPONSE, _S.WARNING_UNDER_REVIEW, _S.WARNING_CLOSED}
)
CLOSED: Final = frozenset({_S.WARNING_CLOSED, _S.WON, _S.LOST})
# The payer has the money back, or asks for it: it is not given back a second time.
HOLDING: Final = frozenset({_S.NEEDS_RESPONSE, _S.UNDER_REVIEW})


def next_dispute_status(status: DisputeStatus, move: DisputeMove) -> DisputeStatus:
    """Return where `move` leads.

    :raises IllegalDisputeMove: the move is not in DISPUTE_NEXT.
    """
    if (status, move) not in DISPUTE_NEXT:
        raise IllegalDisputeMove(f"This dispute cannot {move.value}: its status is {status.value}.")
    return DISPUTE_NEXT[status, move]


def takes_money(status: DisputeStatus, move: DisputeMove) -> bool:
    """Return whether `move` takes the money from the merchant, who had it in `status`."""
    return move is _M.ESCALATE or (status is _S.WON and move is _M.LOSE)


def first_status(said: DisputeStatus) -> DisputeStatus:
    """Return how a dispute begins of which the first that is heard is that it is `said`."""
    return _S.WARNING_NEEDS_RESPONSE if said in INQUIRIES else _S.NEEDS_RESPONSE


def way(present: DisputeStatus, said: DisputeStatus) -> tuple[DisputeMove, ...] | None:
    """Return the moves from where a dispute stands to where the processor says it stands.

    Of what lies between, the notifications were lost, or are still on their way. None: no way
    leads there, so what the processor says is older than what is known.
    """
    ways: dict[DisputeStatus, tuple[DisputeMove, ...]] = {present: ()}
    todo = [present]
    for at in todo:  # grows: the nearest first
        for (source, move), target in DISPUTE_NEXT.items():
            if source == at and target not in ways:
                ways[target] = (*ways[at], move)
                todo.append(target)
    return ways.get(said)


@dataclass(frozen=True, slots=True)
class DisputeFacts:
    """What a processor says of a dispute.

    :ivar charge: the reference of the order that charged the payer.
    :ivar due_by: until when evidence is taken, if it says so.
    """

    charge: str
    status: DisputeStatus
    money: Money
    reason: str = "general"
    network_reason_code: str = ""
    due_by: datetime | None = None


def dispute_facts(given: Mapping[str, Any]) -> DisputeFacts:
    """Read the facts of a notification of kind `dispute`.

    :param given: `charge`, `status`, `amount` (minor units), `currency`; perhaps `reason`,
        `network_reason_code` and `due_by` (Unix seconds).
    :raises Invalid: they are not the facts of a dispute.
    """
    try:
        due_by = given.get("due_by")
        if given["amount"] <= 0:
            raise ValueError("A dispute is about some money.")  # one refusal below
        return DisputeFacts(
            charge=str(given["charge"]),
            status=DisputeStatus(given["status"]),
            money=Money(given["amount"], given["currency"]),
            reason=str(given.get("reason") or "general"),
            network_reason_code=str(given.get("network_reason_code") or ""),
            due_by=None if due_by is None else datetime.fromtimestamp(due_by, UTC),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise Invalid("These are not the facts of a dispute.", code="invalid_dispute") from error
