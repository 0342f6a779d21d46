"""A shop whose time, processes and processor misbehave as a test says.

Processes die by an exception that nothing catches, at the places where what was written so far and
what was not matters; what their transactions did is rolled back. Time is the shop's own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from apps.core import clock, context, jobs
from apps.core.context import Hosted
from apps.core.models import Job
from apps.events import services as events
from apps.payments import processors, services
from apps.payments.models import SimulatedEvent
from apps.payments.processors import calling, simulator
from apps.payments.services import notifications, recording
from tests.client import Answer, ApiClient

START = datetime(2030, 6, 1, 12, tzinfo=UTC)
# Where a process may die: before a function does anything, or after all that it does.
PLACES = (
    (processors, "call"),
    (processors, "enquire"),
    (recording, "record"),
    (events, "record"),
    (simulator, "authenticate"),
    (simulator, "happen"),
    (notifications, "receive"),
)
DEATHS = tuple((name, when) for _, name in PLACES for when in ("before", "after"))
# What a caller may be told, whatever happens; 500 is not among it.
STATUSES = {200, 400, 402, 404, 409, 503}


class Died(BaseException):
    """The process is gone."""


class World:
    """One shop, from opening to closing."""

    def __init__(self, environment: Hosted, api: ApiClient) -> None:
        self.environment = environment
        self.api = api
        self.now = START
        self.death: tuple[str, str] | None = None
        self.deaths = 0
        self.is_deaf = False

    def post(self, path: str, params: dict[str, Any], *, key: str) -> Answer | None:
        """POST; None if the process died before it answered."""
        try:
            answer = self.api.post(path, params, status=None, idempotency_key=key)
        except Died:
            return None
        assert answer.status in STATUSES, dict(answer)
        return answer

    def carry_out(self, call: Callable[[], Any]) -> None:
        """Do something inside, in a process that may die."""
        try:
            with context.enter(self.environment, by="system"):
                call()
        except Died:
            return

    def let_pass(self, duration: timedelta) -> None:
        """Run what is due until then, each at its time; a worker that dies is another one."""
        until = self.now + duration
        for _ in range(400):
            due = Job.objects.filter(due_at__lte=until).order_by("due_at").first()
            if due is None:
                break
            self.now = max(self.now, due.due_at)
            self.carry_out(lambda: jobs.run_due(now=self.now))
            if self.is_deaf:
                self.lose_notifications()
        else:
            pytest.fail(f"Jobs that never end: {list(Job.objects.values_list('key', 'due_at'))}")
        self.now = until

    def answer_challenge(self, attempt_id: str, *, is_passed: bool) -> None:
        """Let the payer answer."""
        self.carry_out(
            lambda: services.answer_challenge(
                attempt_id=attempt_id, is_passed=is_passed, now=self.now
            )
        )

    def lose_notifications(self) -> None:
        """Let what the processor has to tell be lost."""
        waiting = SimulatedEvent.objects.filter(happens="tell", done_at=None)
        waiting.update(done_at=self.now)

    def repeat_notifications(self) -> None:
        """Let the processor tell again what it told before, all of it, the newest first."""
        told = SimulatedEvent.objects.filter(happens="tell").order_by("-id")
        told.update(done_at=None)
        for event_id in told.values_list("id", flat=True):
            self.carry_out(partial(services.simulate, event_id=event_id, now=self.now))


@contextmanager
def opened(environment: Hosted, api: ApiClient) -> Iterator[World]:
    """Open a shop; whatever happens in it is rolled back when it closes."""
    world = World(environment, api)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: world.now)
        for module, name in PLACES:
            patch.setattr(module, name, _mortal(world, getattr(module, name), name))
        calling.breakers.forget()
        shop = transaction.atomic()
        # As a test case does it: what is durable may be inside.
        shop._from_testcase = True  # type: ignore[attr-defined]
        shop.__enter__()
        try:
            with context.enter(environment, by="system"):
                yield world
        finally:
            transaction.set_rollback(True)
            shop.__exit__(None, None, None)
            calling.breakers.forget()


def _mortal(world: World, function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return `function`, during which the process may die."""

    def run(*args: Any, **kwargs: Any) -> Any:
        _die_if(world, name, "before")
        result = function(*args, **kwargs)
        _die_if(world, name, "after")
        return result

    return run


def _die_if(world: World, name: str, when: str) -> None:
    if world.death == (name, when):
        world.death = None
        world.deaths += 1
        raise Died
