"""What becomes of a payout: claim, call, record.

The payout is its own attempt: its id is the reference under which the bank knows it. A payout that
was handed over and of which no answer was written down is asked after, and sent again under the
same reference only if the bank knows nothing of it.
"""

from datetime import datetime, timedelta

from django.db import transaction

from apps.accounts import services as accounts
from apps.api import registry
from apps.balances import domain, processors, queries
from apps.balances.domain import PayoutMove, PayoutStatus, TransferAnswer, TransferState
from apps.balances.models import Payout
from apps.balances.services.issuing import give_back, pay_job
from apps.core import context, jobs
from apps.events import services as events
from apps.ledger import services as ledger
from apps.ledger.domain import Posting, chart

# When a bank is asked next: after no answer, while a payout is late, after it has arrived.
ASK_AGAIN = timedelta(minutes=1)
ASK_WHEN_LATE = timedelta(hours=1)
ASK_WHETHER_IT_STAYED = timedelta(days=1)
_EVENTS = {
    PayoutStatus.IN_TRANSIT: "payout.updated",
    PayoutStatus.PAID: "payout.paid",
    PayoutStatus.FAILED: "payout.failed",
}


def advance_payout(*, payout_id: str, now: datetime) -> None:
    """Hand a payout to the bank, or ask what became of it, and write down what the bank says."""
    claimed = _claim(payout_id, now=now)
    if claimed is None:
        return
    payout, is_first = claimed
    with context.amended(account_id=payout.account_id):
        _record(payout.id, _ask(payout, is_first=is_first, now=now), now=now)


@transaction.atomic(durable=True)
def _claim(payout_id: str, *, now: datetime) -> tuple[Payout, bool] | None:
    """Return the payout, and whether the bank has never been asked; None if nothing is to be done.

    From the commit on the bank may know of it, whatever becomes of this process.
    """
    payout = queries.lock_any_payout(payout_id)
    if payout.status in (PayoutStatus.CANCELED, PayoutStatus.FAILED):
        return None
    is_first = payout.submitted_at is None
    if is_first:
        payout.submitted_at = now
        payout.save(update_fields=["submitted_at"])
    return payout, is_first


def _ask(payout: Payout, *, is_first: bool, now: datetime) -> TransferAnswer:
    if not is_first:
        known = processors.enquire(payout.processor, payout.id, now=now)
        if known is not None:
            return known
        if payout.status != PayoutStatus.PENDING:
            # It took the order on, and has forgotten: nothing that another order would mend.
            return TransferAnswer(TransferState.UNKNOWN)
    return processors.transfer(
        payout.processor,
        domain.Transfer(
            reference=payout.id,
            money=payout.money,
            token=payout.token,
            arrival_at=payout.arrival_at,
            original=payout.original_payout_id or "",
            statement_descriptor=payout.statement_descriptor or "",
        ),
        now=now,
    )


@transaction.atomic(durable=True)
def _record(payout_id: str, answer: TransferAnswer, *, now: datetime) -> None:
    """Write down what a bank said: status, money and events together, once."""
    payout = queries.lock_any_payout(payout_id)
    previous = registry.render(payout)
    moves = domain.moves_of(
        PayoutStatus(payout.status), answer.state, is_reversal=payout.amount_minor < 0
    )
    changes: list[events.Change] = []
    for move in moves:
        changes += _move(payout, move, answer=answer, now=now)
    if moves:
        payout.trace_id = answer.trace_id or payout.trace_id
        payout.save()
    next_at = _next_at(payout, answer, now=now)
    if next_at is not None:
        jobs.schedule(pay_job(payout, due_at=next_at))
    if moves:
        name = _EVENTS[PayoutStatus(payout.status)]
        is_update = name == "payout.updated"
        told = events.Change(name, payout, previous=previous if is_update else None)
        events.record([told, *changes])


def _move(
    payout: Payout, move: PayoutMove, *, answer: TransferAnswer, now: datetime
) -> list[events.Change]:
    """Move a payout on, and its money with it; return what else happened."""
    status = PayoutStatus(payout.status)
    payout.status = domain.next_payout_status(status, move).value
    match move:
        case PayoutMove.ARRIVE:
            payout.paid_at = now
            _arrive(payout, now=now)
        case PayoutMove.FAIL:
            payout.failure_code, payout.failure_message = answer.code, answer.message
            return _fail(payout, was=status, now=now)
    return []


def _arrive(payout: Payout, *, now: datetime) -> None:
    """Post that the money left the bank, or came back to it."""
    if payout.amount_minor < 0:
        payout.balance_transaction_id = give_back(
            payout,
            kind=domain.Kind.PAYOUT,
            reference=f"payout:{payout.id}",
            against=chart.bank_settlement(),
            now=now,
        )
        return
    ledger.post(
        [
            Posting(
                debit=chart.account_in_transit(payout.account_id),
                credit=chart.bank_settlement(),
                money=payout.money,
            )
        ],
        reference=f"payout:{payout.id}:paid",
        source_id=payout.id,
        details={"type": "payout_paid"},
    )


def _fail(payout: Payout, *, was: PayoutStatus, now: datetime) -> list[events.Change]:
    """Give the money back that was set aside, or has come back; the bank account is paid no more.

    A reversal has moved nothing before it arrives, and the payout can be reversed once more.
    """
    if payout.amount_minor < 0:
        assert payout.original_payout_id is not None
        original = queries.lock_any_payout(payout.original_payout_id)
        previous = registry.render(original)
        original.reversed_by = None
        original.save(update_fields=["reversed_by"])
        return [events.Change("payout.updated", original, previous=previous)]
    changes = accounts.mark_errored(payout.destination_id)
    has_left = was is PayoutStatus.PAID
    payout.failure_balance_transaction_id = give_back(
        payout,
        kind=domain.Kind.PAYOUT_FAILURE,
        reference=f"payout:{payout.id}:failed",
        against=chart.bank_settlement()
        if has_left
        else chart.account_in_transit(payout.account_id),
        now=now,
    )
    return changes


def _next_at(payout: Payout, answer: TransferAnswer, *, now: datetime) -> datetime | None:
    """Return when the bank is asked again; None: it has said all there is to say."""
    match PayoutStatus(payout.status):
        case PayoutStatus.PENDING:
            return now + ASK_AGAIN
        case PayoutStatus.IN_TRANSIT if answer.state is TransferState.UNKNOWN:
            return now + ASK_AGAIN
        case PayoutStatus.IN_TRANSIT:
            return max(payout.arrival_at, now + ASK_WHEN_LATE)
        case PayoutStatus.PAID if payout.amount_minor > 0:
            assert payout.paid_at is not None
            is_settled = now >= payout.paid_at + domain.MAY_COME_BACK_FOR
            return None if is_settled else now + ASK_WHETHER_IT_STAYED
        case _:
            return None
