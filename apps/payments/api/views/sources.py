"""`/v1/sources`."""

import hmac

from django.urls import path

from apps.api.views import WireView
from apps.core import clock, context
from apps.core.errors import not_found
from apps.payments import queries, services
from apps.payments.api.shapes import sources as shapes
from apps.payments.models import Source


class Sources(WireView):
    """Make a source of a card or a bank account."""

    resource = "sources"
    returns = "source"
    shapes = {"POST": shapes.CREATE_SOURCE}
    publishable_methods = frozenset({"POST"})

    def post(self) -> Source:
        return services.create_source(given=self.params, now=clock.now())


class SourceDetail(WireView):
    """Retrieve, update. A browser retrieves with the client secret."""

    resource = "sources"
    returns = "source"
    shapes = {"GET": shapes.RETRIEVE_SOURCE, "POST": shapes.UPDATE_SOURCE}
    publishable_methods = frozenset({"GET"})

    def get(self, source: str) -> Source:
        secret = self.params.get("client_secret")
        found = queries.find_source(source, kinds=("source",))
        is_secret_needed = secret is not None or context.current().is_public
        if found is None or (
            is_secret_needed and not hmac.compare_digest(found.client_secret, secret or "")
        ):
            raise not_found("source", source)
        return found

    def post(self, source: str) -> Source:
        return services.update_source(source_id=source, given=self.params, now=clock.now())


class VerifySource(WireView):
    """Tell the amounts of the micro-deposits to the bank account of a source."""

    resource = "sources"
    returns = "source"
    shapes = {"POST": shapes.VERIFY_SOURCE}

    def post(self, source: str) -> Source:
        return services.verify_source(
            source_id=source, values=self.params["values"], now=clock.now()
        )


_SOURCE = "sources/<str:source>"
urlpatterns = [
    path("sources", Sources.as_view()),
    path(_SOURCE, SourceDetail.as_view()),
    path(f"{_SOURCE}/verify", VerifySource.as_view()),
]
