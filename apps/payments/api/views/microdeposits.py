"""Telling the micro-deposits of a bank account: by the API, or on a page of its own."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from apps.core import clock, context
from apps.payments import queries, services
from apps.payments.api.shapes import microdeposits as shapes
from apps.payments.api.views.challenge import entered, safe
from apps.payments.api.views.secret import SecretView
from apps.payments.models import PaymentIntent, SetupIntent
from apps.payments.services import challenge_links
from apps.payments.services.microdeposits import DepositsRefused

TEMPLATE = "payments/microdeposits.html"
CODE_LENGTH_MAX = 20


class VerifyPaymentIntent(SecretView):
    """Verify the account of a payment: by the merchant, or by the browser with its secret."""

    resource = "payment_intents"
    returns = "payment_intent"
    shapes = {"POST": shapes.OF_PAYMENT}
    publishable_methods = frozenset({"POST"})

    def post(self, intent: str) -> PaymentIntent:
        self.check_secret(queries.get_payment_intent(intent), intent)
        return services.verify_payment_intent(intent_id=intent, given=self.params, now=clock.now())


class VerifySetupIntent(SecretView):
    """Verify the account that is set up: by the merchant, or by the browser with its secret."""

    resource = "setup_intents"
    returns = "setup_intent"
    shapes = {"POST": shapes.OF_SETUP}
    publishable_methods = frozenset({"POST"})

    def post(self, setup_intent: str) -> SetupIntent:
        self.check_secret(queries.get_setup_intent(setup_intent), setup_intent)
        return services.verify_setup_intent(
            intent_id=setup_intent, given=self.params, now=clock.now()
        )


@method_decorator((csrf_exempt, never_cache), name="dispatch")
class DepositsPage(View):
    """Ask for the code of a micro-deposit, and take it. Whoever has the address may tell it."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        with entered(request, page=challenge_links.DEPOSITS) as attempt_id:
            return safe(_show(request, attempt_id))

    def post(self, request: HttpRequest) -> HttpResponse:
        with entered(request, page=challenge_links.DEPOSITS) as attempt_id:
            code = request.POST.get("descriptor_code", "").strip()[:CODE_LENGTH_MAX]
            is_asked, problem = False, ""
            if attempt_id is not None:
                is_asked = services.find_deposits(attempt_id) is not None
            if attempt_id is not None and is_asked and code:
                try:
                    services.verify_attempt(
                        attempt_id=attempt_id, given={"descriptor_code": code}, now=clock.now()
                    )
                except DepositsRefused as refusal:
                    problem = refusal.message
            return safe(_show(request, attempt_id, problem=problem, was_asked=is_asked))


def _show(
    request: HttpRequest,
    attempt_id: str | None,
    *,
    problem: str = "",
    was_asked: bool = False,
) -> HttpResponse:
    """Return the question while it is open; then what became of it, or that there is nothing."""
    method = services.find_deposits(attempt_id) if attempt_id is not None else None
    environment = context.maybe_current()
    merchant = getattr(environment.environment, "tenant", "") if environment else ""
    said = {"merchant": merchant or "The merchant", "method": method, "problem": problem}
    if method is None and not was_asked:
        return render(request, TEMPLATE, said, status=404)
    return render(request, TEMPLATE, {**said, "is_done": method is None and not problem})


urlpatterns = [
    path("payment_intents/<str:intent>/verify_microdeposits", VerifyPaymentIntent.as_view()),
    path("setup_intents/<str:setup_intent>/verify_microdeposits", VerifySetupIntent.as_view()),
]
