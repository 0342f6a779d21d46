"""`/v1/ledger/periods`, and how a period looks on the wire."""

from apps.api import fields
from apps.api.paging import Page, page
from apps.api.params import Time, listing, operation
from apps.api.registry import ResourceType, Wire
from apps.core import clock, context
from apps.core.clock import to_unix
from apps.ledger import queries, services
from apps.ledger.api.book_view import BookView
from apps.ledger.models import LedgerPeriod

CLOSE = operation(
    ends_at=Time(
        required=True,
        doc="Everything that is effective before this second is closed. Not in the future, and "
        "after the end of the last closed period.",
    )
)


class LedgerPeriods(BookView):
    """`ledger/periods`."""

    resource = "ledger_periods"
    returns = "ledger.period"
    shapes = {"GET": listing(), "POST": CLOSE}

    def get(self) -> Page:
        """List ledger periods."""
        return page(queries.list_periods(), self.params)

    def post(self) -> LedgerPeriod:
        """Close a ledger period: nothing can be back-dated into it any more.

        It begins where the last closed one ends. The same end again returns the same period. Only
        an operator can open it again.
        """
        return services.close_period(ends_at=self.params["ends_at"], now=clock.now())


class LedgerPeriodDetail(BookView):
    """Retrieve."""

    resource = "ledger_periods"
    returns = "ledger.period"
    shapes = {"GET": operation()}

    def get(self, ledger_period: str) -> LedgerPeriod:
        return queries.get_period(ledger_period)


def render_period(period: LedgerPeriod) -> Wire:
    """Return the wire's period."""
    reopened_at = period.reopened_at
    return {
        "id": period.id,
        "object": "ledger.period",
        "closed_by": period.closed_by,
        "created": to_unix(period.created_at),
        "ends_at": to_unix(period.ends_at),
        "livemode": context.current().environment.livemode,
        "reopen_reason": period.reopen_reason or None,
        "reopened_at": None if reopened_at is None else to_unix(reopened_at),
        "reopened_by": period.reopened_by or None,
        "starts_at": None if period.starts_at is None else to_unix(period.starts_at),
        "status": "closed" if reopened_at is None else "reopened",
    }


PERIOD = ResourceType(
    prefix="lper",
    name="ledger.period",
    model=LedgerPeriod,
    render=render_period,
    find_many=queries.find_periods,
    about="A period that was closed, so that nothing can be back-dated into it.",
    fields={
        "closed_by": fields.text("Who closed it: `key:…` or `operator:…`."),
        "created": fields.time("When it was closed."),
        "ends_at": fields.time("What is effective before this is in the period."),
        "livemode": fields.boolean("Whether it is of the live environment."),
        "reopen_reason": fields.text("Why it was opened again.", nullable=True),
        "reopened_at": fields.time("When it was opened again.", nullable=True),
        "reopened_by": fields.text("Who opened it again.", nullable=True),
        "starts_at": fields.time(
            "The end of the period before; null: from the beginning.", nullable=True
        ),
        "status": fields.text("Whether it still is closed.", choices=("closed", "reopened")),
    },
)
