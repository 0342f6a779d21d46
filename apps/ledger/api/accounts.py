"""`/v1/ledger/accounts` and `/v1/ledger/entries`."""

from apps.api.paging import Page, bounds, cut, no_such_cursor, page, window
from apps.api.params import (
    AnyOf,
    Currency,
    Integer,
    Metadata,
    Shape,
    Text,
    Time,
    listing,
    operation,
    paged,
)
from apps.api.registry import Wire
from apps.api.views import WireView
from apps.core import clock
from apps.core.money import MAX_MINOR
from apps.ledger import queries, services
from apps.ledger.api.account_resources import KINDS, render_balance
from apps.ledger.api.transaction_resource import LAYER_DOC, LAYERS
from apps.ledger.domain.chart import CODE_LENGTH, CODE_PATTERN
from apps.ledger.models import LedgerAccount
from apps.ledger.queries import Entry, EntryFilter, Place

NAME = Text(max_length=120, unset=True, doc="What people call it.")
CREATE = operation(
    code=Text(
        max_length=CODE_LENGTH,
        pattern=CODE_PATTERN,
        required=True,
        doc="Its name in the book. One account has it in one currency. Codes that begin like one "
        "of FinCloud's own chart (`wallet:`, `account:`, …) are reserved.",
    ),
    currency=Currency(required=True, doc="What it holds."),
    floor=Integer(
        minimum=-MAX_MINOR,
        maximum=0,
        unset=True,
        doc="What its balance may not fall below, in minor units: 0 or less. The balance of an "
        "account with a floor is one row, which one posting after the other has to wait for.",
    ),
    kind=Text(
        choices=KINDS,
        required=True,
        doc="Assets and expenses grow by debits, the others by credits.",
    ),
    metadata=Metadata(),
    name=NAME,
)
UPDATE = operation(metadata=Metadata(), name=NAME)
LIST = listing(
    code=Text(max_length=CODE_LENGTH, doc="Only accounts with this code."),
    code_prefix=Text(max_length=CODE_LENGTH, doc="Only accounts whose code begins so."),
    currency=Currency(doc="Only accounts in this currency."),
    kind=Text(choices=KINDS, doc="Only accounts of this kind."),
    status=Text(choices=("open", "closed"), doc="Only open, or only closed accounts."),
)
AT = Time(
    doc="Only what is effective until the end of this second; otherwise all that is recorded, also "
    "what takes effect later."
)
KNOWN_AT = Time(
    doc="Only what had been recorded by the end of this second: the balance as it was known then."
)
ENTRIES = paged(
    effective_at=AnyOf(
        Time(),
        Shape(gt=Time(), gte=Time(), lt=Time(), lte=Time()),
        doc="Only what is effective in this second, or between these bounds.",
    ),
    layer=Text(choices=LAYERS, doc=LAYER_DOC),
    transaction=Text(max_length=64, doc="Only entries of this transaction."),
)


class LedgerAccounts(WireView):
    """Create, list."""

    resource = "ledger_accounts"
    returns = "ledger.account"
    shapes = {"GET": LIST, "POST": CREATE}

    def get(self) -> Page:
        filters = {name: self.params.get(name) for name in ("code", "code_prefix", "kind")}
        status = self.params.get("status")
        rows = queries.list_accounts(
            **filters,
            currency=self.params.get("currency"),
            is_closed=None if status is None else status == "closed",
        )
        return page(rows, self.params)

    def post(self) -> LedgerAccount:
        """Open a ledger account.

        The accounts of payments, balances and wallets are opened by FinCloud itself.
        """
        return services.open_account(given=self.params, now=clock.now())


class LedgerAccountDetail(WireView):
    """Retrieve, update."""

    resource = "ledger_accounts"
    returns = "ledger.account"
    shapes = {"GET": operation(), "POST": UPDATE}

    def get(self, ledger_account: str) -> LedgerAccount:
        return queries.get_account(ledger_account)

    def post(self, ledger_account: str) -> LedgerAccount:
        """Update the name and the metadata of a ledger account."""
        return services.update_account(account_id=ledger_account, given=self.params)


class CloseLedgerAccount(WireView):
    """Close a ledger account.

    It takes no more postings, for good. One on which something is reserved cannot be closed.
    """

    resource = "ledger_accounts"
    returns = "ledger.account"
    shapes = {"POST": operation()}

    def post(self, ledger_account: str) -> LedgerAccount:
        return services.close_own_account(account_id=ledger_account, now=clock.now())


class LedgerAccountBalance(WireView):
    """Retrieve the balance of a ledger account, of now or of any time.

    `at` asks by when entries are effective, `known_at` by when they were recorded; together they
    ask what was known then of the balance at that time.
    """

    resource = "ledger_accounts"
    returns = "ledger.balance"
    shapes = {"GET": operation(at=AT, known_at=KNOWN_AT)}

    def get(self, ledger_account: str) -> Wire:
        account = queries.get_account(ledger_account)
        balance = queries.balance_at(
            account, at=self.params.get("at"), known_at=self.params.get("known_at")
        )
        return render_balance(balance)


class LedgerAccountEntries(WireView):
    """List the entries of a ledger account, the latest first.

    They are in the order in which they are effective, and each has the balance after it.
    """

    resource = "ledger_entries"
    returns = "ledger.entry"
    shapes = {"GET": ENTRIES}

    def get(self, ledger_account: str) -> Page:
        account = queries.get_account(ledger_account)
        asked = window(self.params)
        starts_at, ends_at = bounds(self.params.get("effective_at"))
        rows = queries.list_account_entries(
            account,
            wanted=EntryFilter(
                starts_at=starts_at,
                ends_at=ends_at,
                layer=self.params.get("layer"),
                transaction_id=self.params.get("transaction"),
            ),
            limit=asked.limit + 1,
            after=place_of(account, asked.after, param="starting_after"),
            before=place_of(account, asked.before, param="ending_before"),
        )
        return cut(rows, asked)


class LedgerEntryDetail(WireView):
    """Retrieve."""

    resource = "ledger_entries"
    returns = "ledger.entry"
    shapes = {"GET": operation()}

    def get(self, ledger_entry: str) -> Entry:
        return queries.get_entry(ledger_entry)


def place_of(account: LedgerAccount, cursor: str | None, *, param: str) -> Place | None:
    """Return the place of the entry that a cursor names.

    :raises InvalidCursor: it is no entry of the account.
    """
    if cursor is None:
        return None
    place = queries.find_place(account, cursor)
    if place is None:
        raise no_such_cursor(cursor, param=param)
    return place
