"""`/v1/payment_intents`."""

import hmac

from django.urls import path

from apps.api.paging import Page, page
from apps.api.params import InvalidParameter
from apps.api.views import WireView
from apps.core import clock, context
from apps.core.errors import Invalid, not_found
from apps.payments import queries, services
from apps.payments.api.shapes import intents as shapes
from apps.payments.models import PaymentIntent


class IntentView(WireView):
    """Base of the views of one intent, which a browser may see if it knows the client secret."""

    resource = "payment_intents"
    returns = "payment_intent"

    def get_intent(self, intent_id: str) -> PaymentIntent:
        """Return the intent; without its secret, a browser learns not even that it exists.

        :raises NotFound: there is none, or the secret is missing or wrong.
        """
        secret = self.params.pop("client_secret", None)
        intent = queries.get_payment_intent(intent_id)
        is_secret_needed = context.current().is_public or secret is not None
        if is_secret_needed and not hmac.compare_digest(
            (secret or "").encode(), intent.client_secret.encode()
        ):
            raise not_found("payment_intent", intent_id)
        return intent


class PaymentIntents(WireView):
    """Create, list."""

    resource = "payment_intents"
    returns = "payment_intent"
    shapes = {"GET": shapes.LIST, "POST": shapes.CREATE}

    def get(self) -> Page:
        return page(queries.list_payment_intents(**self.params), self.params)

    def post(self) -> PaymentIntent:
        return services.create_payment_intent(given=self.params, now=clock.now())


class PaymentIntentDetail(IntentView):
    """Retrieve, update."""

    shapes = {"GET": shapes.RETRIEVE, "POST": shapes.UPDATE}
    publishable_methods = frozenset({"GET"})

    def get(self, intent: str) -> PaymentIntent:
        return self.get_intent(intent)

    def post(self, intent: str) -> PaymentIntent:
        return services.update_payment_intent(intent_id=intent, given=self.params, now=clock.now())


class ConfirmPaymentIntent(IntentView):
    """Confirm: by the merchant, or by the customer's browser with the client secret."""

    shapes = {"POST": shapes.CONFIRM}
    publishable_methods = frozenset({"POST"})

    def post(self, intent: str) -> PaymentIntent:
        if context.current().is_public or "client_secret" in self.params:
            found = self.get_intent(intent)
            if context.current().is_public:
                self.check_browser_may(found)
        return services.confirm_payment_intent(intent_id=intent, given=self.params, now=clock.now())

    def check_browser_may(self, intent: PaymentIntent) -> None:
        """Refuse what the merchant's server decides: when and how the money is taken.

        :raises InvalidParameter: a parameter is not for browsers, or confirming is not.
        """
        for name in ("capture_method", "error_on_requires_action", "off_session"):
            if name in self.params:
                raise InvalidParameter(
                    f"{name} needs a secret key.", code="secret_key_required", param=name
                )
        if intent.confirmation_method == "manual":
            raise Invalid(
                "This PaymentIntent has a confirmation_method of manual: confirm it on a server, "
                "with a secret key.",
                code="secret_key_required",
            )


class CapturePaymentIntent(WireView):
    """Capture."""

    resource = "payment_intents"
    returns = "payment_intent"
    shapes = {"POST": shapes.CAPTURE}

    def post(self, intent: str) -> PaymentIntent:
        return services.capture_payment_intent(intent_id=intent, given=self.params, now=clock.now())


class CancelPaymentIntent(WireView):
    """Cancel."""

    resource = "payment_intents"
    returns = "payment_intent"
    shapes = {"POST": shapes.CANCEL}

    def post(self, intent: str) -> PaymentIntent:
        reason = self.params.get("cancellation_reason")
        return services.cancel_payment_intent(intent_id=intent, reason=reason, now=clock.now())


INTENT = "payment_intents/<str:intent>"
urlpatterns = [
    path("payment_intents", PaymentIntents.as_view()),
    path(INTENT, PaymentIntentDetail.as_view()),
    path(f"{INTENT}/confirm", ConfirmPaymentIntent.as_view()),
    path(f"{INTENT}/capture", CapturePaymentIntent.as_view()),
    path(f"{INTENT}/cancel", CancelPaymentIntent.as_view()),
]
