"""`/v1/payouts`."""

from django.urls import path

from apps.api.paging import Page, bounds, page
from apps.api.params import from_wire, operation
from apps.api.views import WireView
from apps.balances import queries, services
from apps.balances.models import Payout
from apps.core import clock


class Payouts(WireView):
    """Create, list."""

    resource = "payouts"
    returns = "payout"
    shapes = {"GET": from_wire("GET /v1/payouts"), "POST": from_wire("POST /v1/payouts")}

    def get(self) -> Page:
        rows = queries.list_payouts(
            destination=self.params.get("destination"), status=self.params.get("status")
        )
        start, end = bounds(self.params.get("arrival_date"))
        if start is not None:
            rows = rows.filter(arrival_at__gte=start)
        if end is not None:
            rows = rows.filter(arrival_at__lt=end)
        return page(rows, self.params)

    def post(self) -> Payout:
        return services.create_payout(given=self.params, now=clock.now())


class PayoutDetail(WireView):
    """Retrieve, update."""

    resource = "payouts"
    returns = "payout"
    shapes = {"GET": operation(), "POST": from_wire("POST /v1/payouts/{payout}")}

    def get(self, payout: str) -> Payout:
        return queries.get_payout(payout)

    def post(self, payout: str) -> Payout:
        return services.update_payout(payout_id=payout, given=self.params)


class PayoutCancel(WireView):
    """Cancel."""

    resource = "payouts"
    returns = "payout"
    shapes = {"POST": from_wire("POST /v1/payouts/{payout}/cancel")}

    def post(self, payout: str) -> Payout:
        return services.cancel_payout(payout_id=payout, now=clock.now())


class PayoutReverse(WireView):
    """Reverse."""

    resource = "payouts"
    returns = "payout"
    shapes = {"POST": from_wire("POST /v1/payouts/{payout}/reverse")}

    def post(self, payout: str) -> Payout:
        return services.reverse_payout(payout_id=payout, given=self.params, now=clock.now())


urlpatterns = [
    path("payouts", Payouts.as_view()),
    path("payouts/<str:payout>", PayoutDetail.as_view()),
    path("payouts/<str:payout>/cancel", PayoutCancel.as_view()),
    path("payouts/<str:payout>/reverse", PayoutReverse.as_view()),
]
