"""Outcomes of setting a payment method up for later payments: no money moves."""

from datetime import datetime
from typing import Any

from apps.api import registry
from apps.core.errors import DomainError
from apps.events import services as events
from apps.payments import domain
from apps.payments.domain import Answer, AttemptStatus, Move, Status
from apps.payments.models import Attempt, PaymentMethod, SetupAttempt, SetupIntent
from apps.payments.services import mandates
from apps.payments.services.recording import actions


def lock(attempt: Attempt) -> Attempt:
    """Read the attempt again, with the SetupIntent, and lock both."""
    return (
        # The intent first, as whoever gives an attempt up holds the intent when they do.
        Attempt.objects.select_for_update(of=("setup_intent", "self"), no_key=True)
        .select_related("setup_intent__payment_method", "setup_intent__latest_attempt")
        # This makes the join an inner one: the outer side of a join cannot be locked.
        .filter(setup_intent__account_id=attempt.account_id)
        .get(pk=attempt.pk)
    )


def approve(attempt: Attempt, *, answer: Answer, now: datetime) -> SetupIntent:
    """The payment method is set up: it is kept for the customer, and may be charged later."""
    intent, tried = _subject(attempt)
    method = tried.payment_method
    method.authenticated_at = now
    method.save(update_fields=["authenticated_at"])
    _settle(intent, Move.APPROVE)
    intent.last_setup_error = None
    activated = mandates.activate(intent)
    intent.save()
    _end(tried, "succeeded", answer=answer)
    events.record(
        [events.Change("setup_intent.succeeded", intent), *_attach(intent, method), *activated],
        cancel=[attempt.enquiry_key],
    )
    return intent


def decline(attempt: Attempt, *, answer: Answer, **_: object) -> DomainError:
    """The payment method cannot be set up, or its owner did not prove who they are.

    :returns: what the caller is told, once this has committed.
    """
    intent, tried = _subject(attempt)
    is_of_customer = answer.code in domain.NOT_PROVEN
    is_challenge = answer.code == domain.AUTHENTICATION_FAILED
    error = {
        "code": domain.SETUP_AUTHENTICATION_FAILED if is_challenge else answer.code,
        "decline_code": answer.decline_code or None,
        "message": answer.message,
        "payment_method": registry.render(tried.payment_method),
        "type": "invalid_request_error" if is_of_customer else "card_error",
    }
    _settle(intent, Move.DECLINE)
    intent.last_setup_error = error
    intent.payment_method = None
    dropped = mandates.drop(intent)
    intent.save()
    tried.setup_error = error
    _end(tried, "failed", answer=answer)
    events.record(
        [events.Change("setup_intent.setup_failed", intent), *dropped],
        cancel=[attempt.enquiry_key],
    )
    return _refusal(intent)


def ask(attempt: Attempt, *, answer: Answer, **_: object) -> SetupIntent:
    """Ask the customer to prove who they are."""
    intent, tried = _subject(attempt)
    if intent.status == Status.PROCESSING:
        _move(intent, Move.ASK)
    intent.next_action = actions.next_action(attempt, return_url=intent.return_url)
    intent.save()
    _end(tried, "requires_action", answer=answer)
    events.record([events.Change("setup_intent.requires_action", intent)])
    return intent


def outcome(attempt: Attempt) -> SetupIntent | DomainError:
    """Return the SetupIntent as it is, or what is said of an attempt that failed."""
    assert attempt.setup_intent is not None
    if attempt.status != AttemptStatus.FAILED:
        return attempt.setup_intent
    return _refusal(attempt.setup_intent)


def _refusal(intent: SetupIntent) -> DomainError:
    said: dict[str, Any] = intent.last_setup_error or {}
    # The object and not what was kept of it: a browser sees less of it than the merchant.
    method = PaymentMethod.objects.filter(pk=said.get("payment_method", {}).get("id")).first()
    return domain.CardDeclined(
        said.get("message") or "Your card was declined.",
        code=said.get("code"),
        decline_code=said.get("decline_code"),
        setup_intent=intent,
        payment_method=method,
    )


def _subject(attempt: Attempt) -> tuple[SetupIntent, SetupAttempt]:
    """Return the SetupIntent of an attempt, and how the attempt is shown."""
    assert attempt.setup_intent is not None
    tried = SetupAttempt.objects.select_related("payment_method").get(attempt_reference=attempt.id)
    return attempt.setup_intent, tried


def _end(tried: SetupAttempt, status: str, *, answer: Answer) -> None:
    """Note on the SetupAttempt how it ended, and what the processor tells of it."""
    tried.status = status
    kind = tried.payment_method.type
    shown = tried.payment_method_details.get(kind, {})
    if "three_d_secure" in answer.network:
        shown = {**shown, "three_d_secure": answer.network["three_d_secure"]}
    tried.payment_method_details = {**tried.payment_method_details, kind: shown}
    tried.save(update_fields=["status", "setup_error", "payment_method_details"])


def _attach(intent: SetupIntent, method: PaymentMethod) -> list[events.Change]:
    """Attach the payment method to the customer; one that is attached meanwhile stays where it is.

    Without a customer it stays nobody's.
    """
    free = PaymentMethod.objects.filter(pk=method.pk, customer=None, detached_at=None)
    if intent.customer_id is None or not free.update(customer=intent.customer_id):
        return []
    method.customer_id = intent.customer_id
    return [events.Change("payment_method.attached", method)]


def _settle(intent: SetupIntent, towards: Move) -> None:
    """Set the status that an outcome leads to; nothing is asked of the customer any more."""
    if intent.status == Status.REQUIRES_ACTION:
        _move(intent, Move.ANSWER)
    intent.next_action = None
    _move(intent, towards)


def _move(intent: SetupIntent, towards: Move) -> None:
    intent.status = domain.next_setup_status(Status(intent.status), towards).value
