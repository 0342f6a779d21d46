"""`/v1/balance_transactions`. `balance/history` is its older name."""

from django.urls import path

from apps.api.paging import Page, page
from apps.api.params import Currency, Text, listing, operation
from apps.api.views import WireView
from apps.balances import queries
from apps.balances.models import Release

LIST = listing(
    currency=Currency(),
    payout=Text(max_length=64),
    source=Text(max_length=64),
    type=Text(max_length=64),
)


class BalanceTransactions(WireView):
    """List."""

    resource = "balance_transactions"
    returns = "balance_transaction"
    shapes = {"GET": LIST}

    def get(self) -> Page:
        rows = queries.list_balance_transactions(
            kind=self.params.get("type"),
            source=self.params.get("source"),
            currency=self.params.get("currency"),
            payout=self.params.get("payout"),
        )
        return page(rows, self.params)


class BalanceTransactionDetail(WireView):
    """Retrieve."""

    resource = "balance_transactions"
    returns = "balance_transaction"
    shapes = {"GET": operation()}

    def get(self, balance_transaction: str) -> Release:
        return queries.get_balance_transaction(balance_transaction)


urlpatterns = [
    path("balance/history", BalanceTransactions.as_view()),
    path("balance/history/<str:balance_transaction>", BalanceTransactionDetail.as_view()),
    path("balance_transactions", BalanceTransactions.as_view()),
    path("balance_transactions/<str:balance_transaction>", BalanceTransactionDetail.as_view()),
]
