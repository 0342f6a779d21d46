"""`/v1/tokens`."""

from django.urls import path

from apps.api.views import WireView
from apps.core import clock
from apps.payments import queries, services
from apps.payments.api.shapes import sources as shapes
from apps.payments.models import Token


class Tokens(WireView):
    """Make a token of a card or a bank account, which is used once."""

    resource = "tokens"
    returns = "token"
    shapes = {"POST": shapes.CREATE_TOKEN}
    publishable_methods = frozenset({"POST"})

    def post(self) -> Token:
        return services.create_token(given=self.params, now=clock.now())


class TokenDetail(WireView):
    """Retrieve."""

    resource = "tokens"
    returns = "token"
    shapes = {"GET": shapes.RETRIEVE_TOKEN}

    def get(self, token: str) -> Token:
        return queries.get_token(token)


urlpatterns = [
    path("tokens", Tokens.as_view()),
    path("tokens/<str:token>", TokenDetail.as_view()),
]
