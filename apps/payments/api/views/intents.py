"""`/v1/payment_intents`."""

from django.urls import path

from apps.api.paging import Page, cut, no_such_cursor, page, window
from apps.api.views import WireView
from apps.core import clock, context
from apps.core.errors import Invalid
from apps.payments import queries, services
from apps.payments.api.shapes import intents as shapes
from apps.payments.api.views.secret import SecretView
from apps.payments.models import PaymentIntent


class IntentView(SecretView):
    """Base of the views of one intent."""

    resource = "payment_intents"
    returns = "payment_intent"

    def get_intent(self, intent_id: str) -> PaymentIntent:
        """Return the intent, if the caller may see it.

        :raises NotFound: there is none, or the secret is missing or wrong.
        """
        intent = queries.get_payment_intent(intent_id)
        self.check_secret(intent, intent_id)
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
    merchants = (
        "amount_details",
        "amount_to_confirm",
        "capture_method",
        "error_on_requires_action",
        "mandate",
        "off_session",
        "payment_method_types",
    )

    def post(self, intent: str) -> PaymentIntent:
        if context.current().is_public or "client_secret" in self.params:
            found = self.get_intent(intent)
            self.check_browser_may()
            if context.current().is_public and found.confirmation_method == "manual":
                raise Invalid(
                    "This PaymentIntent has a confirmation_method of manual: confirm it on a "
                    "server, with a secret key.",
                    code="secret_key_required",
                )
        return services.confirm_payment_intent(intent_id=intent, given=self.params, now=clock.now())


class CapturePaymentIntent(WireView):
    """Capture."""

    resource = "payment_intents"
    returns = "payment_intent"
    shapes = {"POST": shapes.CAPTURE}

    def post(self, intent: str) -> PaymentIntent:
        return services.capture_payment_intent(intent_id=intent, given=self.params, now=clock.now())


class LineItems(WireView):
    """List what the amount is made of."""

    resource = "payment_intents"
    returns = "payment_intent_amount_details_line_item"
    shapes = {"GET": shapes.LINE_ITEMS}

    def get(self, intent: str) -> Page:
        items = queries.list_line_items(queries.get_payment_intent(intent))
        asked = window(self.params)
        cursor = asked.after or asked.before
        places = {item.id: place for place, item in enumerate(items)}
        if cursor is not None and cursor not in places:
            name = "starting_after" if asked.after else "ending_before"
            raise no_such_cursor(cursor, param=name)
        if asked.before is not None:
            return cut(items[: places[asked.before]][-asked.limit - 1 :], asked)
        first = 0 if asked.after is None else places[asked.after] + 1
        return cut(items[first : first + asked.limit + 1], asked)


class IncrementAuthorization(WireView):
    """Have more authorised."""

    resource = "payment_intents"
    returns = "payment_intent"
    shapes = {"POST": shapes.INCREMENT}

    def post(self, intent: str) -> PaymentIntent:
        return services.increment_authorization(
            intent_id=intent, given=self.params, now=clock.now()
        )


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
    path(f"{INTENT}/amount_details_line_items", LineItems.as_view()),
    path(f"{INTENT}/increment_authorization", IncrementAuthorization.as_view()),
    path(f"{INTENT}/cancel", CancelPaymentIntent.as_view()),
]
