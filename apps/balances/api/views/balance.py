"""`/v1/balance`."""

from django.urls import path

from apps.api.params import operation
from apps.api.views import WireView
from apps.balances import queries
from apps.balances.domain import Balance


class BalanceDetail(WireView):
    """Retrieve."""

    resource = "balance"
    returns = "balance"
    shapes = {"GET": operation()}

    def get(self) -> Balance:
        return queries.get_balance()


urlpatterns = [path("balance", BalanceDetail.as_view())]
