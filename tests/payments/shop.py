"""The shop that the payment machine drives, and what is true of it.

The truth is what the processor's own record says: `check_settled` compares our books with it, once
everything that was under way has come to an end; what is always true is looked at after each step.
"""

from collections import Counter
from datetime import timedelta
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine, invariant

from apps.core.context import Hosted
from apps.ledger import queries as ledger
from apps.payments.models import (
    Attempt,
    Charge,
    Dispute,
    PaymentIntent,
    Scenario,
    SimulatedOrder,
)
from apps.payments.processors import named
from tests.client import ApiClient
from tests.payments.world import START, World, opened

RECEIVABLE = "processor:sim:receivable"
DAY = timedelta(days=1)


class Shop(RuleBasedStateMachine):
    """A shop. `environment`, `api` and `tally` are set by whoever runs it."""

    environment: ClassVar[Hosted]
    api: ClassVar[ApiClient]
    tally: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.opened = opened(self.environment, self.api)
        self.world: World = self.opened.__enter__()
        self.calls = 0
        self.settled_at = 0
        self.intents: list[str] = []
        self.unanswered: list[tuple[str, dict[str, Any], str]] = []
        self.answered: list[tuple[str, dict[str, Any], str, bytes]] = []

    def teardown(self) -> None:
        """Let everything come to an end, compare, and close the shop."""
        try:
            self.let_settle()
        finally:
            self.opened.__exit__(None, None, None)

    @invariant()
    def books_balance(self) -> None:
        """What the ledger sums up is the sum of its entries."""
        assert ledger.check_drift() == []

    @invariant()
    def nothing_is_taken_twice(self) -> None:
        """The processor was never asked for more than there is; and a payment is paid once."""
        disputed = SimulatedOrder.objects.filter(kind="dispute").values("original")
        refused = SimulatedOrder.objects.filter(code="simulator_refused")
        wrongly = refused.exclude(kind="refund", original__in=disputed).exclude(kind="contest")
        assert not wrongly.exists(), list(wrongly.values("kind", "original", "facts"))
        references = dict(
            Attempt.objects.filter(kind="charge").values_list("id", "payment_intent_id")
        )
        taken: Counter[str] = Counter()
        for row in SimulatedOrder.objects.filter(kind="charge"):
            taken[references[row.reference]] += row.captured_minor
        for intent_id, minor in taken.items():
            assert minor <= PaymentIntent.objects.get(pk=intent_id).amount_minor

    def call(self, path: str, params: dict[str, Any], *, key: str = "") -> None:
        """POST under a key of its own; what got no answer is remembered, for a retry."""
        self.calls += 1
        key = key or f"call-{self.calls}"
        answer = self.world.post(path, params, key=key)
        if answer is None or answer.status in (409, 503):
            self.unanswered.append((path, params, key))
            self.tally["no answer"] += 1
            return
        self.tally[f"{path.rpartition('/')[2] if '/' in path else path} {answer.status}"] += 1
        is_stored = answer.status in (200, 402)
        if is_stored:
            self.answered.append((path, params, key, answer.body))
        shown = answer if answer.status == 200 else answer.error.get("payment_intent", {})
        if shown.get("object") == "payment_intent" and shown["id"] not in self.intents:
            self.intents.append(shown["id"])

    def pick(self, number: int) -> str:
        """Return the path of one of the payments."""
        return f"payment_intents/{self.intents[number % len(self.intents)]}"

    def pick_dispute(self, number: int) -> str:
        """Return the path of one of the disputes."""
        ids = list(Dispute.objects.order_by("id").values_list("id", flat=True))
        return f"disputes/{ids[number % len(ids)]}"

    def part(self, number: int, share: int) -> int:
        """Return so many percent of a payment, 1 at least."""
        intent = PaymentIntent.objects.get(pk=self.intents[number % len(self.intents)])
        return max(1, intent.amount_minor * share // 100)

    def let_settle(self) -> None:
        """End all scripts, answer all retries, and let so much time pass that nothing is open."""
        self.world.death = None
        Scenario.objects.update(status="ended")
        self.world.let_pass(9 * DAY)
        for path, params, key in self.unanswered:
            answer = self.world.post(path, params, key=key)
            assert answer is not None
            assert answer.status not in (409, 503), dict(answer)
        self.unanswered.clear()
        self.world.let_pass(30 * DAY)
        self.check_settled()
        # Keys are good for a day.
        self.answered.clear()
        self.settled_at = self.calls
        self.tally["settled"] += 1

    def check_settled(self) -> None:
        """Compare our books with what the processor says."""
        still_open = Attempt.objects.filter(status="open")
        assert not still_open.exists(), list(still_open.values())
        lines = list(named("sim").settle_report(since=START, until=self.world.now))
        moved = sum(line.money.minor for line in lines)
        balances = ledger.balances_by_code([RECEIVABLE], currency="usd")
        assert balances.get(RECEIVABLE, 0) == moved, _differences()
        assert _ours() == _theirs()
        assert ledger.check_drift() == []
        self.tally["lines"] += len(lines)
        self.tally["deaths"] += self.world.deaths
        self.world.deaths = 0


def _ours() -> dict[str, tuple[int, int]]:
    """Return what we believe was captured and refunded, by the charge's reference."""
    charges = Charge.objects.filter(status="succeeded")
    return {
        charge.attempt_reference: (charge.amount_captured_minor, charge.amount_refunded_minor)
        for charge in charges
    }


def _theirs() -> dict[str, tuple[int, int]]:
    """Return what the processor has captured and refunded, by the same reference."""
    rows = SimulatedOrder.objects.filter(kind="charge", outcome="approved")
    return {row.reference: (row.captured_minor, row.refunded_minor) for row in rows}


def _differences() -> list[Any]:
    """Return what differs, for whoever has to find out why."""
    ours, theirs = _ours(), _theirs()
    return [
        (reference, ours.get(reference), theirs.get(reference))
        for reference in sorted({*ours, *theirs})
        if ours.get(reference) != theirs.get(reference)
    ]
