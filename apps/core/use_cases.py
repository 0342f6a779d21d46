"""The boundary of a use case: one durable transaction, in which the answer is stored as well."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import transaction

from apps.core import context

P = ParamSpec("P")
R = TypeVar("R")


def use_case(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in one durable transaction, with the answer to the request stored in it.

    The response to a request with an `Idempotency-Key` is true from the moment this transaction
    commits, and so it is stored here, before the COMMIT: a crash after it replays the answer, a
    crash before it leaves nothing. A refusal that must itself be kept (a declined card) is
    *returned* as a `DomainError`; the caller raises it after the commit.

    :raises RuntimeError: called inside another transaction.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic(durable=True):
            result = function(*args, **kwargs)
            here = context.maybe_current()
            if here is not None and here.settle is not None:
                here.settle(result)
        return result

    return run
