"""`/v1/refunds`, and those of a charge."""

from django.urls import path

from apps.api.paging import Page, page
from apps.api.views import WireView
from apps.core import clock
from apps.payments import queries, services
from apps.payments.api.shapes import refunds as shapes
from apps.payments.api.shapes.shared import RETRIEVE
from apps.payments.models import Refund


class ChargeRefunds(WireView):
    """List the refunds of a charge."""

    resource = "refunds"
    returns = "refund"
    shapes = {"GET": shapes.LIST}

    def get(self, charge: str) -> Page:
        queries.get_charge(charge)
        return page(queries.list_refunds(**{**self.params, "charge": charge}), self.params)


class Refunds(WireView):
    """Create, list."""

    resource = "refunds"
    returns = "refund"
    shapes = {"GET": shapes.LIST, "POST": shapes.CREATE}

    def get(self) -> Page:
        return page(queries.list_refunds(**self.params), self.params)

    def post(self) -> Refund:
        return services.create_refund(given=self.params, now=clock.now())


class RefundDetail(WireView):
    """Retrieve, update."""

    resource = "refunds"
    returns = "refund"
    shapes = {"GET": RETRIEVE, "POST": shapes.UPDATE}

    def get(self, refund: str) -> Refund:
        return queries.get_refund(refund)

    def post(self, refund: str) -> Refund:
        return services.update_refund(refund_id=refund, given=self.params)


urlpatterns = [
    path("charges/<str:charge>/refunds", ChargeRefunds.as_view()),
    path("refunds", Refunds.as_view()),
    path("refunds/<str:refund>", RefundDetail.as_view()),
]
