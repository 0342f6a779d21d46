"""The environment that an operator has chosen, made current for the pages of the admin."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.core import context
from apps.tenants import queries as tenants

ADMIN_PREFIX = "/admin/"
SESSION_KEY = "environment"


class ChosenEnvironmentMiddleware:
    """Enter the operator's environment for the length of the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(ADMIN_PREFIX) or not getattr(
            request.user, "is_staff", False
        ):
            return self.get_response(request)
        chosen = request.session.get(SESSION_KEY)
        environment = tenants.list_environments().filter(pk=chosen).first() if chosen else None
        if environment is None:
            return self.get_response(request)
        with context.enter(environment, by=f"operator:{request.user.pk}"):
            return self.get_response(request)
