"""The challenge of 3-D Secure: what the customer is asked, and what becomes of their answer.

Claim, call, record once more. The claim takes the attempt from whoever might give it up, the
processor is told how the customer did, and the enquiry records what it makes of that.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.db import transaction

from apps.core import jobs
from apps.core.money import Money
from apps.payments import domain
from apps.payments.domain import AttemptStatus, Move, Status
from apps.payments.models import Attempt, PaymentIntent, PaymentMethod, SetupAttempt, SetupIntent
from apps.payments.processors import simulator
from apps.payments.services import attempts, recording

Subject = PaymentIntent | SetupIntent
# How an intent is called on the wire, where a customer comes back.
_SUCCEEDED = (Status.SUCCEEDED, Status.REQUIRES_CAPTURE, Status.REQUIRES_CONFIRMATION)
_UNDECIDED = (Status.PROCESSING, Status.REQUIRES_ACTION)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows, and where the customer goes from it.

    :ivar is_open: the customer is still asked.
    :ivar money: None: nothing is paid, the payment method is set up.
    :ivar back: None: the merchant has named no address, and looks by itself.
    """

    is_open: bool
    method: PaymentMethod
    money: Money | None
    back: str | None
    is_successful: bool


def get_challenge(attempt_id: str) -> Shown | None:
    """Return what the page of an attempt's challenge shows; None: it never had one."""
    attempt = _find(attempt_id)
    if attempt is None:
        return None
    subject = _subject(attempt)
    method = PaymentMethod.objects.get(pk=attempt.details["context"]["payment_method"])
    return Shown(
        is_open=attempt.status == AttemptStatus.ACTING,
        method=method,
        money=attempt.money if attempt.payment_intent_id else None,
        back=_way_back(subject),
        is_successful=subject.status in _SUCCEEDED,
    )


def answer_challenge(*, attempt_id: str, is_passed: bool, now: datetime) -> None:
    """Carry on with an attempt once its customer has answered. Answered again, nothing happens."""
    attempt = _claim(attempt_id, now=now)
    if attempt is None:
        return
    intent = attempt.payment_intent
    is_by_hand = intent is not None and intent.confirmation_method == "manual"
    simulator.authenticate(attempt.id, is_passed=is_passed, now=now, goes_on=not is_by_hand)
    if is_by_hand and is_passed:
        _wait_for_confirmation(attempt, now=now)
    else:
        attempts.enquire(attempt_id=attempt.id, now=now)


@transaction.atomic(durable=True)
def _claim(attempt_id: str, *, now: datetime) -> Attempt | None:
    """Take the attempt out of the customer's hands: from now on nobody gives it up.

    :returns: None: somebody was faster.
    """
    found = _find(attempt_id)
    if found is None or found.status != AttemptStatus.ACTING:
        return None
    attempt = recording.lock(found)
    if attempt.status != AttemptStatus.ACTING:
        return None
    take(attempt, now=now)
    return attempt


def take(attempt: Attempt, *, now: datetime) -> None:
    """Let an attempt, which is locked, go on: its customer has answered, and is asked no more."""
    attempt.status = AttemptStatus.OPEN.value
    attempt.save(update_fields=["status"])
    subject = _subject(attempt)
    subject.next_action = None
    subject.status = _next(subject, Move.ANSWER)
    subject.save(update_fields=["status", "next_action"])
    SetupAttempt.objects.filter(attempt_reference=attempt.id).update(status="processing")
    jobs.schedule(attempts.enquiry(attempt, now=now))


@transaction.atomic(durable=True)
def _wait_for_confirmation(attempt: Attempt, *, now: datetime) -> None:
    """Let the merchant's server confirm once more: the next attempt needs no challenge."""
    locked = recording.lock(attempt)
    intent = locked.payment_intent
    assert intent is not None
    if locked.status != AttemptStatus.OPEN:
        return
    locked.status = AttemptStatus.ABANDONED.value
    locked.settled_at = now
    locked.save(update_fields=["status", "settled_at"])
    jobs.cancel([locked.enquiry_key])
    intent.status = _next(intent, Move.CONFIRM_AGAIN)
    intent.authentication_id = locked.id
    intent.save(update_fields=["status", "authentication_id"])


def _find(attempt_id: str) -> Attempt | None:
    """Return the attempt, if its customer was ever sent to a challenge."""
    found = Attempt.objects.select_related("payment_intent", "setup_intent")
    return found.filter(pk=attempt_id, kind__in=("charge", "setup")).first()


def _subject(attempt: Attempt) -> Subject:
    subject = attempt.payment_intent or attempt.setup_intent
    assert subject is not None
    return subject


def _next(subject: Subject, move: Move) -> str:
    status = Status(subject.status)
    if isinstance(subject, PaymentIntent):
        return domain.next_status(status, move).value
    return domain.next_setup_status(status, move).value


def _way_back(subject: Subject) -> str | None:
    """Return the merchant's address, with what became of it; None: they named none."""
    if subject.return_url is None:
        return None
    name = "payment_intent" if isinstance(subject, PaymentIntent) else "setup_intent"
    if subject.status in _SUCCEEDED:
        said = "succeeded"
    else:
        said = "pending" if subject.status in _UNDECIDED else "failed"
    added = urlencode(
        {
            name: subject.id,
            f"{name}_client_secret": subject.client_secret,
            "redirect_status": said,
        }
    )
    parts = urlsplit(subject.return_url)
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))
