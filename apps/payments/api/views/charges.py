"""`/v1/charges`."""

from django.urls import path

from apps.api.paging import Page, page
from apps.api.views import WireView
from apps.payments import queries
from apps.payments.api.shapes import charges as shapes
from apps.payments.api.shapes.shared import RETRIEVE
from apps.payments.models import Charge


class Charges(WireView):
    """List."""

    resource = "charges"
    returns = "charge"
    shapes = {"GET": shapes.LIST}

    def get(self) -> Page:
        return page(queries.list_charges(**self.params), self.params)


class ChargeDetail(WireView):
    """Retrieve."""

    resource = "charges"
    returns = "charge"
    shapes = {"GET": RETRIEVE}

    def get(self, charge: str) -> Charge:
        return queries.get_charge(charge)


urlpatterns = [
    path("charges", Charges.as_view()),
    path("charges/<str:charge>", ChargeDetail.as_view()),
]
