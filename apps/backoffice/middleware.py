"""The environment that an operator has chosen, made current for the pages of the admin."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from apps.core import context
from apps.tenants import queries as tenants

ADMIN_PREFIX = "/admin/"
SESSION_KEY = "environment"
# In a link: an operator who follows it sees what the one who sent it saw.
PARAMETER = "environment"


class ChosenEnvironmentMiddleware:
    """Enter the operator's environment for the length of the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_operator = getattr(request.user, "is_staff", False)
        if not is_operator or not request.path.startswith(ADMIN_PREFIX):
            return self.get_response(request)
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            # PostgreSQL stores no NUL and refuses to compare with one: no page can be meant.
            raise BadRequest("An address holds no NUL.")
        if request.method == "GET" and PARAMETER in request.GET:
            return _choose(request)
        chosen = request.session.get(SESSION_KEY)
        environment = tenants.list_environments().filter(pk=chosen).first() if chosen else None
        if environment is None:
            return self.get_response(request)
        request_id = getattr(request, "request_id", None)
        with context.enter(environment, by=f"operator:{request.user.pk}", request_id=request_id):
            return self.get_response(request)


def _choose(request: HttpRequest) -> HttpResponse:
    """Keep the environment of the link in the session, say so, and go on without the parameter."""
    wanted = request.GET[PARAMETER]
    environment = tenants.list_environments().filter(pk=wanted).first()
    if environment is None:
        messages.error(request, f"There is no environment {wanted!r}.")
    elif request.session.get(SESSION_KEY) != wanted:
        request.session[SESSION_KEY] = wanted
        messages.success(request, f"You now work in {environment}.")
    query = request.GET.copy()
    del query[PARAMETER]
    return HttpResponseRedirect(f"{request.path}?{query.urlencode()}" if query else request.path)
