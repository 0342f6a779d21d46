"""The customer has to do something first: prove who they are, mostly."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from apps.core import clock
from apps.core.errors import DomainError
from apps.events import services as events
from apps.payments import domain
from apps.payments.domain import Answer, AttemptStatus, Move, accounts
from apps.payments.models import Attempt, PaymentIntent
from apps.payments.services import challenge_links
from apps.payments.services.recording import cash, charges
from apps.payments.services.recording.payments import intent_of, move

# What is said where nobody may be asked.
REQUIRED: Final = Answer(
    domain.Outcome.DECLINED,
    code="authentication_required",
    decline_code="authentication_required",
    message="Your card was declined: this payment requires authentication.",
)


# The same for what else a customer would have to do, by the `type` of the action.
_REFUSALS: Final[Mapping[str, Answer]] = {
    "bank_transfer": Answer(
        domain.Outcome.DECLINED,
        code="payment_intent_action_required",
        message="The customer would have to transfer the money, and may not be asked to.",
    ),
    "microdeposits": Answer(
        domain.Outcome.DECLINED,
        code="bank_account_unverified",
        message="This bank account is not verified, and its owner may not be asked to.",
    ),
}


def next_action(attempt: Attempt, *, return_url: str | None) -> dict[str, Any]:
    """Return the `next_action` of the intent whose customer has to do `attempt.action`."""
    assert attempt.action is not None
    return _NEXT_ACTIONS[attempt.action["type"]](attempt, return_url)


def ask(attempt: Attempt, *, now: datetime, **_: object) -> PaymentIntent | DomainError:
    """Ask the customer of a payment to act; where nobody may be asked, the payment is declined."""
    assert attempt.action is not None
    kind = attempt.action["type"]
    if kind == "bank_transfer" and cash.is_enough(attempt):
        return cash.pay(attempt, now=now)
    if not attempt.details.get("may_ask", True):
        refusal = _REFUSALS.get(kind, REQUIRED)
        attempt.status, attempt.code = AttemptStatus.FAILED.value, refusal.code
        attempt.action, attempt.settled_at = None, now
        attempt.save(update_fields=["status", "code", "action", "settled_at"])
        return charges.decline(attempt, answer=refusal, now=now)
    if kind == "bank_transfer":
        return cash.wait(attempt, now=now)
    intent = intent_of(attempt)
    if intent.status == domain.Status.PROCESSING:
        move(intent, towards=Move.ASK)
    intent.next_action = next_action(attempt, return_url=intent.return_url)
    intent.save()
    events.record([events.Change("payment_intent.requires_action", intent)])
    return intent


def _redirect(attempt: Attempt, return_url: str | None) -> dict[str, Any]:
    """Send the customer to the challenge; without a way back, by the merchant's own script."""
    url = challenge_links.make_url(attempt.id)
    if return_url is not None and not attempt.details.get("use_stripe_sdk"):
        return {
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": return_url, "url": url},
        }
    return {
        "type": "use_stripe_sdk",
        "use_stripe_sdk": {
            "source": attempt.id,
            "stripe_js": url,
            "type": "three_d_secure_redirect",
        },
    }


def _verify_deposits(attempt: Attempt, _return_url: str | None) -> dict[str, Any]:
    """Let the customer tell what small amounts arrive in their account, so that it is theirs."""
    return {
        "type": "verify_with_microdeposits",
        "verify_with_microdeposits": {
            "arrival_date": clock.to_unix(attempt.created_at + accounts.DEPOSITS_ARRIVE_AFTER),
            "hosted_verification_url": challenge_links.make_url(
                attempt.id, page=challenge_links.DEPOSITS
            ),
            "microdeposit_type": "descriptor_code",
        },
    }


# By the `type` of the action that the processor asks for.
_NEXT_ACTIONS: Final[Mapping[str, Callable[[Attempt, str | None], dict[str, Any]]]] = {
    "microdeposits": _verify_deposits,
    "redirect": _redirect,
}
