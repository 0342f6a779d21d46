"""Call and record: the second and third step of every order to a processor.

The first step, the claim, has committed when this is called: the attempt exists, a payment is
`processing`, and a job will ask the processor what became of it, should this process die here.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction

from apps.api import idempotency
from apps.api.errors import KeyInUse
from apps.core import clock, context, ids, jobs
from apps.core.errors import DomainError
from apps.core.money import Money
from apps.core.use_cases import use_case
from apps.events import services as events
from apps.payments import domain, processors
from apps.payments.domain import Answer, AttemptKind, AttemptStatus, Order, Outcome
from apps.payments.models import Attempt, Charge, Dispute, PaymentIntent, Refund, SetupIntent
from apps.payments.services import recording

log = structlog.get_logger(__name__)

# When the reports of the processors are compared with our books: few pay at that time.
RECONCILED_AT = time(hour=3)
# An outcome that so many enquiries have not found is shown to operators.
UNANSWERED_AFTER = 3


def open_attempt(
    kind: AttemptKind,
    *,
    money: Money,
    processor: str,
    details: dict[str, Any],
    now: datetime,
    changes: Sequence[events.Change],
    intent: PaymentIntent | None = None,
    charge: Charge | None = None,
    refund: Refund | None = None,
    setup_intent: SetupIntent | None = None,
    dispute: Dispute | None = None,
    reference: str | None = None,
) -> Attempt:
    """Write the attempt, the job that enquires after it, and the events of the claim.

    Part of the caller's transaction, and its last statement but one.

    :param details: what the order says besides kind and amount (`domain.ORDER_DETAILS`), and what
        recording the outcome needs to know.
    :param intent: the payment that it is about; or `charge`, where there is none, or
        `setup_intent`, where nothing is paid.
    :param reference: the id that it is to have, if something names it already.
    :raises KeyInUse: this request, or the retry that took its key over, has made its attempt.
    :raises ProcessorUnavailable: the processor has not answered for a while.
    """
    assert transaction.get_connection().in_atomic_block
    processors.check_available(processor, now=now)
    attempt = Attempt(
        id=reference or ids.new_id("att"),
        account_id=context.current().account_id,
        kind=kind.value,
        status=AttemptStatus.OPEN.value,
        processor=processor,
        payment_intent=intent,
        charge=charge,
        refund=refund,
        setup_intent=setup_intent,
        dispute=dispute,
        amount_minor=money.minor,
        currency=money.currency,
        details=details,
        claim_id=context.current().claim_id,
        created_at=now,
    )
    try:
        attempt.save(force_insert=True)
    except IntegrityError as error:
        # The constraint is the truth: two processes hold one Idempotency-Key, and one was first.
        raise KeyInUse("A request with this Idempotency-Key is still in progress.") from error
    due = [enquiry(attempt, now=now), next_reconciliation(now=now)]
    # Its outcome follows, unless this process dies.
    events.record(changes, schedule=due, more_follows=True)
    return attempt


def carry_out(attempt: Attempt) -> Any:
    """Call the processor, outside any transaction, and record what it says.

    :returns: the intent, the refund or whatever else the attempt was about.
    :raises CardDeclined: the processor declined.
    """
    return settle(attempt, answer=_submit(attempt, now=clock.now()), now=clock.now())


def settle(attempt: Attempt, *, answer: Answer, now: datetime) -> Any:
    """Record what the processor said of an attempt, if it is news; the answer to the request too.

    :returns: as `carry_out`.
    :raises CardDeclined: the processor declined.
    """
    result = _record(attempt, answer, now=now)
    if isinstance(result, DomainError):
        raise result
    return result


def enquire(*, attempt_id: str, now: datetime) -> None:
    """Settle an attempt that has not ended: its process died, its answer was lost, or comes later.

    As long as there is no news, the processor is asked again and again: nothing is ever guessed.
    """
    attempt = Attempt.objects.filter(pk=attempt_id, status__in=domain.UNSETTLED).first()
    if attempt is None:
        return
    _settle(attempt, now=now)
    attempt.refresh_from_db()
    if attempt.status in domain.UNSETTLED:
        _ask_again(attempt, now=now)


def look_at(reference: str, *, now: datetime) -> bool:
    """Ask the processor what became of an attempt, because it told that there is news.

    :returns: whether it said so; if not, look again later.
    """
    attempt = Attempt.objects.filter(pk=reference).first()
    if attempt is None:
        log.warning("notification_of_nothing", reference=reference)
        return True
    return _settle(attempt, now=now)


def _settle(attempt: Attempt, *, now: datetime) -> bool:
    """Ask the processor, and record what it says, if that is news; return whether it answered.

    An order that never arrived is sent again, under the same reference. The answer to the request
    that began it is stored with the outcome, for its retries.
    """
    answer = processors.enquire(attempt.processor, attempt.id, now=now)
    if answer is None and attempt.status == AttemptStatus.OPEN:
        answer = _submit(attempt, now=now)
    if answer is None or answer.outcome is Outcome.UNKNOWN:
        return False
    if not recording.is_news(attempt, answer=answer):
        return True
    claim = None
    if attempt.claim_id is not None:
        claim = idempotency.settle_later(attempt.claim_id)
    settle = claim.settle if claim else None
    with context.amended(account_id=attempt.account_id, settle=settle):
        _record(attempt, answer, now=now)
    return True


@transaction.atomic
def _ask_again(attempt: Attempt, *, now: datetime) -> None:
    """Have the processor asked again later, and note how often it was."""
    attempt.enquiries += 1
    due = enquiry(attempt, now=now)
    attempt.next_enquiry_at = due.due_at
    attempt.save(update_fields=["enquiries", "next_enquiry_at"])
    jobs.schedule(due)


@use_case
def _record(attempt: Attempt, answer: Answer, *, now: datetime) -> Any:
    """Write the outcome: status, money and events together, once.

    :returns: what the attempt was about; or the decline, for the caller to raise after the commit.
    """
    locked = recording.lock(attempt)
    if recording.is_news(locked, answer=answer):
        return recording.record(locked, answer=answer, now=now)
    return recording.outcome(locked)


def _submit(attempt: Attempt, *, now: datetime) -> Answer:
    order = Order(
        kind=AttemptKind(attempt.kind),
        reference=attempt.id,
        money=attempt.money,
        **{name: attempt.details[name] for name in domain.ORDER_DETAILS if name in attempt.details},
    )
    return processors.call(attempt.processor, order, now=now)


def enquiry(attempt: Attempt, *, now: datetime) -> jobs.Due:
    """Return the job that asks the processor next what became of an attempt."""
    delay = domain.next_enquiry_after(
        AttemptStatus(attempt.status),
        enquiries=attempt.enquiries,
        waited=now - attempt.created_at,
        delays_s=settings.PROCESSOR_ENQUIRY_DELAYS_S,
    )
    kwargs: dict[str, object] = {"attempt_id": attempt.id}
    if attempt.status == AttemptStatus.OPEN and attempt.enquiries >= UNANSWERED_AFTER:
        kwargs["unanswered"] = attempt.enquiries  # /metrics counts these
    return jobs.Due(
        key=attempt.enquiry_key, task="payments.enquire", due_at=now + delay, kwargs=kwargs
    )


def next_reconciliation(*, now: datetime, since: datetime | None = None) -> jobs.Due:
    """Return the job that all orders of a day share: in the night, the reports are compared.

    :param since: from when on; the last days, unless given.
    """
    due_at = datetime.combine(now.date() + timedelta(days=1), RECONCILED_AT, tzinfo=now.tzinfo)
    return jobs.Due(
        key=f"reconcile:{context.current().environment.id}:{due_at:%Y-%m-%d}",
        task="payments.reconcile",
        due_at=due_at,
        kwargs={"since": since.isoformat()} if since is not None else {},
    )
