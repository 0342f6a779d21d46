"""`/v1/ledger/accounts/{id}/statement`."""

from datetime import datetime

from apps.api import fields
from apps.api.downloads import Download
from apps.api.paging import cut, no_such_cursor, window
from apps.api.params import Integer, InvalidParameter, Text, Time, operation
from apps.api.registry import ObjectType, Wire
from apps.api.views import ANSWER_TYPE, WireView
from apps.core import clock, context
from apps.core.clock import to_unix
from apps.ledger import queries
from apps.ledger.api import statement_csv, statement_pdf
from apps.ledger.api.account_resources import render_entry
from apps.ledger.api.accounts import place_of
from apps.ledger.domain.refusals import StatementInvalid, StatementTooLong
from apps.ledger.models import LedgerAccount
from apps.ledger.queries import Place, Statement

# A whole statement as a rule: some megabytes.
ENTRIES_MAX = 10_000
SHAPE = operation(
    start=Time(required=True, doc="The first second of the period."),
    end=Time(required=True, doc="Its last second, which is in it."),
    format=Text(
        choices=("json", "csv", "pdf"),
        doc=f"`json` unless given. `csv` has any number of entries, `pdf` at most "
        f"{statement_pdf.ENTRIES_MAX:,}.",
    ),
    limit=Integer(
        doc=f"How many entries at most, as JSON: 1 to {ENTRIES_MAX:,}, all of which it is "
        "unless given."
    ),
    starting_after=Text(
        max_length=64, doc="An entry of the statement, as JSON: the entries start after it."
    ),
)
STATEMENT = ObjectType(
    name="ledger.statement",
    about="What a ledger account had before a period, what moved it, and what it had at the end. "
    "Only posted entries count. Amounts are in the direction in which the account grows.",
    fields={
        "account": fields.reference("The ledger account."),
        "closing_balance": fields.total("What it had at the end."),
        "code": fields.text("The code of the account."),
        "credits": fields.total("The sum of the credits of the period.", minimum=0),
        "currency": fields.currency("That of the account."),
        "debits": fields.total("The sum of the debits of the period.", minimum=0),
        "end": fields.time("The last second of the period."),
        "entries": fields.page_of(
            "ledger.entry", doc="In the order in which they are effective, the earliest first."
        ),
        "livemode": fields.boolean("Whether it is of the live environment."),
        "opening_balance": fields.total("What it had before the period."),
        "start": fields.time("The first second of the period."),
    },
)


class LedgerAccountStatement(WireView):
    """Retrieve the statement of a ledger account for a period.

    As JSON it may have more entries than one answer holds: `has_more` says so, and
    `starting_after` goes on. The balances are those of the whole period in every answer.
    """

    resource = "ledger_accounts"
    returns = "ledger.statement"
    shapes = {"GET": SHAPE}
    media_types = (ANSWER_TYPE, "text/csv", "application/pdf")

    def get(self, ledger_account: str) -> Wire | Download:
        account = queries.get_account(ledger_account)
        start, end = self.params["start"], self.params["end"]
        if end < start:
            raise StatementInvalid("The period ends before it begins.", param="end")
        form = self.params.get("format", "json")
        if form == "json":
            return self._json(account, start, end)
        for name in ("limit", "starting_after"):
            if name in self.params:
                raise InvalidParameter(f"A statement as {form} is whole.", param=name)
        return _csv(account, start, end) if form == "csv" else _pdf(account, start, end)

    def _json(self, account: LedgerAccount, start: datetime, end: datetime) -> Wire:
        asked = window(self.params, default=ENTRIES_MAX, most=ENTRIES_MAX)
        statement = queries.read_statement(
            account,
            starts_at=start,
            ends_at=end,
            after=_place_within(account, asked.after, start, end),
            limit=asked.limit + 1,
        )
        entries = cut(list(statement.entries), asked)
        return {
            "object": "ledger.statement",
            "account": account.id,
            "closing_balance": statement.closing_minor,
            "code": account.code,
            "credits": statement.credits_minor,
            "currency": account.currency,
            "debits": statement.debits_minor,
            "end": to_unix(end),
            "entries": {
                "object": "list",
                "data": [render_entry(entry) for entry in entries.rows],
                "has_more": entries.has_more,
                "url": self.request.path,
            },
            "livemode": context.current().environment.livemode,
            "opening_balance": statement.opening_minor,
            "start": to_unix(start),
        }


def _place_within(
    account: LedgerAccount, cursor: str | None, start: datetime, end: datetime
) -> Place | None:
    place = place_of(account, cursor, param="starting_after")
    if cursor and place and not start <= place.effective_at < queries.end_of(end):
        raise no_such_cursor(cursor, param="starting_after")
    return place


def _csv(account: LedgerAccount, start: datetime, end: datetime) -> Download:
    statement = queries.read_statement(account, starts_at=start, ends_at=end)
    return Download(
        content_type="text/csv; charset=utf-8",
        filename=_filename(statement, "csv"),
        chunks=statement_csv.chunks(statement),
    )


def _pdf(account: LedgerAccount, start: datetime, end: datetime) -> Download:
    limit = statement_pdf.ENTRIES_MAX
    statement = queries.read_statement(account, starts_at=start, ends_at=end, limit=limit + 1)
    entries = list(statement.entries)
    if len(entries) > limit:
        raise StatementTooLong(
            f"A PDF has at most {limit:,} entries, and the period has more. Ask for a shorter "
            "period, or for format=csv.",
            param="format",
        )
    file = statement_pdf.render(
        statement,
        entries,
        is_live=context.current().environment.livemode,
        made_at=clock.now(),
    )
    return Download(
        content_type="application/pdf", filename=_filename(statement, "pdf"), chunks=[file]
    )


def _filename(statement: Statement, ending: str) -> str:
    days = f"{statement.starts_at:%Y%m%d}-{statement.ends_at:%Y%m%d}"
    return f"statement-{statement.account.id}-{days}.{ending}"
