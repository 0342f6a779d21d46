"""URLs of balances."""

from apps.balances.api.views import balance, payouts, settings, transactions

urlpatterns = [
    *balance.urlpatterns,
    *transactions.urlpatterns,
    *payouts.urlpatterns,
    *settings.urlpatterns,
]
