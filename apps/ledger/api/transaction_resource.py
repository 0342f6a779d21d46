"""How a ledger transaction looks on the wire."""

from apps.api import fields
from apps.api.registry import ResourceType, Wire
from apps.core import context
from apps.core.clock import to_unix
from apps.ledger import queries
from apps.ledger.domain import Layer, Side, Status, moves
from apps.ledger.models import LedgerTransaction

LAYERS = tuple(str(layer) for layer in Layer)
LAYER_DOC = (
    "`posted` counts, `pending` reserves, `released` takes a reservation back when its transaction "
    "is resolved."
)


def render_transaction(transaction: LedgerTransaction) -> Wire:
    """Return the wire's transaction, of a row of `queries.with_postings`."""
    resolution = transaction.resolution
    expires_at = transaction.expires_at
    return {
        "id": transaction.id,
        "object": "ledger.transaction",
        "created": to_unix(transaction.created_at),
        "effective_at": to_unix(transaction.effective_at),
        "entries": [_entry(entry) for entry in moves.entries(transaction.id, transaction.moves)],
        "exchange": _exchange(transaction.details.get("exchange")),
        "expires_at": None if expires_at is None else to_unix(expires_at),
        "livemode": context.current().environment.livemode,
        "metadata": transaction.metadata,
        "pending": moves.is_pending(transaction.moves),
        "postings": [_posting(move) for move in transaction.moves],
        "reference": transaction.reference,
        "resolved_by": resolution["id"] if resolution else None,
        "resolves": transaction.resolves_id,
        "reversed_by": transaction.reversal_id,
        "reverses": transaction.reverses_id,
        "source": transaction.source_id,
        "status": str(moves.status(transaction.moves, resolution)),
        "type": transaction.details.get("type"),
    }


def _posting(move: moves.Move) -> Wire:
    return {
        "amount": move["minor"],
        "credit": move["credit"],
        "currency": move["currency"],
        "debit": move["debit"],
        "layer": move["layer"],
    }


def _exchange(facts: Wire | None) -> Wire | None:
    # PostgreSQL keeps the names in an order of its own.
    return None if facts is None else {name: facts[name] for name in _EXCHANGE}


def _entry(entry: moves.Entry) -> Wire:
    return {
        "id": entry.parts[0] if len(entry.parts) == 1 else None,
        "account": entry.account_id,
        "amount": entry.minor,
        "code": entry.code,
        "currency": entry.currency,
        "layer": str(entry.layer),
        "parts": list(entry.parts),
        "side": str(entry.side),
    }


_POSTING = {
    "amount": fields.amount("In minor units of the currency.", minimum=1),
    "credit": fields.text("The code of the account that it comes from."),
    "currency": fields.currency("That of both accounts."),
    "debit": fields.text("The code of the account that it goes to."),
    "layer": fields.text(LAYER_DOC, choices=LAYERS),
}
_ENTRY = {
    "id": fields.reference(
        "The entry (`len_…`); null where the entry of a journal became several, see `parts`.",
        nullable=True,
    ),
    "account": fields.reference("The ledger account."),
    "amount": fields.amount("In minor units of the currency.", minimum=1),
    "code": fields.text("The code of the account."),
    "currency": fields.currency("That of the account."),
    "layer": fields.text(LAYER_DOC, choices=LAYERS),
    "parts": fields.list_of(
        fields.text(),
        doc="The entries in the book: an entry of a journal may be a part of several postings, "
        "and is then several entries, which add up to it.",
    ),
    "side": fields.text("The side of the account.", choices=tuple(str(side) for side in Side)),
}
_EXCHANGE = {
    "from": fields.text("The code of the account that became less."),
    "from_amount": fields.amount("What it became less by.", minimum=1),
    "from_currency": fields.currency("The currency that was sold."),
    "rate": fields.text("How much of the one currency one whole unit of the other is: a decimal."),
    "rate_source": fields.text("Who says so, as it was given.", nullable=True),
    "to": fields.text("The code of the account that became more."),
    "to_amount": fields.amount("What it became more by.", minimum=1),
    "to_currency": fields.currency("The currency that was bought."),
}
FIELDS = {
    "created": fields.time("When it was recorded."),
    "effective_at": fields.time("When it counts."),
    "entries": fields.list_of(
        fields.part(_ENTRY),
        doc="What was given as a journal, as it was given; otherwise two for each posting.",
    ),
    "exchange": fields.part(
        _EXCHANGE, doc="The exchange of currencies that it is, if it is one.", nullable=True
    ),
    "expires_at": fields.time("When it is given up, if it is still pending then.", nullable=True),
    "livemode": fields.boolean("Whether it is of the live environment."),
    "metadata": fields.metadata(),
    "pending": fields.boolean("It reserves, or reserved: `status` says what became of it."),
    "postings": fields.list_of(
        fields.part(_POSTING), doc="Amounts, each from one account to another, in their order."
    ),
    "reference": fields.text("Names it, once and for all."),
    "resolved_by": fields.reference("What posted or voided it.", nullable=True),
    "resolves": fields.reference("The pending transaction that it posts or voids.", nullable=True),
    "reversed_by": fields.reference("What undid it.", nullable=True),
    "reverses": fields.reference("The transaction that it undoes.", nullable=True),
    "source": fields.reference("What of FinCloud's own caused it.", nullable=True),
    "status": fields.text(
        "`posted`: it counts. Of a pending one: what became of it.",
        choices=tuple(str(status) for status in Status),
    ),
    "type": fields.text(
        "What it is to FinCloud; null for what was made through this API.", nullable=True
    ),
}
TRANSACTION = ResourceType(
    prefix="ltx",
    name="ledger.transaction",
    model=LedgerTransaction,
    render=render_transaction,
    find_many=queries.find_whole,
    expandable={
        "entries.account": ("ledger.account",),
        "resolved_by": ("ledger.transaction",),
        "resolves": ("ledger.transaction",),
        "reversed_by": ("ledger.transaction",),
        "reverses": ("ledger.transaction",),
        "source": ("charge", "refund"),
    },
    about=(
        "A movement of money between ledger accounts. It is never changed: what is wrong is "
        "reversed by another one."
    ),
    fields=FIELDS,
)
