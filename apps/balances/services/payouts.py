"""What a merchant does with a payout that is there: change, cancel, call back."""

from datetime import datetime
from typing import Any

from apps.api import registry
from apps.api.params import merge_metadata
from apps.balances import domain, queries
from apps.balances.domain import PayoutMove, PayoutNotPossible, PayoutStatus
from apps.balances.models import Payout
from apps.balances.services.issuing import give_back, new_payout, pay_job, write
from apps.core.use_cases import use_case
from apps.events import services as events
from apps.ledger.domain import chart


@use_case
def update_payout(*, payout_id: str, given: dict[str, Any]) -> Payout:
    """Change the metadata.

    :raises NotFound: there is no such payout.
    """
    payout = queries.get_payout(payout_id, for_update=True)
    previous = registry.render(payout)
    if "metadata" in given:
        payout.metadata = merge_metadata(payout.metadata, given["metadata"])
        payout.save(update_fields=["metadata"])
    events.record([events.Change("payout.updated", payout, previous=previous)])
    return payout


@use_case
def cancel_payout(*, payout_id: str, now: datetime) -> Payout:
    """Take a payout back that the bank has not been asked for yet.

    :raises NotFound: there is no such payout.
    :raises PayoutNotPossible: the bank may know of it, or it was made by the schedule, or it is a
        reversal.
    """
    payout = queries.get_payout(payout_id, for_update=True)
    if payout.status == PayoutStatus.PENDING and payout.submitted_at is not None:
        raise PayoutNotPossible("The bank has been asked to pay: it is too late to cancel.")
    if payout.automatic or payout.amount_minor < 0:
        raise PayoutNotPossible("Only a payout that was made by a request can be canceled.")
    status = domain.next_payout_status(PayoutStatus(payout.status), PayoutMove.CANCEL)
    payout.status = status.value
    payout.save(update_fields=["status"])
    give_back(
        payout,
        kind=domain.Kind.PAYOUT_CANCEL,
        reference=f"payout:{payout.id}:canceled",
        against=chart.account_in_transit(payout.account_id),
        now=now,
    )
    events.record(
        [events.Change("payout.canceled", payout)], cancel=[pay_job(payout, due_at=now).key]
    )
    return payout


@use_case
def reverse_payout(*, payout_id: str, given: dict[str, Any], now: datetime) -> Payout:
    """Call back a payout that has arrived: by another payout, of less than 0.

    :raises NotFound: there is no such payout.
    :raises PayoutNotPossible: it has not arrived, or was called back already.
    """
    payout = queries.get_payout(payout_id, for_update=True)
    if payout.status != PayoutStatus.PAID or payout.amount_minor < 0:
        raise PayoutNotPossible("Only a payout that has been paid can be reversed.")
    if payout.reversed_by_id is not None:
        raise PayoutNotPossible(f"It is reversed by {payout.reversed_by_id} already.")
    previous = registry.render(payout)
    reversal = new_payout(
        -payout.money,
        destination_id=payout.destination_id,
        token=payout.token,
        method="standard",
        source_type=payout.source_type,
        statement_descriptor=payout.statement_descriptor,
        metadata=merge_metadata({}, given.get("metadata", {})),
        original_payout=payout,
        now=now,
    )
    payout.reversed_by_id = reversal.id
    payout.save(update_fields=["reversed_by"])
    write(reversal, now=now, changes=[events.Change("payout.updated", payout, previous=previous)])
    return reversal
