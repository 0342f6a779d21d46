"""`/v1/ledger/verify`, and how the verification looks on the wire."""

from datetime import datetime
from typing import Any

from apps.api import fields
from apps.api.params import Integer, InvalidParameter, operation
from apps.api.registry import ObjectType, Wire
from apps.core import clock, context
from apps.core.clock import to_unix
from apps.ledger import queries, services
from apps.ledger.api.book_view import BookView
from apps.ledger.api.seals import NUMBER_MAX
from apps.ledger.domain.findings import Check, State
from apps.ledger.models import LedgerVerification
from apps.ledger.services import RangeCheck
from apps.ledger.services.verification import RANGE_POSTINGS_MAX

VERIFY = operation(
    from_seal=Integer(
        minimum=1,
        maximum=NUMBER_MAX,
        doc="The number of the first seal of a range that is to be checked now. With `to_seal`.",
    ),
    to_seal=Integer(
        minimum=1,
        maximum=NUMBER_MAX,
        doc=f"The number of the last one. A range has at most {RANGE_POSTINGS_MAX:,} postings.",
    ),
)


class LedgerVerify(BookView):
    """`ledger/verify`."""

    resource = "ledger_reports"
    returns = "ledger.verification"
    shapes = {"GET": operation(), "POST": VERIFY}

    def get(self) -> Wire:
        """Retrieve what the verification of the book has come to.

        It goes on all the time: round after round, every balance is computed from the entries,
        every transaction's sum, every seal, and the equations of the chart of accounts. If
        something does not add up, the book takes no postings until an operator lets it.
        """
        return render_verification(queries.get_verification())

    def post(self) -> Wire:
        """Verify a range of seals now, or go on with a round over the whole book.

        With `from_seal` and `to_seal`, those seals and their postings are checked before the
        answer, which has the result as `range`. Without, a round goes on that is at work, or else
        a new one begins.
        """
        if not self.params:
            return render_verification(services.verify_now(now=clock.now()))
        for name in ("from_seal", "to_seal"):
            if name not in self.params:
                raise InvalidParameter(
                    f"Missing required parameter: {name}.", code="parameter_missing", param=name
                )
        checked = services.verify_seals(**self.params, now=clock.now())
        return render_verification(queries.get_verification(), checked=checked)


def render_verification(row: LedgerVerification, *, checked: RangeCheck | None = None) -> Wire:
    """Return the wire's verification.

    :param checked: what a check of some seals found.
    """
    book = queries.get_state()
    at = row.cursor.get("at")
    return {
        "object": "ledger.verification",
        "coverage": row.coverage,
        "findings": row.findings,
        "finished_at": _unix(row.round_finished_at),
        "frozen_at": _unix(book.frozen_at),
        "frozen_reason": book.frozen_reason or None,
        "livemode": context.current().environment.livemode,
        "range": None if checked is None else _range(checked),
        "round": {
            "accounts": row.accounts_checked,
            "phase": None if at is None else at["phase"],
            "postings": row.postings_checked,
            "seals": row.seals_checked,
            "started_at": _unix(row.round_started_at),
        },
        "rounds": row.rounds,
        "state": row.state,
    }


def _range(checked: RangeCheck) -> Wire:
    return {
        "findings": [finding.to_json() for finding in checked.findings],
        "from_seal": checked.from_seal,
        "postings": checked.postings,
        "to_seal": checked.to_seal,
    }


def _unix(instant: datetime | None) -> int | None:
    return None if instant is None else to_unix(instant)


_FINDING: dict[str, Any] = {
    "check": fields.text("What was looked at.", choices=tuple(str(check) for check in Check)),
    "expected": fields.anything("What it should be, by what lies below it: entries, postings."),
    "found": fields.anything("What is written instead."),
    "message": fields.text("What is wrong there."),
    "suspects": fields.list_of(
        fields.text(), doc="Transactions of which rows were written after they were sealed."
    ),
    "where": fields.map_of(
        fields.anything(), doc="The place: a seal, a transaction, an account and its currency."
    ),
}
_COVERAGE = {
    "currency": fields.currency(),
    "held": fields.amount("With processors, at the bank, and to come from exchanges."),
    "owed": fields.amount("To merchants, wallets and customers."),
    "shortfall": fields.amount("What is missing: it is shown, and freezes nothing.", minimum=0),
}
VERIFICATION = ObjectType(
    name="ledger.verification",
    about="How far the continuous verification of the book is, and what it found.",
    fields={
        "coverage": fields.list_of(
            fields.part(_COVERAGE),
            doc="What is owed and what is held, in each currency, at the end of the last round.",
        ),
        "findings": fields.list_of(
            fields.part(_FINDING), doc="What does not add up, and exactly where."
        ),
        "finished_at": fields.time("When a round last came to its end.", nullable=True),
        "frozen_at": fields.time("Since when the book takes no postings.", nullable=True),
        "frozen_reason": fields.text("What was found then.", nullable=True),
        "livemode": fields.boolean("Whether it is of the live environment."),
        "range": fields.part(
            {
                "findings": fields.list_of(fields.part(_FINDING), doc="What was found."),
                "from_seal": fields.integer("The number of the first seal.", minimum=1),
                "postings": fields.integer("How many postings were checked.", minimum=0),
                "to_seal": fields.integer("The number of the last seal.", minimum=1),
            },
            doc="The check of some seals that was asked for.",
            nullable=True,
        ),
        "round": fields.part(
            {
                "accounts": fields.integer("Accounts that were checked.", minimum=0),
                "phase": fields.text(
                    "What is looked at; null: it is over.",
                    choices=("seals", "unsealed", "transactions", "accounts", "chart"),
                    nullable=True,
                ),
                "postings": fields.integer("Postings that were checked.", minimum=0),
                "seals": fields.integer("Seals that were checked.", minimum=0),
                "started_at": fields.time("When it began.", nullable=True),
            },
            doc="The round at work, or the last one.",
        ),
        "rounds": fields.integer("How many rounds have come to their end.", minimum=0),
        "state": fields.text(
            "`new`: the first round is not over. `drift`: something does not add up.",
            choices=tuple(str(state) for state in State),
        ),
    },
)
