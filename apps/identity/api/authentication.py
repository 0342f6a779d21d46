"""From a request to the environment that its key opens."""

import base64
import binascii
from dataclasses import dataclass

from django.http import HttpRequest
from django.http.request import split_domain_port
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from apps.api import parsing
from apps.core import clock
from apps.core.context import Hosted
from apps.core.errors import Invalid
from apps.identity import domain, queries, services
from apps.identity.models import ApiKey

PUBLISHABLE = domain.PREFIXES[domain.KeyKind.PUBLISHABLE] + "_"


@dataclass(frozen=True, slots=True)
class KeyCaller:
    """Who the request comes from: what a view finds in `request.user`."""

    environment: Hosted
    account_id: str
    by: str
    is_public: bool
    api_version: str
    is_authenticated: bool = True


class ApiKeyAuthentication(BaseAuthentication):
    """Accept a key as a bearer token, as the user name of HTTP Basic, or, public ones, as a field.

    Every refusal goes through the same steps and raises the same error: no one learns from the text
    or from the time whether a key exists.
    """

    def authenticate(self, request: Request) -> tuple[KeyCaller, ApiKey]:
        """Return the caller and the key.

        :raises AuthenticationFailed: there is no key that works here.
        :raises PermissionDenied: the key may not act for the account in `Stripe-Account`.
        """
        now = clock.now()
        key = queries.find_api_key(
            _given_key(request._request), host=_host(request._request), now=now
        )
        if key is None:
            raise AuthenticationFailed
        services.note_use(key, now=now)
        environment = key.environment
        account_id = request.headers.get("Stripe-Account", environment.account_id)
        if account_id != environment.account_id:
            raise PermissionDenied(
                f"The key {key} may not act for the account '{account_id[:40]}', or there is none.",
                code="account_invalid",
            )
        caller = KeyCaller(
            environment=environment,
            account_id=account_id,
            by=f"key:{key.pk}",
            is_public=key.kind == domain.KeyKind.PUBLISHABLE,
            api_version=key.api_version,
        )
        return caller, key

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  # of the framework
        """Return what makes Django REST framework answer 401 and not 403."""
        return 'Bearer realm="FinCloud"'


def _given_key(request: HttpRequest) -> str:
    """Return the key as it was sent, or a text that is no key."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    credentials = credentials.strip()
    match scheme.lower():
        case "bearer":
            return credentials
        case "basic":
            return _basic_user(credentials)
        case "":
            return _field(request)
    return ""


def _basic_user(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode("ascii").partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _field(request: HttpRequest) -> str:
    """Return the `key` parameter, by which a browser names its publishable key."""
    try:
        value = parsing.parameters(request).get("key")
    except Invalid:
        return ""
    return value if isinstance(value, str) and value.startswith(PUBLISHABLE) else ""


def _host(request: HttpRequest) -> str:
    return split_domain_port(request.get_host())[0]
