"""`/v1/balance` and `/v1/balance_transactions`."""

from apps.api.paging import Page, page
from apps.api.params import Currency, Text, listing, operation
from apps.api.views import WireView
from apps.balances import queries
from apps.balances.domain import Balance
from apps.balances.models import Release

LIST = listing(
    currency=Currency(),
    source=Text(max_length=64),
    type=Text(max_length=64),
)


class BalanceDetail(WireView):
    """Retrieve."""

    resource = "balance"
    returns = "balance"
    shapes = {"GET": operation()}

    def get(self) -> Balance:
        return queries.get_balance()


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
        )
        return page(rows, self.params)


class BalanceTransactionDetail(WireView):
    """Retrieve."""

    resource = "balance_transactions"
    returns = "balance_transaction"
    shapes = {"GET": operation()}

    def get(self, balance_transaction: str) -> Release:
        return queries.get_balance_transaction(balance_transaction)
