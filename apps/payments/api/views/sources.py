"""`/v1/sources`."""

import hmac
from typing import Any

from django.urls import path

from apps.api.paging import no_such_cursor, window
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


class SourceTransactions(WireView):
    """List what was received: nothing, for the types that are here are charged."""

    resource = "sources"
    returns = "source_transaction"
    shapes = {"GET": shapes.LIST_TRANSACTIONS}

    def get(self, source: str) -> dict[str, Any]:
        queries.get_source(source, kinds=("source",))
        asked = window(self.params)
        for name, cursor in (("starting_after", asked.after), ("ending_before", asked.before)):
            if cursor:
                raise no_such_cursor(cursor, param=name)
        url = f"/v1/sources/{source}/source_transactions"
        return {"object": "list", "data": [], "has_more": False, "url": url}


_SOURCE = "sources/<str:source>"
urlpatterns = [
    path("sources", Sources.as_view()),
    path(_SOURCE, SourceDetail.as_view()),
    path(f"{_SOURCE}/verify", VerifySource.as_view()),
    path(f"{_SOURCE}/source_transactions", SourceTransactions.as_view()),
]
