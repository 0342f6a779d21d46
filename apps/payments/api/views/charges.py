"""`/v1/charges`."""

from django.urls import path

from apps.api.paging import Page, page
from apps.api.views import WireView
from apps.core import clock
from apps.payments import queries, services
from apps.payments.api.shapes import charges as shapes
from apps.payments.api.shapes.shared import RETRIEVE
from apps.payments.models import Charge


class Charges(WireView):
    """Create, list."""

    resource = "charges"
    returns = "charge"
    shapes = {"GET": shapes.LIST, "POST": shapes.CREATE}

    def get(self) -> Page:
        return page(queries.list_charges(**self.params), self.params)

    def post(self) -> Charge:
        return services.create_charge(given=self.params, now=clock.now())


class ChargeDetail(WireView):
    """Retrieve, update."""

    resource = "charges"
    returns = "charge"
    shapes = {"GET": RETRIEVE, "POST": shapes.UPDATE}

    def get(self, charge: str) -> Charge:
        return queries.get_charge(charge)

    def post(self, charge: str) -> Charge:
        return services.update_charge(charge_id=charge, given=self.params)


class CaptureCharge(WireView):
    """Capture a charge that was made without a PaymentIntent."""

    resource = "charges"
    returns = "charge"
    shapes = {"POST": shapes.CAPTURE}

    def post(self, charge: str) -> Charge:
        return services.capture_charge(charge_id=charge, given=self.params, now=clock.now())


urlpatterns = [
    path("charges", Charges.as_view()),
    path("charges/<str:charge>", ChargeDetail.as_view()),
    path("charges/<str:charge>/capture", CaptureCharge.as_view()),
]
