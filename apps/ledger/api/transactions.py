"""`/v1/ledger/transactions`."""

from typing import Any

from apps.api.paging import Page, bounds, window
from apps.api.params import operation
from apps.api.views import WireView
from apps.core import clock
from apps.ledger import queries, services
from apps.ledger.api import transaction_shapes as shapes
from apps.ledger.domain import Status
from apps.ledger.models import LedgerTransaction
from apps.ledger.queries import TransactionFilter


class Transactions(WireView):
    """Create, list."""

    resource = "ledger_transactions"
    returns = "ledger.transaction"
    shapes = {"GET": shapes.LIST, "POST": shapes.CREATE}

    def get(self) -> Page:
        """List ledger transactions.

        The newest first; those of one ledger account in the order in which they count. A page may
        be shorter than `limit` where its transactions are long: `has_more` says whether there are
        more.
        """
        return queries.list_page(_filter(self.params), window(self.params))

    def post(self) -> LedgerTransaction:
        """Create a ledger transaction.

        From `postings`, from the `entries` of a journal, or from an `exchange` of currencies: one
        of the three. All ledger accounts must be there and open, and none of FinCloud's own.
        """
        return services.create_transaction(given=self.params, now=clock.now())


class TransactionDetail(WireView):
    """Retrieve."""

    resource = "ledger_transactions"
    returns = "ledger.transaction"
    shapes = {"GET": operation()}

    def get(self, ledger_transaction: str) -> LedgerTransaction:
        return queries.get_transaction(ledger_transaction)


class PostTransaction(WireView):
    """Post a pending ledger transaction, in full or in part: what is left of it is released.

    Answers with the transaction that posts it. A part is an `amount` where it is one posting, and
    otherwise `postings` between the accounts that it reserved on.
    """

    resource = "ledger_transactions"
    returns = "ledger.transaction"
    shapes = {"POST": shapes.POST}

    def post(self, ledger_transaction: str) -> LedgerTransaction:
        return services.post_pending(transaction_id=ledger_transaction, given=self.params)


class VoidTransaction(WireView):
    """Void a pending ledger transaction: all that it reserved is released.

    Answers with the transaction that voids it.
    """

    resource = "ledger_transactions"
    returns = "ledger.transaction"
    shapes = {"POST": shapes.VOID}

    def post(self, ledger_transaction: str) -> LedgerTransaction:
        return services.void_pending(transaction_id=ledger_transaction, given=self.params)


class ReverseTransaction(WireView):
    """Reverse a ledger transaction: all that it posted, by the opposite postings.

    Answers with the reversal.
    """

    resource = "ledger_transactions"
    returns = "ledger.transaction"
    shapes = {"POST": shapes.REVERSE}

    def post(self, ledger_transaction: str) -> LedgerTransaction:
        return services.reverse_transaction(transaction_id=ledger_transaction, given=self.params)


def _filter(params: dict[str, Any]) -> TransactionFilter:
    status = params.get("status")
    return TransactionFilter(
        account=params.get("account"),
        reference=params.get("reference"),
        source=params.get("source"),
        status=None if status is None else Status(status),
        effective=bounds(params.get("effective_at")),
        created=bounds(params.get("created")),
        metadata=params.get("metadata"),
    )
