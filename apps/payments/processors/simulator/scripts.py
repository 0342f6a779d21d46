"""Scenarios: which step of which script an order meets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from django.db import transaction

from apps.payments.models import Scenario, SimulatedOrder
from apps.payments.processors.behaviours import Happening, Later
from apps.payments.processors.simulator.deciding import token_of


class Fault(StrEnum):
    """What goes wrong with a call.

    `timeout_before`: the order never arrives. `timeout_after`: it is carried out, and the answer
    never comes. `unavailable`: nobody is there.
    """

    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Step:
    """What a scenario says of one order.

    :ivar outcome: `approve`, `decline`, `action` or `pending`; empty: as without the scenario.
    :ivar notify: how the order is told of: `copies`, `delay_s`, `order` (`reversed`), `lost`.
    :ivar later: what happens after it.
    """

    scenario_id: str = ""
    latency_ms: int = 0
    fault: str = ""
    outcome: str = ""
    decline_code: str = ""
    notify: Mapping[str, Any] = field(default_factory=dict)
    later: tuple[Later, ...] = ()

    @property
    def facts(self) -> dict[str, Any]:
        """Return what an order has to remember of the step: it is needed when things happen."""
        facts: dict[str, Any] = {}
        if self.scenario_id:
            facts["scenario"] = self.scenario_id
        if self.notify:
            facts["notify"] = dict(self.notify)
        return facts


PLAIN: Final = Step()


def take_step(on: str, *, whose: Mapping[str, str]) -> Step:
    """Return what the scenarios say of the next `on` (`charge`, `capture`, …), and count it.

    A scenario of the payment method goes before one of the customer, and that before one of
    everybody; of several, the newest. The first step that fits is taken.

    :param whose: the `payment_method` and the `customer` of the order, and its `token`.
    """
    fitting = [
        (rank, scenario)
        for scenario in Scenario.objects.filter(status="active").order_by("-id")
        if (rank := _rank(scenario, whose)) is not None
    ]
    for _, scenario in sorted(fitting, key=lambda one: one[0]):
        step = _count(scenario.id, on=on)
        if step is not None:
            return step
    return PLAIN


def owner_of(row: SimulatedOrder | None) -> dict[str, str]:
    """Return whose an order is that is remembered; of one that is not, nothing is known."""
    return {} if row is None else {**row.facts.get("context", {}), "token": row.token}


def _rank(scenario: Scenario, whose: Mapping[str, str]) -> int | None:
    """Return how closely a scenario fits, 0 the closest; None if it does not."""
    if scenario.payment_method_id is not None:
        is_named = scenario.payment_method_id == whose.get("payment_method")
        token = token_of(scenario.payment_method_id)
        return 0 if is_named or (token is not None and token == whose.get("token")) else None
    if scenario.customer_id is not None:
        return 1 if scenario.customer_id == whose.get("customer") else None
    return 2


@transaction.atomic
def _count(scenario_id: str, *, on: str) -> Step | None:
    """Count an order for a scenario; return the step that it meets."""
    scenario = Scenario.objects.select_for_update().filter(pk=scenario_id, status="active").first()
    if scenario is None:
        return None
    met = None
    seen = list(scenario.seen)
    for place, step in enumerate(scenario.steps):
        if step["on"] != on:
            continue
        seen[place] += 1
        if met is None and step.get("nth") in (None, seen[place]):
            met = step
    if seen != scenario.seen:
        scenario.seen = seen
        scenario.save(update_fields=["seen"])
    return _step(met, scenario_id=scenario_id) if met is not None else None


def _step(written: dict[str, Any], *, scenario_id: str) -> Step:
    return Step(
        scenario_id=scenario_id,
        latency_ms=written.get("latency_ms", 0),
        fault=written.get("fault", ""),
        outcome=written.get("outcome", ""),
        decline_code=written.get("decline_code", ""),
        notify=written.get("notify", {}),
        later=tuple(
            Later(
                Happening(later["happens"]),
                timedelta(seconds=later["after_s"]),
                reason=later.get("reason", ""),
            )
            for later in written.get("later", ())
        ),
    )


def written_later(later: tuple[Later, ...]) -> list[dict[str, Any]]:
    """Return what happens later as JSON, for an order that has to remember it."""
    return [
        {
            "happens": one.happens.value,
            "after_s": one.after.total_seconds(),
            "reason": one.reason,
        }
        for one in later
    ]


def read_later(written: list[dict[str, Any]]) -> tuple[Later, ...]:
    """Return what `written_later` wrote."""
    return tuple(
        Later(Happening(one["happens"]), timedelta(seconds=one["after_s"]), reason=one["reason"])
        for one in written
    )
