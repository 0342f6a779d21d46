"""The published test cards: their ids, tokens and numbers, and how the simulator treats them.

Numbers and names are the public ones of the wire's test mode, so that existing tests run unchanged.
No other number is ever accepted, and none is stored: a payment method keeps the card's key, its
brand and its last four.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class TestCard:
    """A card that exists in sandboxes only.

    :ivar key: names the card in `pm_card_<key>`, `tok_<key>` and in the simulator.
    :ivar code: the `code` with which it is declined; empty if it is approved.
    :ivar attaches: whether it can be attached to a customer.
    """

    key: str
    number: str
    brand: str = "visa"
    code: str = ""
    decline_code: str = ""
    available_at_once: bool = False
    attaches: bool = True

    @property
    def last4(self) -> str:
        """Return the digits that may be shown."""
        return self.number[-4:]


def _declined(key: str, number: str, decline_code: str, code: str = "card_declined") -> TestCard:
    return TestCard(key, number, code=code, decline_code=decline_code, attaches=False)


CARDS: Final = (
    TestCard("visa", "4242424242424242"),
    TestCard("visa_debit", "4000056655665556"),
    TestCard("mastercard", "5555555555554444", brand="mastercard"),
    TestCard("mastercard_debit", "5200828282828210", brand="mastercard"),
    TestCard("amex", "378282246310005", brand="amex"),
    TestCard("bypassPending", "4000000000000077", available_at_once=True),
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
    TestCard(
        "chargeCustomerFail",
        "4000000000000341",
        code="card_declined",
        decline_code="generic_decline",
    ),
    # These ask for 3-D Secure. The simulator has no challenge page, so it answers as an issuer does
    # when the customer is not there: authentication is required, and the charge is declined.
    TestCard(
        "authenticationRequired",
        "4000002760003184",
        code="authentication_required",
        decline_code="authentication_required",
    ),
    TestCard(
        "threeDSecure2Required",
        "4000000000003220",
        code="authentication_required",
        decline_code="authentication_required",
    ),
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
