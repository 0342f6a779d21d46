"""What the operations on ledger transactions take."""

from typing import Any

from apps.api.params import (
    Amount,
    AnyOf,
    Boolean,
    Currency,
    InvalidParameter,
    ListOf,
    Metadata,
    Param,
    Rate,
    Shape,
    Text,
    Time,
    listing,
    operation,
)
from apps.ledger.domain import Side, Status
from apps.ledger.domain.batches import LINES_MAX, Mode
from apps.ledger.domain.chart import CODE_LENGTH
from apps.ledger.domain.postings import ENTRIES_MAX, POSTINGS_MAX, REFERENCE_LENGTH

ACCOUNT_DOC = "A ledger account: its code, or its id (`lacct_…`)."
AMOUNT_DOC = "In minor units of the currency, more than 0."
RATE_SOURCE_LENGTH = 200


def account(doc: str, **options: Any) -> Text:
    """A ledger account, by its code or its id."""
    return Text(max_length=CODE_LENGTH, doc=f"{doc} {ACCOUNT_DOC}".strip(), **options)


def reference(doc: str) -> Text:
    """What names a transaction."""
    return Text(max_length=REFERENCE_LENGTH, doc=doc)


_CURRENCY = Currency(required=True, doc="The account's.")
_POSTING = Shape(
    amount=Amount(required=True, doc=AMOUNT_DOC),
    credit=account("Where it comes from.", required=True),
    currency=_CURRENCY,
    debit=account("Where it goes to.", required=True),
)
_ENTRY = Shape(
    account=account("", required=True),
    amount=Amount(required=True, doc=AMOUNT_DOC),
    currency=_CURRENCY,
    direction=Text(
        choices=tuple(str(side) for side in Side), required=True, doc="The side of the account."
    ),
)
_EXCHANGE: dict[str, Param] = {
    "from": account("It becomes less.", required=True),
    "from_amount": Amount(required=True, doc="How much less, in minor units."),
    "from_currency": Currency(required=True, doc="The currency that is sold."),
    "rate": Rate(
        required=True,
        doc="How much of `to_currency` one whole unit of `from_currency` is: a decimal, as text.",
    ),
    "rate_source": Text(max_length=RATE_SOURCE_LENGTH, doc="Who says so; it is kept."),
    "to": account("It becomes more. It grows on the same side as `from`.", required=True),
    "to_amount": Amount(
        doc="What you expect it to come to. The exchange is refused if it does not: `from_amount` "
        "times `rate`, rounded half to even."
    ),
    "to_currency": Currency(required=True, doc="The currency that is bought."),
}
_POSTINGS_DOC = "Amounts, each from one account to another."
_EFFECTIVE_AT = Time(doc="When it counts, in the past or the future; now, unless given.")
# A transaction, as it is created by itself or as a line of a batch.
TRANSACTION: dict[str, Param] = {
    "effective_at": _EFFECTIVE_AT,
    "entries": ListOf(
        _ENTRY,
        max_items=ENTRIES_MAX,
        doc="A journal: debits and credits that are equal in each currency. It becomes postings by "
        "a fixed rule, and reads back as given.",
    ),
    "exchange": Shape(_EXCHANGE, doc="One amount for another in another currency, at a rate."),
    "expires_at": Time(doc="When a pending transaction is given up: within ten years."),
    "metadata": Metadata(),
    "pending": Boolean(doc="Only reserve, until it is posted or voided."),
    "postings": ListOf(_POSTING, max_items=POSTINGS_MAX, doc=_POSTINGS_DOC),
    "reference": reference(
        "Names it, once and for all: the same reference with the same inputs returns the first "
        "transaction, with others it is refused. One is made unless given (`ref_…`)."
    ),
}
CREATE = operation(**TRANSACTION)
LIST = listing(
    account=account(
        "Only those that move it; in the order in which they count (`effective_at`), the latest "
        "first."
    ),
    effective_at=AnyOf(
        Time(),
        Shape(gt=Time(), gte=Time(), lt=Time(), lte=Time()),
        doc="Only what counts in this second, or between these bounds.",
    ),
    metadata=Metadata(doc="Only those with these metadata; an empty value: without the key."),
    reference=reference("Only the one with this reference."),
    source=Text(max_length=64, doc="Only those that this object of FinCloud's own caused."),
    status=Text(choices=tuple(str(one) for one in Status), doc="Only those with this status."),
)
POST = operation(
    amount=Amount(doc="How much of it, where it is one posting; all of it, unless given."),
    effective_at=Time(
        doc="When it counts, not before the pending one does; now, or then, unless given."
    ),
    metadata=Metadata(),
    postings=ListOf(
        _POSTING,
        max_items=POSTINGS_MAX,
        doc="What to post, where it is several postings: between accounts that it reserved on, and "
        "no more than it reserved. All of it, unless given.",
    ),
    reference=reference("Names what posts it; `post:` and its id, unless given."),
)
VOID = operation(
    metadata=Metadata(),
    reference=reference("Names what voids it; `void:` and its id, unless given."),
)
REVERSE = operation(
    effective_at=_EFFECTIVE_AT,
    metadata=Metadata(),
    reference=reference("Names the reversal; `reverse:` and its id, unless given."),
)


class Line(Shape):
    """A line of a batch: what is wrong with it may be its own matter, so it is kept, not raised."""

    def parse(self, value: Any, path: str) -> Any:
        """Return the typed values, or the refusal."""
        try:
            return super().parse(value, path)
        except InvalidParameter as refusal:
            return refusal


BATCH = operation(
    mode=Text(
        choices=tuple(str(mode) for mode in Mode),
        doc="`atomic`, unless given: all are posted or none. `each`: each line as if it came by "
        "itself, in the order given.",
    ),
    transactions=ListOf(
        Line(TRANSACTION),
        max_items=LINES_MAX,
        required=True,
        doc="The transactions. A form holds some hundred; send more as JSON.",
    ),
)
