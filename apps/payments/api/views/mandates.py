"""`/v1/mandates`."""

from django.urls import path

from apps.api.views import WireView
from apps.payments import queries
from apps.payments.api.shapes import mandates as shapes
from apps.payments.models import Mandate


class MandateDetail(WireView):
    """Retrieve."""

    resource = "mandates"
    returns = "mandate"
    shapes = {"GET": shapes.RETRIEVE}

    def get(self, mandate: str) -> Mandate:
        return queries.get_mandate(mandate)


urlpatterns = [path("mandates/<str:mandate>", MandateDetail.as_view())]
