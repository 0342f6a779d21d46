"""`/v1/disputes`, and the dispute of a charge."""

from django.urls import path

from apps.api.paging import Page, page
from apps.api.views import WireView
from apps.core import clock
from apps.payments import queries, services
from apps.payments.api.shapes import disputes as shapes
from apps.payments.models import Dispute


class Disputes(WireView):
    """List."""

    resource = "disputes"
    returns = "dispute"
    shapes = {"GET": shapes.LIST}

    def get(self) -> Page:
        listed = page(queries.list_disputes(**self.params), self.params)
        queries.with_transactions(listed.rows)
        return listed


class DisputeDetail(WireView):
    """Retrieve, update: evidence that is given is handed in, unless `submit` is false."""

    resource = "disputes"
    returns = "dispute"
    shapes = {"GET": shapes.RETRIEVE, "POST": shapes.UPDATE}

    def get(self, dispute: str) -> Dispute:
        return queries.get_dispute(dispute)

    def post(self, dispute: str) -> Dispute:
        return services.update_dispute(dispute_id=dispute, given=self.params, now=clock.now())


class CloseDispute(WireView):
    """Give a dispute up."""

    resource = "disputes"
    returns = "dispute"
    shapes = {"POST": shapes.CLOSE}

    def post(self, dispute: str) -> Dispute:
        return services.close_dispute(dispute_id=dispute, now=clock.now())


class ChargeDispute(WireView):
    """Retrieve, update the newest dispute of a charge."""

    resource = "disputes"
    returns = "dispute"
    shapes = {"GET": shapes.RETRIEVE_OF_CHARGE, "POST": shapes.UPDATE_OF_CHARGE}

    def get(self, charge: str) -> Dispute:
        return queries.get_dispute_of(charge)

    def post(self, charge: str) -> Dispute:
        dispute = queries.get_dispute_of(charge)
        return services.update_dispute(dispute_id=dispute.id, given=self.params, now=clock.now())


class CloseChargeDispute(WireView):
    """Give the newest dispute of a charge up."""

    resource = "disputes"
    returns = "dispute"
    shapes = {"POST": shapes.CLOSE_OF_CHARGE}

    def post(self, charge: str) -> Dispute:
        dispute = queries.get_dispute_of(charge)
        return services.close_dispute(dispute_id=dispute.id, now=clock.now())


urlpatterns = [
    path("disputes", Disputes.as_view()),
    path("disputes/<str:dispute>", DisputeDetail.as_view()),
    path("disputes/<str:dispute>/close", CloseDispute.as_view()),
    path("charges/<str:charge>/dispute", ChargeDispute.as_view()),
    path("charges/<str:charge>/dispute/close", CloseChargeDispute.as_view()),
]
