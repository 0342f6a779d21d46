"""Where we are: the current environment, the account that owns what is made, and who acts.

The environment is never a parameter: its schema is current, and this says the rest. Code that
leaves the request (a job, a thread) opens `enter(environment, by=…)` of its own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Protocol

import structlog
from django.db import connection


class Hosted(Protocol):
    """What the kernel knows of an environment (`apps.tenants.models.Environment`)."""

    id: str
    tenant_id: str | None
    schema_name: str
    account_id: str

    @property
    def livemode(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of one piece of work."""

    environment: Hosted
    account_id: str
    """The merchant account (`acct_…`) that owns what is made and sees what is listed."""
    by: str
    """Who acts: `key:<id>`, `operator:<id>` or `system`."""
    is_public: bool = False
    """The caller is a browser with a publishable key: it sees what everyone may read."""
    api_version: str = ""
    """The version of the API that answers are shown in; empty: the current one."""
    request_id: str | None = None
    idempotency_key: str | None = None
    claim_id: int | None = None
    """The idempotency row of this request, if it has one."""
    settle: Callable[[Any], None] | None = None
    """Stores the answer of the request inside the transaction that makes it true."""


_current: ContextVar[Context | None] = ContextVar("fincloud_context", default=None)


def current() -> Context:
    """Return the context.

    :raises LookupError: the code runs outside any environment.
    """
    context = _current.get()
    if context is None:
        raise LookupError("No environment is current: open one with context.enter(…).")
    return context


def maybe_current() -> Context | None:
    """Return the context, or None outside any environment."""
    return _current.get()


@contextmanager
def enter(
    environment: Hosted,
    *,
    by: str,
    account_id: str | None = None,
    **details: Any,
) -> Iterator[Context]:
    """Make `environment` current (its schema too) inside the block; restore what was, after it.

    :param account_id: the account to act for; the environment's own, unless given.
    :param details: further fields of `Context`.
    """
    context = Context(
        environment=environment,
        account_id=account_id or environment.account_id,
        by=by,
        **details,
    )
    with resumed(context):
        yield context


@contextmanager
def resumed(context: Context) -> Iterator[None]:
    """Make a context current again that was left: the pieces of a download are made after it."""
    previous_tenant = connection.tenant  # type: ignore[attr-defined]
    token = _current.set(context)
    connection.set_tenant(context.environment)  # type: ignore[attr-defined]
    try:
        # Every line that is logged in here says whose work it was.
        with structlog.contextvars.bound_contextvars(
            tenant=context.environment.tenant_id,
            environment=context.environment.id,
            by=context.by,
        ):
            yield
    finally:
        _current.reset(token)
        connection.set_tenant(previous_tenant)  # type: ignore[attr-defined]


@contextmanager
def amended(**changes: Any) -> Iterator[Context]:
    """Change fields of the current context inside the block."""
    context = replace(current(), **changes)
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)
