"""What an operation of the wire is held to, and what was found of each."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from apps.api.params import (
    Amount,
    AnyOf,
    Boolean,
    Integer,
    ListOf,
    Metadata,
    Param,
    Shape,
    Text,
    Time,
    Unsupported,
    from_wire,
)
from tests.client import Answer, ApiClient
from tests.contract.generate import Path, leaves, request_with, required, sample, spelled
from tests.objects import required as wanted
from tests.test_isolation import VIEWS

# Codes by which a value is refused for what it is, whatever it stands for.
REFUSALS = (
    "parameter_unknown",
    "parameter_unsupported",
    "parameter_missing",
    "parameter_invalid",
    "email_invalid",
    "invalid_currency",
)
# An object is known by several names.
ALSO: Mapping[str, str] = {
    "payment_intent": "intent",
    "default_payment_method": "payment_method",
    "default_source": "customer_source",
    "destination": "external_account",
    "mandate": "mandate",
    "setup_intent": "setup_intent",
}


# What an operation asks for beside what the description requires.
BASE: Mapping[str, Mapping[str, Any]] = {
    "POST /v1/charges": {"amount": 1_000, "currency": "usd"},
    "POST /v1/payment_methods": {"type": "card"},
}


@dataclass(slots=True)
class Finding:
    """What was found of one operation: whether it is there, and what is not as it must be."""

    is_served: bool
    problems: list[str] = field(default_factory=list)

    @property
    def is_conforming(self) -> bool:
        return self.is_served and not self.problems


def path_of(operation: str) -> str | None:
    """Return the pattern of ours that serves an operation; None: none does."""
    verb, template = operation.split(" /")
    wished = ["<>" if step.startswith("{") else step for step in template.split("/")]
    for path, view in VIEWS:
        ours = ["<>" if step.startswith("<") else step for step in path.split("/")]
        if ours == wished and verb in view.shapes:
            return path
    return None


def check(operation: str, api: ApiClient, made: Mapping[str, str]) -> Finding:
    """Hold an operation to what the description says that it takes.

    :param made: objects that are there, by the names of path parameters.
    """
    path = path_of(operation)
    if path is None:
        return Finding(is_served=False)
    ids = {**made, **{name: made[also] for name, also in ALSO.items() if also in made}}
    address = path
    for step in path.split("/"):
        if step.startswith("<"):
            name = step.strip("<>").split(":")[-1]
            if name not in made:
                return Finding(True, [f"nothing is made for <{name}>"])
            # Of a charge that was disputed there is more to ask.
            is_disputed = name == "charge" and "/dispute" in path
            address = address.replace(
                step, made.get("disputed_charge", made[name]) if is_disputed else made[name]
            )
    base = {**BASE.get(operation, {}), **wanted(operation.split(" ")[0], path, api)}
    caller = _Caller(api, operation.split(" ")[0], f"/{address}", from_wire(operation), ids, base)
    caller.takes_what_is_described()
    caller.refuses_what_is_wrong()
    caller.refuses_what_is_unknown()
    return Finding(True, caller.problems)


@contextmanager
def undone() -> Iterator[None]:
    """Undo at the end of the block what was written inside of it, whatever it was."""
    block = transaction.atomic()
    # As Django does for a test: use cases may be durable inside of it.
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)


class _Caller:
    """Calls one operation again and again, each time with something else."""

    def __init__(
        self,
        api: ApiClient,
        verb: str,
        address: str,
        shape: Shape,
        ids: Mapping[str, str],
        base: Mapping[str, Any],
    ) -> None:
        self.api, self.verb, self.address = api, verb, address
        self.shape, self.ids, self.base = shape, ids, base
        self.problems: list[str] = []
        self.leaves = [one for one in leaves(shape) if one[0][0] != "expand"]

    def takes_what_is_described(self) -> None:
        """Every parameter alone, with a value of its kind, is not refused for its kind."""
        self._expect_taken((), required(self.shape, self.ids))
        for path, kind in self.leaves:
            if not isinstance(kind, Unsupported):
                value = sample(kind, _name(path), self.ids)
                self._expect_taken(path, request_with(self.shape, path, value, self.ids))

    def refuses_what_is_wrong(self) -> None:
        """A value of another kind, and what is out of scope, are refused with their path."""
        for path, kind in self.leaves:
            if isinstance(kind, Unsupported):
                self._expect_refused(path, "anything", "parameter_unsupported")
            elif (wrong := _wrong(kind)) is not None and not _has_alternatives(self.shape, path):
                self._expect_refused(path, wrong)
        for name, inner in self.shape.fields.items():
            if inner.required:
                given = required(self.shape, self.ids)
                del given[name]
                if name not in self.base:
                    self._expect(given, name, "parameter_missing")

    def refuses_what_is_unknown(self) -> None:
        """A name that is not described is refused with its path, also inside of objects."""
        given = required(self.shape, self.ids)
        self._expect({**given, "nonsense": "1"}, "nonsense", "parameter_unknown")
        self._expect({**given, "expand": ["nonsense"]}, "expand", "property_not_expandable")
        for path in _objects(self.shape):
            inside = (*path, "nonsense")
            given = request_with(self.shape, path, {"nonsense": "1"}, self.ids)
            self._expect(given, spelled(inside), "parameter_unknown")

    def _expect_taken(self, path: Path, given: dict[str, Any]) -> None:
        answer = self._send(given)
        if answer is None or answer.status < 400:
            return
        code, param = answer.error.get("code") or "", answer.error.get("param")
        is_its_kind = path and param == spelled(path) and code.startswith(REFUSALS)
        # A secret that is wrong hides what it would open.
        is_lost = answer.status == 404 and path != ("client_secret",)
        if is_lost or is_its_kind or code == "parameter_unknown":
            self.problems.append(f"{given}: {answer.status} {code} {param}")

    def _expect_refused(self, path: Path, value: Any, code: str = "") -> None:
        self._expect(request_with(self.shape, path, value, self.ids), spelled(path), code)

    def _expect(self, given: dict[str, Any], param: str, code: str) -> None:
        answer = self._send(given)
        if answer is None:
            return
        error = answer.get("error", {})
        seen = (answer.status, error.get("param"), (error.get("code") or "").startswith(code))
        if seen != (400, param, True):
            self.problems.append(
                f"{given}: {answer.status} {error.get('code')} {error.get('param')} and not "
                f"400 {code} {param}"
            )

    def _send(self, given: dict[str, Any]) -> Answer | None:
        """Return the answer; None, and a problem, for one that is off the wire."""
        given = {**self.base, **given}
        with undone():
            try:
                answer = self.api.request(self.verb, self.address, given, status=None)
            except AssertionError as error:
                self.problems.append(f"{given}: {error}")
                return None
        if answer.status >= 500:
            self.problems.append(f"{given}: {answer.status}")
            return None
        return answer


def _name(path: Path) -> str:
    """Return the last step of a path that is a name."""
    return next((step for step in reversed(path) if step not in ("[]", "{}")), "")


def _wrong(kind: Param) -> Any:
    """Return a value that a kind refuses; None: a text takes nearly everything."""
    if isinstance(kind, (Amount, Integer, Boolean, Time)):
        return "wrong"
    if isinstance(kind, Text) and kind.choices:
        return "no_such_choice"
    if isinstance(kind, Text) and kind.max_length < 1_000 and type(kind) is Text:
        return "x" * (kind.max_length + 1)
    return None


def _has_alternatives(shape: Param, path: Path) -> bool:
    """Return whether there is a choice of kinds along a path, one of which may take the value."""
    at = shape
    for step in path:
        if isinstance(at, AnyOf):
            return True
        if isinstance(at, Shape):
            at = at.fields[step]
        elif isinstance(at, ListOf):
            at = at.item
        elif isinstance(at, Metadata):
            return True
    return isinstance(at, AnyOf)


def _objects(kind: Param, path: Path = ()) -> Iterator[Path]:
    """Yield the paths of the objects inside a shape; not those inside of lists."""
    if not isinstance(kind, Shape):
        return
    if path:
        yield path
    for name, inner in kind.fields.items():
        yield from _objects(inner, (*path, name))
