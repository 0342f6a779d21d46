"""Scenarios: scripts for the simulator, which stand until they are ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from apps.api.params import merge_metadata
from apps.core import context, ids
from apps.core.errors import Invalid, NotFound
from apps.core.use_cases import use_case
from apps.customers import queries as customers
from apps.payments import queries
from apps.payments.domain import scenarios as domain
from apps.payments.models import Scenario
from apps.payments.processors import simulator


class SandboxOnly(Invalid):
    """Real processors follow no script."""

    code = "sandbox_only"


@use_case
def create_scenario(*, given: dict[str, Any], now: datetime) -> Scenario:
    """Let the simulator follow a script, for a payment method, a customer, or everybody.

    :param given: parameters by name, as `apps.payments.api.shapes.scenarios.CREATE` parses them.
    :raises SandboxOnly: the environment is live.
    :raises Invalid: it is for something that is not there, or says what cannot happen.
    """
    return _create(given, now=now)


@use_case
def create_scenarios(*, given: Sequence[dict[str, Any]], now: datetime) -> list[Scenario]:
    """Make several scenarios, all of them or none. See `create_scenario`."""
    return [_create(one, now=now) for one in given]


@use_case
def end_scenario(*, scenario_id: str, now: datetime) -> Scenario:
    """Let the simulator follow a script no more; what it has planned still happens."""
    check_sandbox()
    scenario = queries.get_scenario(scenario_id, for_update=True)
    if scenario.status != "ended":
        scenario.status, scenario.ended_at = "ended", now
        scenario.save(update_fields=["status", "ended_at"])
    return scenario


@use_case
def advance_scenario(*, scenario_id: str, now: datetime) -> Scenario:
    """Let what is still to come of a scenario's orders happen now, in its order."""
    check_sandbox()
    scenario = queries.get_scenario(scenario_id, for_update=True)
    simulator.hurry(scenario.id, now=now)
    return scenario


def _create(given: dict[str, Any], *, now: datetime) -> Scenario:
    check_sandbox()
    method, customer = given.get("payment_method"), given.get("customer")
    if method is not None and customer is not None:
        raise Invalid("Give payment_method or customer, not both.", param="customer")
    steps = domain.written_steps(given["steps"])
    if not steps:
        raise Invalid("A scenario needs a step.", code="parameter_missing", param="steps")
    if method is not None and simulator.token_of(method) is None:
        _require_payment_method(method)
    if customer is not None:
        customers.require_customer(customer)
    return Scenario.objects.create(
        id=ids.new_id("scn"),
        account_id=context.current().account_id,
        created_at=now,
        metadata=merge_metadata({}, given.get("metadata")),
        name=given["name"],
        status="active",
        payment_method_id=method,
        customer_id=customer,
        steps=steps,
        seen=[0] * len(steps),
    )


def _require_payment_method(payment_method_id: str) -> None:
    try:
        queries.get_payment_method(payment_method_id)
    except NotFound as error:
        raise Invalid(error.message, code=error.code, param="payment_method") from None


def check_sandbox() -> None:
    """Check that there is a simulator here.

    :raises SandboxOnly: the environment is live.
    """
    if context.current().environment.livemode:
        raise SandboxOnly("Scenarios are for sandboxes: use a test key.")
