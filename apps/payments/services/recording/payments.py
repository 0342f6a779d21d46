"""What all outcomes of a payment have in common: its rows are locked, its status moves."""

from apps.core.prepared import Prepared
from apps.payments import domain
from apps.payments.domain import Move, Status
from apps.payments.models import Attempt, PaymentIntent

# Prepared: every payment runs it, and it has more columns than any other query.
_LOCK = Prepared(
    lambda **given: (
        # The intent first, as whoever gives an attempt up holds the intent when they do.
        Attempt.objects.select_for_update(of=("payment_intent", "self"), no_key=True)
        .select_related("payment_intent__payment_method", "payment_intent__latest_charge")
        # This makes the join an inner one: the outer side of a join cannot be locked.
        .filter(payment_intent__account_id=given["account"], pk=given["attempt"])
    ),
    "account",
    "attempt",
)


def lock(attempt: Attempt) -> Attempt:
    """Read the attempt again, with the intent and its charge, and lock attempt and intent."""
    return _LOCK.get(account=attempt.account_id, attempt=attempt.pk)


def intent_of(attempt: Attempt) -> PaymentIntent:
    """Return the intent of an attempt that has one."""
    assert attempt.payment_intent is not None
    return attempt.payment_intent


def settle(intent: PaymentIntent, *, towards: Move) -> None:
    """Set the status that an outcome leads to; nothing is asked of the customer any more."""
    if intent.status == Status.REQUIRES_ACTION:
        move(intent, towards=Move.ANSWER)
    intent.next_action = None
    move(intent, towards=towards)


def move(intent: PaymentIntent, *, towards: Move) -> None:
    """Set the status that `towards` leads to."""
    intent.status = domain.next_status(Status(intent.status), towards).value
