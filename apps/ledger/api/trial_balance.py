"""`/v1/ledger/trial_balance`."""

from itertools import groupby

from apps.api import fields
from apps.api.paging import cut, no_such_cursor, window
from apps.api.params import Currency, Integer, Text, operation
from apps.api.registry import ObjectType, Wire
from apps.core import context
from apps.core.clock import to_unix
from apps.ledger import queries
from apps.ledger.api.account_resources import KINDS, SIDES
from apps.ledger.api.accounts import AT, KNOWN_AT
from apps.ledger.api.book_view import BookView
from apps.ledger.domain import Kind, normal_side
from apps.ledger.models import LedgerAccount
from apps.ledger.queries import AccountTotal, Total

_SUMS = {
    "balance": fields.total("What is left, on the side on which it grows."),
    "credits": fields.total("The sum of the credits.", minimum=0),
    "debits": fields.total("The sum of the debits.", minimum=0),
}
_OF_KIND = {**_SUMS, "kind": fields.text("The kind of the accounts.", choices=KINDS)}
_OF_CURRENCY = {
    "credits": fields.total("The sum of the credits of all accounts.", minimum=0),
    "currency": fields.currency("The currency of the accounts."),
    "debits": fields.total("The sum of the debits of all accounts.", minimum=0),
    "is_balanced": fields.boolean("Whether the two are equal."),
    "kinds": fields.list_of(fields.part(_OF_KIND), doc="The same for each kind that there is."),
}
LINE = ObjectType(
    name="ledger.trial_balance_line",
    about="What a ledger account comes to in a trial balance.",
    fields={
        **_SUMS,
        "account": fields.reference("The ledger account."),
        "code": fields.text("The code of the account."),
        "currency": fields.currency("That of the account."),
        "kind": fields.text("The kind of the account.", choices=KINDS),
        "name": fields.text("What people call it.", nullable=True),
        "normal_side": fields.text("The side on which it grows.", choices=SIDES),
    },
)
TRIAL_BALANCE = ObjectType(
    name="ledger.trial_balance",
    about="What every ledger account of the environment comes to, and all of them together. Only "
    "posted entries count.",
    fields={
        "at": fields.time("It counts what is effective until then; null: all.", nullable=True),
        "currency": fields.currency("The one that was asked for; null: all.", nullable=True),
        "is_balanced": fields.boolean("Whether debits equal credits, in every currency."),
        "known_at": fields.time(
            "It counts what was recorded until then; null: all.", nullable=True
        ),
        "lines": fields.page_of(
            LINE.name,
            doc="The accounts that have entries, in the order of kind, code and currency.",
        ),
        "livemode": fields.boolean("Whether it is of the live environment."),
        "totals": fields.list_of(
            fields.part(_OF_CURRENCY), doc="The sums of all accounts, also of those on other pages."
        ),
    },
)


class LedgerTrialBalance(BookView):
    """Retrieve the trial balance of the whole book, of now or of any time.

    `at` and `known_at` are as in the balance of an account. The totals are of everything; the lines
    come in pages.
    """

    resource = "ledger_reports"
    returns = "ledger.trial_balance"
    shapes = {
        "GET": operation(
            at=AT,
            currency=Currency(doc="Only accounts in this currency."),
            known_at=KNOWN_AT,
            limit=Integer(doc="How many lines at most: 1 to 100, 100 unless given."),
            starting_after=Text(
                max_length=64, doc="The account of a line: the lines start after it."
            ),
        )
    }

    def get(self) -> Wire:
        asked = window(self.params, default=100)
        at, known_at = self.params.get("at"), self.params.get("known_at")
        found = queries.read_trial_balance(
            at=at,
            known_at=known_at,
            currency=self.params.get("currency"),
            after=_account_of(asked.after),
            limit=asked.limit + 1,
        )
        lines = cut(list(found.lines), asked)
        totals = [
            _of_currency(currency, list(of_currency))
            for currency, of_currency in groupby(
                sorted(found.totals, key=lambda total: total.currency),
                key=lambda total: total.currency,
            )
        ]
        return {
            "object": "ledger.trial_balance",
            "at": None if at is None else to_unix(at),
            "currency": self.params.get("currency"),
            "is_balanced": all(total["is_balanced"] for total in totals),
            "known_at": None if known_at is None else to_unix(known_at),
            "lines": {
                "object": "list",
                "data": [_line(line) for line in lines.rows],
                "has_more": lines.has_more,
                "url": self.request.path,
            },
            "livemode": context.current().environment.livemode,
            "totals": totals,
        }


def _account_of(cursor: str | None) -> LedgerAccount | None:
    if cursor is None:
        return None
    account = queries.find_any_account(cursor)
    if account is None:
        raise no_such_cursor(cursor, param="starting_after")
    return account


def _of_currency(currency: str, totals: list[Total]) -> Wire:
    debits = sum(total.debits_minor for total in totals)
    credited = sum(total.credits_minor for total in totals)
    return {
        "credits": credited,
        "currency": currency,
        "debits": debits,
        "is_balanced": debits == credited,
        "kinds": [{"kind": str(total.kind), **_sums(total)} for total in totals],
    }


def _line(line: AccountTotal) -> Wire:
    kind = Kind(line.total.kind)
    return {
        "object": LINE.name,
        "account": line.account_id,
        "code": line.code,
        "currency": line.total.currency,
        "kind": str(kind),
        "name": line.name or None,
        "normal_side": str(normal_side(kind)),
        **_sums(line.total),
    }


def _sums(total: Total) -> Wire:
    return {
        "balance": total.balance_minor,
        "credits": total.credits_minor,
        "debits": total.debits_minor,
    }
