"""Any sequence of calls, notifications, faults, deaths and days: the rules of the machine."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from apps.payments.models import Attempt, Charge, Dispute
from tests.payments.shop import DAY, Shop
from tests.payments.world import DEATHS

CARDS = (
    *("visa", "visa", "visa", "bypassPending", "chargeDeclined", "chargeCustomerFail"),
    *("authenticationRequired", "threeDSecureRequiredChargeDeclined", "threeDSecureOptional"),
    *("createDispute", "createDisputeInquiry", "pendingRefund", "refundFail"),
)
AMOUNTS = st.integers(1, 20_000)
SHARES = st.integers(1, 130)  # percent: sometimes more than there is
SECOND = timedelta(seconds=1)
TIMES = st.sampled_from([SECOND, 30 * SECOND, 120 * SECOND, 3_600 * SECOND, DAY, 8 * DAY, 21 * DAY])
TEXTS = st.sampled_from(
    ["winning_evidence", "losing_evidence", "escalate_inquiry_evidence", "Look at the photo."]
)
NOTIFY = st.fixed_dictionaries(
    {},
    optional={
        "copies": st.integers(1, 3),
        "delay_s": st.sampled_from([0, 5, 100_000]),
        "lost": st.just(True),
        "order": st.just("reversed"),
    },
).filter(bool)
LATER = {
    "charge": ("dispute", "inquiry", "settled", "late_decline"),
    "capture": ("dispute", "inquiry"),
    "refund": ("refund_succeeded", "refund_failed"),
}
OUTCOMES = {
    "charge": ("approve", "decline", "pending", "action"),
    "capture": ("approve", "decline"),
    "increment": ("approve", "decline"),
    "cancel": ("decline",),
    "refund": ("approve", "decline", "pending"),
    "enquire": (),
}


@st.composite
def steps(draw: Callable[..., Any], on: str = "") -> dict[str, Any]:
    """Draw a step of a scenario: something that goes otherwise than one would like."""
    on = on or draw(st.sampled_from(sorted(OUTCOMES)))
    step: dict[str, Any] = {"on": on, "nth": 1}
    faults = ["timeout_before", "timeout_after", "unavailable"]
    if on == "enquire":
        return {**step, "fault": draw(st.sampled_from(faults))}
    if draw(st.booleans()):
        step["fault"] = draw(st.sampled_from(faults))
    if draw(st.booleans()):
        step["outcome"] = draw(st.sampled_from(OUTCOMES[on]))
    if draw(st.booleans()):
        step["notify"] = draw(NOTIFY)
    if on in LATER and step.get("outcome") != "decline" and draw(st.booleans()):
        happens = draw(st.lists(st.sampled_from(LATER[on]), min_size=1, max_size=2))
        after = st.sampled_from(["0s", "10s", "3d"])
        step["later"] = [{"after": draw(after), "happens": one} for one in happens]
    return step


class Trade(Shop):
    """What merchants and payers do."""

    @initialize(cards=st.lists(st.sampled_from(CARDS), min_size=1, max_size=3))
    def begin(self, cards: list[str]) -> None:
        """Open with some payments."""
        for place, card in enumerate(cards):
            self.pay(card=card, amount=10_000, is_manual=place % 2 == 1, by_hand=False)

    @rule(
        card=st.sampled_from(CARDS), amount=AMOUNTS, is_manual=st.booleans(), by_hand=st.booleans()
    )
    def pay(self, card: str, amount: int, is_manual: bool, by_hand: bool) -> None:
        """Create and confirm a payment."""
        self.call(
            "payment_intents",
            {
                "amount": amount,
                "currency": "usd",
                "payment_method": f"pm_card_{card}",
                "capture_method": "manual" if is_manual else "automatic",
                "confirmation_method": "manual" if by_hand else "automatic",
                "confirm": True,
            },
        )

    @precondition(lambda self: self.intents)
    @rule(number=st.integers(0, 50), card=st.sampled_from(CARDS))
    def confirm(self, number: int, card: str) -> None:
        """Confirm a payment again, with another card."""
        self.call(f"{self.pick(number)}/confirm", {"payment_method": f"pm_card_{card}"})

    @precondition(lambda self: self.intents)
    @rule(number=st.integers(0, 50))
    def confirm_as_it_is(self, number: int) -> None:
        """Confirm a payment again, with what it has."""
        self.call(f"{self.pick(number)}/confirm", {})

    @precondition(lambda self: self.intents)
    @rule(number=st.integers(0, 50), share=SHARES)
    def capture(self, number: int, share: int) -> None:
        """Capture some of a payment."""
        self.call(f"{self.pick(number)}/capture", {"amount_to_capture": self.part(number, share)})

    @precondition(lambda self: self.intents)
    @rule(number=st.integers(0, 50), share=SHARES)
    def increment(self, number: int, share: int) -> None:
        """Raise what is authorised."""
        more = self.part(number, 100) + self.part(number, share)
        self.call(f"{self.pick(number)}/increment_authorization", {"amount": more})

    @precondition(lambda self: self.intents)
    @rule(number=st.integers(0, 50))
    def cancel(self, number: int) -> None:
        """Cancel a payment."""
        self.call(f"{self.pick(number)}/cancel", {})

    @precondition(lambda self: self.intents)
    @rule(number=st.integers(0, 50), share=SHARES)
    def refund(self, number: int, share: int) -> None:
        """Refund some of a payment."""
        intent = self.intents[number % len(self.intents)]
        self.call("refunds", {"payment_intent": intent, "amount": self.part(number, share)})

    @precondition(lambda self: Attempt.objects.filter(status="acting").exists())
    @rule(number=st.integers(0, 50), is_passed=st.booleans())
    def answer_challenge(self, number: int, is_passed: bool) -> None:
        """The payer answers a challenge, be it one of long ago."""
        asked = Attempt.objects.filter(kind="charge").order_by("-id")
        found = list(asked.values_list("id", flat=True)[:5])
        self.world.answer_challenge(found[number % len(found)], is_passed=is_passed)
        self.tally["challenges"] += 1

    def answer_newest_challenge(self, *, is_passed: bool) -> None:
        """The payer answers the newest challenge, if there is one."""
        asked = Attempt.objects.filter(status="acting").order_by("-id").first()
        if asked is not None:
            self.world.answer_challenge(asked.id, is_passed=is_passed)
            self.tally["challenges"] += 1

    @precondition(lambda self: Dispute.objects.exists())
    @rule(number=st.integers(0, 50), text=TEXTS, is_handed_in=st.booleans())
    def contest(self, number: int, text: str, is_handed_in: bool) -> None:
        """Answer a dispute."""
        evidence = {"uncategorized_text": text}
        self.call(self.pick_dispute(number), {"evidence": evidence, "submit": is_handed_in})

    @precondition(lambda self: Dispute.objects.exists())
    @rule(number=st.integers(0, 50))
    def close_dispute(self, number: int) -> None:
        """Give a dispute up."""
        self.call(f"{self.pick_dispute(number)}/close", {})


class PaymentMachine(Trade):
    """What else may happen: time, deaths, faults, and what the processor tells."""

    @rule(death=st.sampled_from(DEATHS))
    def die_at(self, death: tuple[str, str]) -> None:
        """Let the next process die that comes by there."""
        self.world.death = death

    @rule(death=st.sampled_from(DEATHS), card=st.sampled_from(CARDS), is_manual=st.booleans())
    def die_while_paying(self, death: tuple[str, str], card: str, is_manual: bool) -> None:
        """Let a process die that takes a payment."""
        self.world.death = death
        self.pay(card=card, amount=10_000, is_manual=is_manual, by_hand=False)

    @rule(death=st.sampled_from(DEATHS), is_passed=st.booleans(), by_hand=st.booleans())
    def die_in_the_challenge(self, death: tuple[str, str], is_passed: bool, by_hand: bool) -> None:
        """Let a process die that carries on with a challenge."""
        self.world.death = None
        self.pay(card="authenticationRequired", amount=9_000, is_manual=False, by_hand=by_hand)
        self.world.death = death
        self.answer_newest_challenge(is_passed=is_passed)

    @rule(script=st.lists(steps(), min_size=1, max_size=3))
    def misbehave(self, script: list[dict[str, Any]]) -> None:
        """Let the processor misbehave a few times."""
        self.api.post("test_helpers/scenarios", {"name": "at random", "steps": script})

    @rule(step=steps(on="charge"), is_manual=st.booleans())
    def pay_by_script(self, step: dict[str, Any], is_manual: bool) -> None:
        """Pay where the processor misbehaves."""
        self.misbehave(script=[step])
        self.pay(card="visa", amount=10_000, is_manual=is_manual, by_hand=False)

    @precondition(lambda self: Charge.objects.filter(is_captured=True).exists())
    @rule(step=steps(on="refund"), share=SHARES)
    def refund_by_script(self, step: dict[str, Any], share: int) -> None:
        """Refund where the processor misbehaves."""
        self.misbehave(script=[step])
        charge = Charge.objects.filter(is_captured=True).order_by("-id").first()
        assert charge is not None
        amount = max(1, charge.amount_captured_minor * share // 200)
        self.call("refunds", {"charge": charge.id, "amount": amount})

    @rule(duration=TIMES)
    def let_pass(self, duration: timedelta) -> None:
        """Let time pass, with all that is due."""
        self.world.let_pass(duration)

    @rule(duration=TIMES)
    def hear_nothing(self, duration: timedelta) -> None:
        """Let time pass in which all that the processor tells is lost."""
        self.world.is_deaf = True
        self.world.let_pass(duration)
        self.world.is_deaf = False

    @rule()
    def repeat_notifications(self) -> None:
        """Tell everything again, the newest first."""
        self.world.repeat_notifications()

    @precondition(lambda self: self.unanswered)
    @rule(number=st.integers(0, 50))
    def retry(self, number: int) -> None:
        """Send again what got no answer, under the same key."""
        path, params, key = self.unanswered.pop(number % len(self.unanswered))
        self.call(path, params, key=key)
        self.tally["retries"] += 1

    @precondition(lambda self: self.answered)
    @rule(number=st.integers(0, 50))
    def replay(self, number: int) -> None:
        """Send again what was answered: the answer is the same, byte for byte, for a day."""
        path, params, key, body = self.answered[number % len(self.answered)]
        self.world.death = None
        answer = self.world.post(path, params, key=key)
        assert answer is not None
        assert answer.body == body

    @precondition(lambda self: self.calls > self.settled_at + 8)
    @rule()
    def settle(self) -> None:
        """Let everything come to an end, and compare."""
        self.let_settle()
