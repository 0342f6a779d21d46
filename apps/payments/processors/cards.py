"""The published test cards: their ids, tokens and numbers, and how the simulator treats them.

Numbers and names are the public ones of the wire's test mode, so that existing tests run unchanged.
No other number is ever accepted, and none is stored: a payment method keeps the card's key, its
brand and its last four.
"""

from dataclasses import dataclass, field
from typing import Final

from apps.payments.processors.behaviours import MOMENT, Behaviour, Challenge, Happening, Later


@dataclass(frozen=True, slots=True)
class TestCard:
    """A card that exists in sandboxes only.

    :ivar key: names the card in `pm_card_<key>`, `tok_<key>` and in the simulator.
    :ivar behaviour: how orders end that are about it.
    :ivar attaches: whether it can be attached to a customer.
    """

    key: str
    number: str
    brand: str = "visa"
    behaviour: Behaviour = field(default_factory=Behaviour)
    attaches: bool = True

    @property
    def last4(self) -> str:
        """Return the digits that may be shown."""
        return self.number[-4:]

    @property
    def code(self) -> str:
        """Return the `code` with which it is declined; empty if it is approved."""
        return self.behaviour.code

    @property
    def decline_code(self) -> str:
        """Return the issuer's reason for a decline."""
        return self.behaviour.decline_code

    @property
    def available_at_once(self) -> bool:
        """Return whether its money can be paid out at once."""
        return self.behaviour.available_at_once


def _declined(key: str, number: str, decline_code: str, code: str = "card_declined") -> TestCard:
    behaviour = Behaviour(code=code, decline_code=decline_code)
    return TestCard(key, number, behaviour=behaviour, attaches=False)


def _challenged(
    key: str, number: str, challenge: Challenge = Challenge.ALWAYS, *, decline_code: str = ""
) -> TestCard:
    """Return a card whose owner has to authenticate; with a code, it is declined after that."""
    code = "card_declined" if decline_code else ""
    behaviour = Behaviour(code=code, decline_code=decline_code, challenge=challenge)
    return TestCard(key, number, behaviour=behaviour)


def _disputed(key: str, number: str, reason: str, happens: Happening) -> TestCard:
    return TestCard(
        key, number, behaviour=Behaviour(later=(Later(happens, MOMENT, reason=reason),))
    )


CARDS: Final = (
    TestCard("visa", "4242424242424242"),
    TestCard("visa_debit", "4000056655665556"),
    TestCard("mastercard", "5555555555554444", brand="mastercard"),
    TestCard("mastercard_debit", "5200828282828210", brand="mastercard"),
    TestCard("mastercard_prepaid", "5105105105105100", brand="mastercard"),
    TestCard("amex", "378282246310005", brand="amex"),
    TestCard("discover", "6011111111111117", brand="discover"),
    TestCard("diners", "3056930009020004", brand="diners"),
    TestCard("jcb", "3566002020360505", brand="jcb"),
    TestCard("unionpay", "6200000000000005", brand="unionpay"),
    TestCard("bypassPending", "4000000000000077", behaviour=Behaviour(available_at_once=True)),
    # Declined at once.
    _declined("visa_chargeDeclined", "4000000000000002", "generic_decline"),
    _declined("chargeDeclined", "4000000000000002", "generic_decline"),
    _declined("visa_chargeDeclinedInsufficientFunds", "4000000000009995", "insufficient_funds"),
    _declined("chargeDeclinedInsufficientFunds", "4000000000009995", "insufficient_funds"),
    _declined("visa_chargeDeclinedLostCard", "4000000000009987", "lost_card"),
    _declined("visa_chargeDeclinedStolenCard", "4000000000009979", "stolen_card"),
    _declined(
        "visa_chargeDeclinedVelocityLimitExceeded", "4000000000006975", "card_velocity_exceeded"
    ),
    _declined("chargeDeclinedExpiredCard", "4000000000000069", "expired_card", "expired_card"),
    _declined("chargeDeclinedIncorrectCvc", "4000000000000127", "incorrect_cvc", "incorrect_cvc"),
    _declined(
        "chargeDeclinedProcessingError", "4000000000000119", "processing_error", "processing_error"
    ),
    _declined("radarBlock", "4100000000000019", "fraudulent"),
    # Attached without a word, and declined when it is charged.
    TestCard(
        "chargeCustomerFail",
        "4000000000000341",
        behaviour=Behaviour(code="card_declined", decline_code="generic_decline"),
    ),
    # 3-D Secure.
    _challenged("authenticationRequired", "4000002760003184"),
    _challenged("authenticationRequiredOnSetup", "4000002500003155", Challenge.UNLESS_SET_UP),
    _challenged("threeDSecure2Required", "4000000000003220"),
    _challenged("threeDSecureRequired", "4000000000003063"),
    _challenged("threeDSecureOptional", "4000000000003055", Challenge.ON_REQUEST),
    _challenged(
        "threeDSecureRequiredChargeDeclined", "4000008400001629", decline_code="generic_decline"
    ),
    _challenged(
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "4000008260003178",
        decline_code="insufficient_funds",
    ),
    # Disputed after a moment.
    _disputed("createDispute", "4000000000000259", "fraudulent", Happening.DISPUTE),
    _disputed(
        "createDisputeProductNotReceived",
        "4000000000002685",
        "product_not_received",
        Happening.DISPUTE,
    ),
    _disputed("createDisputeInquiry", "4000000000001976", "fraudulent", Happening.INQUIRY),
    # Refunds that end later, and otherwise than they began.
    TestCard(
        "pendingRefund",
        "4000000000007726",
        behaviour=Behaviour(
            refund_is_pending=True,
            refund_later=(Later(Happening.REFUND_SUCCEEDED, MOMENT),),
        ),
    ),
    TestCard(
        "refundFail",
        "4000000000005126",
        behaviour=Behaviour(
            refund_later=(
                Later(Happening.REFUND_FAILED, MOMENT, reason="expired_or_canceled_card"),
            ),
        ),
    ),
    # What the assessment of risk says of them.
    TestCard("riskLevelElevated", "4000000000009235", behaviour=Behaviour(risk_level="elevated")),
    TestCard("riskLevelHighest", "4000000000004954", behaviour=Behaviour(risk_level="highest")),
)
MESSAGES: Final = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "lost_card": "Your card was declined.",
    "stolen_card": "Your card was declined.",
    "card_velocity_exceeded": "Your card has reached a limit and was declined.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "The card could not be processed. Try again in a little while.",
    "fraudulent": "Your card was declined.",
    "payment_intent_authentication_failure": "The card's bank could not confirm that it is you. "
    "Try again, or choose another way to pay.",
    "authentication_required": "Your card was declined: this payment requires authentication.",
}
# 4242424242424241 fails the Luhn check and is refused before any processor sees it.
INCORRECT_NUMBER: Final = "4242424242424241"

BY_KEY: Final = {card.key: card for card in CARDS}
# Several keys share a number; the first is the card.
BY_NUMBER: Final = {card.number: card for card in reversed(CARDS)}


def by_payment_method_id(payment_method_id: str) -> TestCard | None:
    """Return the card of an id like `pm_card_visa`."""
    return _by_name(payment_method_id, prefix="pm_card_")


def by_token(token: str) -> TestCard | None:
    """Return the card of a token like `tok_visa`."""
    return _by_name(token, prefix="tok_")


def _by_name(name: str, *, prefix: str) -> TestCard | None:
    return BY_KEY.get(name.removeprefix(prefix)) if name.startswith(prefix) else None
