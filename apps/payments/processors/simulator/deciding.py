"""What the simulator says of an order: from the order and the behaviour alone. Pure.

The same order ends the same way every time; what looks like chance is read off its reference.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from apps.payments import domain
from apps.payments.domain import Answer, AttemptKind, Order, Outcome
from apps.payments.processors import banks, cards
from apps.payments.processors.behaviours import Behaviour, Challenge

# A payer who has not done by then what was asked of them has failed to. Micro-deposits take days
# to arrive; a bank transfer may come whenever.
OPEN_FOR: Final = {"redirect": timedelta(hours=24), "microdeposits": timedelta(days=10)}
# The code of everything that no processor would do, whoever asks.
REFUSED: Final = "simulator_refused"
SCORES: Final = {"normal": 12, "elevated": 66, "highest": 88}


def behaviour_of(token: str) -> Behaviour:
    """Return how the simulator treats what `token` names; what it does not know, it approves."""
    known = cards.BY_KEY.get(token) or banks.BY_TOKEN.get(token)
    return known.behaviour if known is not None else Behaviour()


def token_of(payment_method_id: str) -> str | None:
    """Return what an id that is there in every sandbox (`pm_card_visa`) names; None: no such."""
    if (card := cards.by_payment_method_id(payment_method_id)) is not None:
        return card.key
    account = banks.by_payment_method_id(payment_method_id)
    return None if account is None else account.token


def decide(order: Order, behaviour: Behaviour, *, now: datetime) -> Answer:
    """Return the answer to an order of kind `charge` or `setup`."""
    if order.method_type == "customer_balance":
        return Answer(Outcome.ACTION, action={"type": "bank_transfer"})
    if order.method_type == banks.US and not order.is_authenticated:
        return Answer(Outcome.ACTION, action={"type": "microdeposits"})
    if is_challenged(order, behaviour):
        if order.off_session:
            return decline("authentication_required", "authentication_required")
        return Answer(Outcome.ACTION, action={"type": "redirect", "token": order.reference})
    return decide_authenticated(order.kind, behaviour, capture=order.capture, now=now)


def decide_authenticated(
    kind: AttemptKind, behaviour: Behaviour, *, capture: bool, now: datetime
) -> Answer:
    """Return the answer once nobody has to prove anything any more."""
    if behaviour.code:
        return decline(behaviour.code, behaviour.decline_code)
    if behaviour.is_pending and kind == AttemptKind.CHARGE:
        return Answer(Outcome.PENDING)
    return Answer(
        Outcome.APPROVED,
        available_at_once=behaviour.available_at_once,
        capture_before=None if capture else now + domain.AUTHORISED_FOR,
    )


def is_challenged(order: Order, behaviour: Behaviour) -> bool:
    """Return whether the payer has to prove by 3-D Secure that it is them."""
    if order.method_type != "card":
        return False
    match behaviour.challenge:
        case Challenge.NEVER:
            return False
        case Challenge.ON_REQUEST:
            return order.request_three_d_secure != "automatic" and not order.off_session
        case Challenge.UNLESS_SET_UP:
            return not (order.off_session and order.is_authenticated)
        case Challenge.ALWAYS:
            return True


def is_too_late(action: Mapping[str, Any], *, asked_at: datetime, now: datetime) -> bool:
    """Return whether a payer was asked so long ago that they will not act any more."""
    open_for = OPEN_FOR.get(action.get("type", ""))
    return open_for is not None and now >= asked_at + open_for


def decline(code: str, decline_code: str = "") -> Answer:
    """Return a decline, with the message that goes with it."""
    word = decline_code or code
    message = cards.MESSAGES.get(word) or banks.MESSAGES.get(word, "")
    return Answer(Outcome.DECLINED, code=code, decline_code=decline_code, message=message)


def refuse(why: str) -> Answer:
    """Return what is said to an order that makes no sense: the caller's books are wrong."""
    return Answer(Outcome.DECLINED, code=REFUSED, message=why)


def with_network(
    answer: Answer, *, reference: str, behaviour: Behaviour, is_authenticated: bool
) -> Answer:
    """Return the answer with what a network tells of a payment that it has taken on."""
    if answer.outcome not in (Outcome.APPROVED, Outcome.PENDING):
        return answer
    return replace(
        answer,
        network=network(
            reference, risk_level=behaviour.risk_level, is_authenticated=is_authenticated
        ),
    )


def network(reference: str, *, risk_level: str, is_authenticated: bool) -> dict[str, Any]:
    """Return what a network tells of a payment."""
    digest = hashlib.sha256(reference.encode()).hexdigest()
    told: dict[str, Any] = {
        "authorization_code": f"{int(digest[:8], 16) % 1_000_000:06}",
        "network_transaction_id": f"{int(digest[8:24], 16) % 10**15:015}",
        "risk": {"level": risk_level, "score": SCORES[risk_level]},
    }
    if is_authenticated:
        told["three_d_secure"] = {
            "authentication_flow": "challenge",
            "electronic_commerce_indicator": "05",
            "exemption_indicator": None,
            "result": "authenticated",
            "result_reason": None,
            "transaction_id": f"{digest[24:32]}-{digest[32:36]}-4{digest[37:40]}-8{digest[41:44]}"
            f"-{digest[44:56]}",
            "version": "2.2.0",
        }
    return told
