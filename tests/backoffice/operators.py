"""A browser without a screen, signed in as an operator, for the tests of the admin."""

from contextvars import Context
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client

from apps.core.context import Hosted
from apps.identity import services as identity
from apps.identity.models import User


def make_user(email: str = "operator@backoffice.test", *, is_operator: bool = True) -> User:
    """Make someone who can sign in without a password, by `force_login`."""
    return identity.create_user(email=email, password=None, is_operator=is_operator)


class Operator:
    """Calls the pages of the admin, each as a request of its own: it knows of no environment."""

    def __init__(self, user: User | None, *, checks_csrf: bool = False) -> None:
        self._client = Client(enforce_csrf_checks=checks_csrf)
        if user is not None:
            self._client.force_login(user)

    def get(self, path: str, **query: Any) -> HttpResponse:
        """GET a page."""
        return self._call(self._client.get, path, query)

    def post(self, path: str, **form: Any) -> HttpResponse:
        """POST a form."""
        return self._call(self._client.post, path, form)

    def choose(self, environment: Hosted) -> None:
        """Work in an environment from now on."""
        answer = self.get("/admin/", environment=environment.id)
        assert answer.status_code == 302

    def _call(self, method: Any, path: str, data: dict[str, Any]) -> HttpResponse:
        # The test's own environment must not be seen by the request, nor the request's by the test.
        tenant = connection.tenant  # type: ignore[attr-defined]
        try:
            answer: HttpResponse = Context().run(method, path, data)
        finally:
            connection.set_tenant(tenant)  # type: ignore[attr-defined]
        return answer


def text(answer: HttpResponse) -> str:
    """Return the page, which must be there."""
    assert answer.status_code == 200, f"{answer.status_code} {answer.headers.get('Location')}"
    return answer.content.decode()
