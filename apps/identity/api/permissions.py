"""What a key may do.

A secret one everything, a publishable one what a browser may, a restricted one what it lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission

from apps.identity import domain
from apps.identity.domain import KeyKind
from apps.identity.models import ApiKey

if TYPE_CHECKING:  # the framework imports this module while it makes APIView
    from rest_framework.request import Request
    from rest_framework.views import APIView


class KeyMayDoThis(BasePermission):
    """Compare the key with the view's `publishable_methods` and `resource`, and with `expand`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True.

        :raises PermissionDenied: the key may not do this; the text says what is missing.
        """
        key = request.auth
        assert isinstance(key, ApiKey), "Every view under /v1 authenticates by a key."
        match KeyKind(key.kind):
            case KeyKind.SECRET:
                return True
            case KeyKind.PUBLISHABLE:
                return _check_publishable(request, view)
            case KeyKind.RESTRICTED:
                return _check_restricted(key, request, view)

    def has_object_permission(self, request: Request, view: APIView, obj: str) -> bool:  # noqa: ARG002
        """Return True.

        :param obj: the `object` of what the request wants to see besides (`customer`).
        :raises PermissionDenied: a restricted key may not read it.
        """
        key = request.auth
        assert isinstance(key, ApiKey), "Every view under /v1 authenticates by a key."
        return key.kind != KeyKind.RESTRICTED or _check_listed(
            key, domain.resource_of(obj), is_write=False
        )


def _check_publishable(request: Request, view: APIView) -> bool:
    if request.method in getattr(view, "publishable_methods", ()):
        return True
    raise PermissionDenied(
        "A publishable key cannot do this: it is made for browsers, where everyone can read it. "
        "Use a secret key, on a server.",
        code="secret_key_required",
    )


def _check_restricted(key: ApiKey, request: Request, view: APIView) -> bool:
    resource: str = getattr(view, "resource", "")
    return _check_listed(key, resource, is_write=request.method not in SAFE_METHODS)


def _check_listed(key: ApiKey, resource: str, *, is_write: bool) -> bool:
    if domain.allows(key.permissions, resource=resource, is_write=is_write):
        return True
    needed = f"{resource}:{'write' if is_write else 'read'}"
    raise PermissionDenied(
        f"The restricted key {key} lacks the permission '{needed}'.",
        code="more_permissions_required",
    )
