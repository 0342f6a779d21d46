"""Micro-deposits: small amounts in a bank account, which only its owner can tell.

Claim, call, record, as for a challenge: the claim judges what was told and takes the attempt from
whoever might give it up, the processor is told how the customer did, and the enquiry records what
it makes of that.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from apps.api.params import InvalidParameter
from apps.core import context
from apps.core.errors import DomainError, Invalid
from apps.core.use_cases import use_case
from apps.payments import domain, queries
from apps.payments.domain import AttemptStatus, accounts
from apps.payments.models import Attempt, PaymentIntent, PaymentMethod, SetupIntent
from apps.payments.processors import simulator
from apps.payments.processors.banks import BY_TOKEN, Deposits, tell_deposits
from apps.payments.services import attempts, challenges, recording

Subject = PaymentIntent | SetupIntent
AMOUNTS: Final = 2
_CODES: Final = {
    Deposits.EXHAUSTED: domain.DEPOSITS_EXCEEDED,
    Deposits.TIMED_OUT: domain.DEPOSITS_TIMED_OUT,
}


class DepositsRefused(Invalid):
    """What was told of the micro-deposits is not true, or comes too late."""

    code = "payment_method_microdeposit_failed"


@dataclass(frozen=True, slots=True)
class _Judged:
    """An attempt that goes on.

    :ivar code: why its payment method cannot be used; empty: it is verified.
    """

    attempt: Attempt
    code: str


def verify_payment_intent(*, intent_id: str, given: dict[str, Any], now: datetime) -> PaymentIntent:
    """Verify the bank account of a payment, which then is debited.

    :param given: `amounts` or `descriptor_code`.
    :raises DepositsRefused: they are wrong; after three times, another payment method is needed.
    :raises IllegalMove: the payment does not wait for it.
    """
    intent = _verified(queries.get_payment_intent(intent_id), given, now=now)
    assert isinstance(intent, PaymentIntent)
    return intent


def verify_setup_intent(*, intent_id: str, given: dict[str, Any], now: datetime) -> SetupIntent:
    """Verify the bank account that is set up. See `verify_payment_intent`."""
    intent = _verified(queries.get_setup_intent(intent_id), given, now=now)
    assert isinstance(intent, SetupIntent)
    return intent


def find_deposits(attempt_id: str) -> PaymentMethod | None:
    """Return the account that a customer is asked to verify by an attempt; None: they are not."""
    waiting = _waiting().select_related("payment_intent", "setup_intent").filter(pk=attempt_id)
    attempt = waiting.first()
    return None if attempt is None else _method_of(attempt)


def verify_attempt(*, attempt_id: str, given: dict[str, Any], now: datetime) -> None:
    """Verify the bank account of whatever an attempt is about.

    :raises DepositsRefused: see `verify_payment_intent`.
    """
    attempt = _waiting().select_related("payment_intent", "setup_intent").get(pk=attempt_id)
    subject = attempt.payment_intent or attempt.setup_intent
    assert subject is not None
    _verified(subject, given, now=now)


def _verified(subject: Subject, given: dict[str, Any], *, now: datetime) -> Subject:
    """Carry out what was told, and return what became of `subject`."""
    told = _judge(given)
    mismatch = "amounts_mismatch" if "amounts" in given else "descriptor_code_mismatch"
    judged = _claim(subject, told=told, mismatch=mismatch, now=now)
    if isinstance(judged, DomainError):
        raise judged
    simulator.authenticate(
        judged.attempt.id, is_passed=not judged.code, failed_with=judged.code, now=now
    )
    attempts.enquire(attempt_id=judged.attempt.id, now=now)
    result = _outcome(subject)
    if isinstance(result, DomainError):
        raise result
    return result


def _judge(given: dict[str, Any]) -> Deposits:
    """Return what the parameters come to.

    :raises InvalidParameter: neither is given, or both, or not two amounts.
    """
    amounts, code = given.get("amounts"), given.get("descriptor_code")
    if (amounts is None) == (code is None):
        raise InvalidParameter(
            "Tell either the two amounts or the descriptor_code.",
            code="parameter_missing" if amounts is None else None,
            param="amounts",
        )
    if amounts is not None and len(amounts) != AMOUNTS:
        raise InvalidParameter(
            "Tell the two amounts.",
            code="payment_method_microdeposit_verification_amounts_invalid",
            param="amounts",
        )
    return tell_deposits(amounts=tuple(amounts or ()), descriptor_code=code or "")


@transaction.atomic(durable=True)
def _claim(
    subject: Subject, *, told: Deposits, mismatch: str, now: datetime
) -> _Judged | DomainError:
    """Count what was told wrong; take the attempt once it is right, or wrong for the last time.

    :param mismatch: what the refusal calls it when it is wrong.
    :returns: the attempt; or the refusal, which is kept with the count.
    :raises DepositsRefused: nobody waits for it.
    """
    found = _waiting().filter(**{_name(subject): subject.pk}).first()
    attempt = None if found is None else recording.lock(found)
    if attempt is None or attempt.status != AttemptStatus.ACTING:
        raise _not_waiting(subject)
    method = _method_of(attempt, for_update=True)
    # A process may have died between the last wrong answer and what follows from it.
    is_exhausted = method.verification_failures >= accounts.DEPOSIT_TRIES
    is_right = told is Deposits.VERIFIED and BY_TOKEN[method.token].is_deposited
    if is_right and not is_exhausted:
        method.verified_at = now
        method.save(update_fields=["verified_at"])
        challenges.take(attempt, now=now)
        return _Judged(attempt, code="")
    is_over = told in _CODES or method.verification_failures + 1 >= accounts.DEPOSIT_TRIES
    method.verification_failures = (
        accounts.DEPOSIT_TRIES if is_over else method.verification_failures + 1
    )
    method.save(update_fields=["verification_failures"])
    if is_over:
        challenges.take(attempt, now=now)
        return _Judged(attempt, code=_CODES.get(told, domain.DEPOSITS_EXCEEDED))
    refusal = DepositsRefused(
        "That is not what arrived in the account. Look again, and tell it once more.",
        code=f"payment_method_microdeposit_verification_{mismatch}",
    )
    settle = context.current().settle
    if settle is not None:
        # The same request again is the same try.
        settle(refusal)
    return refusal


@use_case
def _outcome(subject: Subject) -> Subject | DomainError:
    """Return what became of it, to be answered."""
    subject.refresh_from_db()
    if isinstance(subject, PaymentIntent):
        error = subject.last_payment_error
        shown: dict[str, Any] = {"payment_intent": subject}
    else:
        error, shown = subject.last_setup_error, {"setup_intent": subject}
    if error is None:
        return subject
    return DepositsRefused(error["message"], code=error["code"], **shown)


def _waiting() -> QuerySet[Attempt]:
    """Return the attempts that wait for micro-deposits to be told."""
    return Attempt.objects.owned().filter(
        status=AttemptStatus.ACTING.value, action__type="microdeposits"
    )


def _name(subject: Subject) -> str:
    return "payment_intent" if isinstance(subject, PaymentIntent) else "setup_intent"


def _method_of(attempt: Attempt, *, for_update: bool = False) -> PaymentMethod:
    rows = PaymentMethod.objects.all()
    if for_update:
        rows = rows.select_for_update(no_key=True)
    return rows.get(pk=attempt.details["context"]["payment_method"])


def _not_waiting(subject: Subject) -> DomainError:
    said = f"does not wait for micro-deposits to be verified: its status is {subject.status}."
    if isinstance(subject, PaymentIntent):
        return domain.IllegalMove(f"This PaymentIntent {said}", payment_intent=subject)
    return domain.IllegalSetupMove(f"This SetupIntent {said}", setup_intent=subject)
