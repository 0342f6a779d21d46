"""The base of every view under `/v1`: one request, one service call, one answer."""

from contextlib import ExitStack
from typing import Any, ClassVar, Protocol

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.api import (
    card_numbers,
    downloads,
    idempotency,
    parsing,
    registry,
    rendering,
    versions,
    wire,
)
from apps.api.downloads import Download
from apps.api.params import Shape
from apps.core import clock, context
from apps.core.context import Hosted
from apps.core.errors import DomainError, Invalid, NotFound

ANSWER_TYPE = "application/json"


class Caller(Protocol):
    """Who a request comes from, as the authentication class says it (`request.user`)."""

    environment: Hosted
    account_id: str
    by: str
    is_public: bool
    api_version: str
    is_authenticated: bool


class UnsupportedOperation(Invalid):
    """The wire has the operation, FinCloud does not."""

    code = "operation_unsupported"


class WireView(APIView):
    """Translate HTTP into one service call, and what it returns into the wire.

    A subclass names its `resource` (for the permissions of keys) and the `object` that it `returns`
    or lists, declares the shape of each method's parameters, and has a method for each verb that
    reads `self.params` and returns an instance, a `Page` or a dict; `get` may also return a
    `Download`. `POST` with an `Idempotency-Key` is claimed, stored and replayed here.
    """

    resource: ClassVar[str]
    returns: ClassVar[str]
    # Further objects that it may return instead, or list beside.
    also_returns: ClassVar[tuple[str, ...]] = ()
    shapes: ClassVar[dict[str, Shape]] = {}
    # What a publishable key may do here: a browser knows no other key.
    publishable_methods: ClassVar[frozenset[str]] = frozenset()
    # How large a body may be, where that is more than MAX_BODY_BYTES.
    body_bytes_max: ClassVar[int | None] = None
    # What GET may answer with: more than JSON where it may return a `Download`.
    media_types: ClassVar[tuple[str, ...]] = (ANSWER_TYPE,)

    params: dict[str, Any]
    expand: list[str]
    _stack: ExitStack

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Serve the request; whatever context it entered is left at its end."""
        with ExitStack() as self._stack:
            self.args, self.kwargs, self.headers = args, kwargs, {}
            self.request = self.initialize_request(request, *args, **kwargs)
            try:
                self.prepare(self.request)
                return self._serve()
            except Exception as error:  # noqa: BLE001  # the edge: `errors.handle` answers all
                return self.handle_exception(error)

    def prepare(self, request: Request) -> None:
        """Authenticate, enter the caller's environment, check what the key may do, read parameters.

        Everything that can be refused before anything runs is refused here.
        """
        self.perform_authentication(request)
        self._enter(request)
        self.check_permissions(request)
        shape = self.shapes.get(request.method or "")
        if shape is None or not hasattr(self, (request.method or "").lower()):
            raise _unknown_url(request)
        if any("\x00" in value for value in self.kwargs.values()):
            # No id has a NUL, and PostgreSQL would not even look for one.
            raise NotFound(f"No such {self.returns}.", param="id")
        self._refuse_card_numbers(shape)
        self.params = shape.convert(self._given(), "")
        self.expand = self.take_expand()
        for name in sorted(
            registry.check_expand(
                (self.returns, *self.also_returns), self.expand, is_list=shape.is_listing
            )
        ):
            self.check_object_permissions(request, name)

    def take_expand(self) -> list[str]:
        """Take what is to be expanded out of the parameters, and return it."""
        paths: list[str] = self.params.pop("expand", [])
        return paths

    def _refuse_card_numbers(self, shape: Shape) -> None:
        for name, value in self.kwargs.items():
            card_numbers.check_text(value, where=name, param=name)
        card_numbers.check_text(self._idempotency_key(), where="Idempotency-Key")
        card_numbers.check_parameters(self._given(), shape)

    def _enter(self, request: Request) -> None:
        caller: Caller = request.user  # type: ignore[assignment]
        # Bound for longer than the context: the request is logged after it was left.
        structlog.contextvars.bind_contextvars(
            tenant=caller.environment.tenant_id,
            environment=caller.environment.id,
            account=caller.account_id,
            by=caller.by,
        )
        self._stack.enter_context(
            context.enter(
                caller.environment,
                by=caller.by,
                account_id=caller.account_id,
                is_public=caller.is_public,
                api_version=versions.resolve(
                    request.headers.get("Stripe-Version"), of_key=caller.api_version
                ),
                request_id=getattr(request._request, "request_id", None),
                idempotency_key=self._idempotency_key(),
            )
        )

    def _given(self) -> parsing.Params:
        given = parsing.parameters(self.request._request, body_bytes_max=self.body_bytes_max)
        # A browser names its publishable key as a field; that is no parameter.
        return {name: value for name, value in given.items() if name != "key"}

    def _idempotency_key(self) -> str | None:
        """Return the key of the request; other methods than POST have none, whatever they send."""
        if self.request.method != "POST":
            return None
        return self.request.headers.get("Idempotency-Key") or None

    def _serve(self) -> HttpResponseBase:
        key = self._idempotency_key()
        if key is None:
            result = self._run()
            if isinstance(result, Download):
                return downloads.respond(result)
            return _respond(200, self._show(result))
        outcome = idempotency.claim(
            key,
            fingerprint=idempotency.fingerprint("POST", self.request.path, self._given()),
            expand=self.expand,
            now=clock.now(),
        )
        if isinstance(outcome, idempotency.Stored):
            response = _respond(outcome.status, outcome.body)
            response["Idempotent-Replayed"] = "true"
            return response
        return self._serve_claimed(outcome)

    def _serve_claimed(self, claim: idempotency.Claim) -> HttpResponse:
        """Run the request under its claim; the use case stores the answer as it commits."""
        try:
            with context.amended(settle=claim.settle, claim_id=claim.row_id):
                body = self._show(self._run())
        except DomainError:
            # A refusal that was itself recorded (a decline) has been stored with what it recorded.
            if claim.answer is None:
                idempotency.release(claim)
                raise
        except Exception:
            idempotency.release(claim)
            raise
        if claim.answer is None:
            # Nothing was written, so there was no transaction to store the answer in.
            claim.settle_now(200, body)
        assert claim.answer is not None
        return _respond(claim.answer.status, claim.answer.body)

    def _run(self) -> Any:
        """Call the method of the verb; return what it returned."""
        handler = getattr(self, (self.request.method or "").lower())
        return handler(**self.kwargs)

    def _show(self, result: Any) -> bytes:
        return rendering.to_bytes(result, self.expand, url=self.request.path)


def _unknown_url(request: Request) -> DomainError:
    """Return the refusal of an address that names nothing, or nothing yet."""
    reason = wire.refusal(request.method or "", request.path.removeprefix("/v1/"))
    if reason is not None:
        return UnsupportedOperation(f"{reason} docs/compatibility.md lists what there is.")
    # Also for a verb that a URL has not: of a 405 the libraries make an error of the server.
    return NotFound(
        f"Unrecognized request URL ({request.method}: {request.path[:200]}).",
        code="url_invalid",
    )


def _respond(status: int, body: bytes) -> HttpResponse:
    return HttpResponse(body, status=status, content_type=ANSWER_TYPE)


class UnknownUrl(WireView):
    """What is under `/v1` and names nothing, or what is out of scope; told to those with a key."""

    resource = "none"

    def prepare(self, request: Request) -> None:
        """Refuse; the key is checked first, as everywhere.

        :raises DomainError: always.
        """
        self.perform_authentication(request)
        raise _unknown_url(request)
