"""`/challenge`: the page on which a customer proves who they are. Not under `/v1`: it is a page.

Whoever has the address may answer, because nobody else was given it; no cookie is looked at. That
is why the form needs no token against forgery, and why the page may stand in any frame.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django_tenants.utils import get_tenant_model

from apps.core import clock, context
from apps.payments import services
from apps.payments.services.challenge_links import CHALLENGE, Page

TEMPLATE = "payments/challenge.html"
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors *"


class GoBack(HttpResponseRedirect):
    """To the merchant, who may be an app: the scheme was checked when the address was given."""

    status_code = 303

    def __init__(self, url: str) -> None:
        self.allowed_schemes = [urlsplit(url).scheme]
        super().__init__(url)


@method_decorator((csrf_exempt, never_cache, xframe_options_exempt), name="dispatch")
class ChallengePage(View):
    """Ask, and take the answer."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        with entered(request) as attempt_id:
            return safe(_show(request, attempt_id))

    def post(self, request: HttpRequest) -> HttpResponse:
        with entered(request) as attempt_id:
            answer = request.POST.get("answer")
            if attempt_id is not None and answer in ("pass", "fail"):
                services.answer_challenge(
                    attempt_id=attempt_id, is_passed=answer == "pass", now=clock.now()
                )
            return safe(_show(request, attempt_id))


@contextmanager
def entered(request: HttpRequest, *, page: Page = CHALLENGE) -> Iterator[str | None]:
    """Make the environment of the challenge current; yield its attempt, None if there is none."""
    found = services.read_challenge(request.GET.get("token", ""), page=page)
    if found is None:
        yield None
        return
    environments = get_tenant_model().objects.select_related("tenant__plan")
    environment = environments.filter(pk=found.environment_id).first()
    if environment is None:
        yield None
        return
    with context.enter(environment, by="customer"):
        yield found.attempt_id


def _show(request: HttpRequest, attempt_id: str | None) -> HttpResponse:
    """Return the question while it is open; then the way back; or that there is nothing."""
    challenge = services.get_challenge(attempt_id) if attempt_id is not None else None
    if challenge is None:
        said = {
            "heading": "This page is not there any more",
            "about": "Go back to the shop, and try again.",
        }
        return render(request, TEMPLATE, said, status=404)
    if challenge.is_open:
        return render(request, TEMPLATE, _question(challenge))
    if challenge.back is not None:
        return GoBack(challenge.back)
    return render(request, TEMPLATE, _ending(challenge))


def _question(challenge: services.ShownChallenge) -> dict[str, object]:
    environment = context.current().environment
    return {
        "is_open": True,
        "merchant": getattr(environment, "tenant", "") or "The merchant",
        "amount": str(challenge.money) if challenge.money is not None else "",
        "brand": challenge.method.brand,
        "last4": challenge.method.last4,
    }


def _ending(challenge: services.ShownChallenge) -> dict[str, object]:
    if challenge.is_successful:
        return {
            "heading": "Thank you",
            "about": "You have confirmed that it is you. You can close this page.",
        }
    return {
        "heading": "It was not confirmed",
        "about": "Nothing was charged. Go back to the shop to try again, or to pay otherwise.",
    }


def safe(response: HttpResponse) -> HttpResponse:
    """Forbid whatever the page does not need; and its address is nobody else's business."""
    response["Content-Security-Policy"] = POLICY
    response["Referrer-Policy"] = "no-referrer"
    return response
