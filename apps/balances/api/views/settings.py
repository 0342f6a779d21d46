"""`/v1/balance_settings`."""

from django.urls import path

from apps.api.params import Text, from_wire
from apps.api.views import WireView
from apps.balances import queries, services
from apps.balances.domain import BalanceSettings
from apps.core import clock

_UPDATE = from_wire(
    "POST /v1/balance_settings",
    {"payments[payouts][statement_descriptor]": Text(max_length=22, unset=True)},
)


class BalanceSettingsDetail(WireView):
    """Retrieve, update."""

    resource = "balance_settings"
    returns = "balance_settings"
    shapes = {"GET": from_wire("GET /v1/balance_settings"), "POST": _UPDATE}

    def get(self) -> BalanceSettings:
        """Retrieve the settings of the balance."""
        return queries.balance_settings()

    def post(self) -> BalanceSettings:
        """Change the settings of the balance.

        A schedule begins the next day: all that is available in a currency with a bank account is
        paid out on each of its days.
        """
        return services.update_balance_settings(given=self.params, now=clock.now())


urlpatterns = [path("balance_settings", BalanceSettingsDetail.as_view())]
