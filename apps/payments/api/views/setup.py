"""`/v1/setup_intents` and `/v1/setup_attempts`."""

from django.urls import path

from apps.api.paging import Page, page
from apps.api.views import WireView
from apps.core import clock, context
from apps.payments import queries, services
from apps.payments.api.shapes import setup as shapes
from apps.payments.api.views.secret import SecretView
from apps.payments.models import SetupIntent


class SetupIntents(WireView):
    """Create, list."""

    resource = "setup_intents"
    returns = "setup_intent"
    shapes = {"GET": shapes.LIST, "POST": shapes.CREATE}

    def get(self) -> Page:
        return page(queries.list_setup_intents(**self.params), self.params)

    def post(self) -> SetupIntent:
        return services.create_setup_intent(given=self.params, now=clock.now())


class SetupIntentView(SecretView):
    """Base of the views of one SetupIntent."""

    resource = "setup_intents"
    returns = "setup_intent"

    def get_intent(self, intent_id: str) -> SetupIntent:
        """Return the SetupIntent, if the caller may see it.

        :raises NotFound: there is none, or the secret is missing or wrong.
        """
        intent = queries.get_setup_intent(intent_id)
        self.check_secret(intent, intent_id)
        return intent


class SetupIntentDetail(SetupIntentView):
    """Retrieve, update."""

    shapes = {"GET": shapes.RETRIEVE, "POST": shapes.UPDATE}
    publishable_methods = frozenset({"GET"})

    def get(self, setup_intent: str) -> SetupIntent:
        return self.get_intent(setup_intent)

    def post(self, setup_intent: str) -> SetupIntent:
        return services.update_setup_intent(
            intent_id=setup_intent, given=self.params, now=clock.now()
        )


class ConfirmSetupIntent(SetupIntentView):
    """Confirm: by the merchant, or by the customer's browser with the client secret."""

    shapes = {"POST": shapes.CONFIRM}
    publishable_methods = frozenset({"POST"})

    def post(self, setup_intent: str) -> SetupIntent:
        if context.current().is_public or "client_secret" in self.params:
            self.get_intent(setup_intent)
        return services.confirm_setup_intent(
            intent_id=setup_intent, given=self.params, now=clock.now()
        )


class CancelSetupIntent(WireView):
    """Cancel."""

    resource = "setup_intents"
    returns = "setup_intent"
    shapes = {"POST": shapes.CANCEL}

    def post(self, setup_intent: str) -> SetupIntent:
        reason = self.params.get("cancellation_reason")
        return services.cancel_setup_intent(intent_id=setup_intent, reason=reason, now=clock.now())


class SetupAttempts(WireView):
    """List the attempts of a SetupIntent."""

    resource = "setup_attempts"
    returns = "setup_attempt"
    shapes = {"GET": shapes.ATTEMPTS}

    def get(self) -> Page:
        of_one = self.params["setup_intent"]
        return page(queries.list_setup_attempts(setup_intent=of_one), self.params)


INTENT = "setup_intents/<str:setup_intent>"
urlpatterns = [
    path("setup_intents", SetupIntents.as_view()),
    path(INTENT, SetupIntentDetail.as_view()),
    path(f"{INTENT}/confirm", ConfirmSetupIntent.as_view()),
    path(f"{INTENT}/cancel", CancelSetupIntent.as_view()),
    path("setup_attempts", SetupAttempts.as_view()),
]
