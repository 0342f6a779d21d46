"""`/v1/refunds`, and those of a charge."""

from django.urls import path

from apps.api.paging import Page, page
from apps.api.views import WireView
from apps.core import clock
from apps.payments import queries, services
from apps.payments.api.shapes import refunds as shapes
from apps.payments.models import Charge, Refund


class RefundCharge(WireView):
    """Refund a charge; the answer is the charge."""

    resource = "charges"
    returns = "charge"
    shapes = {"POST": shapes.REFUND_CHARGE}

    def post(self, charge: str) -> Charge:
        queries.get_charge(charge)
        return services.refund_charge(charge_id=charge, given=self.params, now=clock.now())


class ChargeRefunds(WireView):
    """Create, list the refunds of a charge."""

    resource = "refunds"
    returns = "refund"
    shapes = {"GET": shapes.LIST_OF_CHARGE, "POST": shapes.CREATE_OF_CHARGE}

    def get(self, charge: str) -> Page:
        queries.get_charge(charge)
        return page(queries.list_refunds(**{**self.params, "charge": charge}), self.params)

    def post(self, charge: str) -> Refund:
        queries.get_charge(charge)
        return services.create_refund(given={**self.params, "charge": charge}, now=clock.now())


class ChargeRefundDetail(WireView):
    """Retrieve, update a refund of a charge."""

    resource = "refunds"
    returns = "refund"
    shapes = {"GET": shapes.RETRIEVE_OF_CHARGE, "POST": shapes.UPDATE_OF_CHARGE}

    def get(self, charge: str, refund: str) -> Refund:
        return queries.get_refund(refund, charge_id=charge)

    def post(self, charge: str, refund: str) -> Refund:
        queries.get_refund(refund, charge_id=charge)
        return services.update_refund(refund_id=refund, given=self.params)


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
    shapes = {"GET": shapes.RETRIEVE, "POST": shapes.UPDATE}

    def get(self, refund: str) -> Refund:
        return queries.get_refund(refund)

    def post(self, refund: str) -> Refund:
        return services.update_refund(refund_id=refund, given=self.params)


class CancelRefund(WireView):
    """Cancel a refund that requires an action."""

    resource = "refunds"
    returns = "refund"
    shapes = {"POST": shapes.CANCEL}

    def post(self, refund: str) -> Refund:
        return services.cancel_refund(refund_id=refund, now=clock.now())


class ExpireRefund(WireView):
    """Let the time run out for a refund that requires an action; in a sandbox only."""

    resource = "refunds"
    returns = "refund"
    shapes = {"POST": shapes.EXPIRE}

    def post(self, refund: str) -> Refund:
        return services.expire_refund(refund_id=refund, now=clock.now())


CHARGE = "charges/<str:charge>"
urlpatterns = [
    path(f"{CHARGE}/refund", RefundCharge.as_view()),
    path(f"{CHARGE}/refunds", ChargeRefunds.as_view()),
    path(f"{CHARGE}/refunds/<str:refund>", ChargeRefundDetail.as_view()),
    path("refunds", Refunds.as_view()),
    path("refunds/<str:refund>", RefundDetail.as_view()),
    path("refunds/<str:refund>/cancel", CancelRefund.as_view()),
    path("test_helpers/refunds/<str:refund>/expire", ExpireRefund.as_view()),
]
