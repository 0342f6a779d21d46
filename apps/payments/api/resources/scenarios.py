"""How a scenario of the simulator looks on the wire."""

from typing import Any

from apps.api import fields
from apps.api.registry import ResourceType, Wire
from apps.core import context
from apps.core.clock import to_unix
from apps.payments.api.resources.shared import finder
from apps.payments.api.shapes import scenarios as shapes
from apps.payments.domain import scenarios as domain
from apps.payments.models import Scenario


def render_scenario(scenario: Scenario) -> Wire:
    """Return the wire's scenario; what a step did not say is null."""
    return {
        "id": scenario.id,
        "object": "test_helpers.scenario",
        "created": to_unix(scenario.created_at),
        "customer": scenario.customer_id,
        "ended_at": None if scenario.ended_at is None else to_unix(scenario.ended_at),
        "livemode": context.current().environment.livemode,
        "metadata": scenario.metadata,
        "name": scenario.name,
        "payment_method": scenario.payment_method_id,
        "status": scenario.status,
        "steps": [
            _render_step(step, seen=seen)
            for step, seen in zip(scenario.steps, scenario.seen, strict=True)
        ],
    }


def _render_step(step: dict[str, Any], *, seen: int) -> Wire:
    plain = ("decline_code", "fault", "latency_ms", "nth", "outcome")
    notify = step.get("notify")
    return {
        **{name: step.get(name) for name in plain},
        "later": [
            {
                "after_s": later["after_s"],
                "happens": later["happens"],
                "reason": later["reason"] or None,
            }
            for later in step.get("later", ())
        ],
        "notify": None
        if notify is None
        else {
            "copies": notify.get("copies", 1),
            "delay_s": notify.get("delay_s", 0),
            "lost": notify.get("lost", False),
            "order": notify.get("order"),
        },
        "on": step["on"],
        "seen": seen,
    }


LATER = {
    "after_s": fields.integer("Seconds after the order.", minimum=0),
    "happens": fields.text("What happens.", choices=domain.HAPPENINGS),
    "reason": fields.text("Why a dispute, or the code of what fails.", nullable=True),
}
NOTIFY = {
    "copies": fields.integer("How often it is sent.", minimum=1),
    "delay_s": fields.integer("Seconds before it is sent.", minimum=0),
    "lost": fields.boolean("It is not sent."),
    "order": fields.text(
        "Whether it is sent after the next one.", choices=("reversed",), nullable=True
    ),
}
STEP = {
    "decline_code": fields.text("The issuer's reason of a decline.", nullable=True),
    "fault": fields.text("What goes wrong.", choices=domain.FAULTS, nullable=True),
    "later": fields.list_of(fields.part(LATER), doc="What happens afterwards."),
    "latency_ms": fields.integer("How long the answer takes.", minimum=0, nullable=True),
    "notify": fields.part(NOTIFY, doc="How the processor tells of the order.", nullable=True),
    "nth": fields.integer("Which of these orders; null: every one.", minimum=1, nullable=True),
    "on": fields.text("What it is about.", choices=tuple(domain.OUTCOMES_ON)),
    "outcome": fields.text("How it ends.", choices=shapes.OUTCOMES, nullable=True),
    "seen": fields.integer("How many orders of this kind there were.", minimum=0),
}
FIELDS = {
    "created": fields.time("When it was made."),
    "customer": fields.reference("Whose orders it is about.", nullable=True),
    "ended_at": fields.time("When it was ended.", nullable=True),
    "livemode": fields.boolean("Always false: there is a simulator in sandboxes only."),
    "metadata": fields.metadata(),
    "name": fields.text("What people call it."),
    "payment_method": fields.reference(
        "Which orders it is about: those with this payment method, or with any of this test card.",
        nullable=True,
    ),
    "status": fields.text("Whether the simulator follows it.", choices=("active", "ended")),
    "steps": fields.list_of(fields.part(STEP), doc="Of those that fit an order, the first counts."),
}
RESOURCES = (
    ResourceType(
        prefix="scn",
        name="test_helpers.scenario",
        model=Scenario,
        render=render_scenario,
        find_many=finder(Scenario),
        about="A script for the simulator: how it treats the orders of a payment method, of a "
        "customer, or of everybody, so that a test can be about what goes wrong.",
        fields=FIELDS,
    ),
)
