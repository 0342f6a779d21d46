"""A transaction as a journal: lines with debits and credits, and what it hangs together with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from apps.core.money import Money
from apps.identity import queries as identity
from apps.ledger import queries
from apps.ledger.domain import Layer, Side, moves
from apps.ledger.domain.proposals import Status
from apps.ledger.models import LedgerProposal, LedgerSeal, LedgerTransaction

# Of a longer journal, so many lines are shown, without the balances after them.
LINES_SHOWN: Final = 500
PROPOSALS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One entry: an amount on a side of an account.

    :ivar balance: what the account had after it, in its direction; None: it did not change it, or
        the journal is too long to say.
    """

    account_id: str
    code: str
    side: Side
    money: Money
    balance: Money | None


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of one layer. Their debits are their credits: `totals`, one for each currency."""

    layer: Layer
    lines: list[Line]
    totals: list[Money]
    left_out: int


@dataclass(frozen=True, slots=True)
class Journal:
    """All that the page of a transaction shows.

    :ivar status: what became of it, in words for a badge.
    :ivar relatives: how it is related to which transactions.
    :ivar seals: those that its postings are in; `is_sealed`: whether all of them are.
    :ivar is_reversible: whether its reversal can be proposed.
    """

    status: list[str]
    blocks: list[Block]
    relatives: list[tuple[str, LedgerTransaction]]
    seals: list[LedgerSeal]
    is_sealed: bool
    exchange: dict[str, Any] | None
    proposals: list[LedgerProposal]
    is_reversible: bool


def read(transaction: LedgerTransaction) -> Journal:
    """Return the journal of a transaction that was read with its postings. Five queries."""
    seals, is_sealed = queries.seals_of(transaction.pk)
    names = {"proposer": identity.actor("proposed_by"), "decider": identity.actor("decided_by")}
    about = LedgerProposal.objects.filter(transaction=transaction.pk).annotate(**names)
    proposals = list(about.order_by("-id")[:PROPOSALS_SHOWN])
    return Journal(
        status=status_of(transaction, transaction.moves),
        blocks=list(_blocks(transaction)),
        relatives=_relatives(transaction),
        seals=seals,
        is_sealed=is_sealed,
        exchange=_exchange(transaction.details.get("exchange")),
        proposals=proposals,
        is_reversible=transaction.reversal_id is None
        and any(move["layer"] == Layer.POSTED for move in transaction.moves)
        and all(one.status != Status.PROPOSED for one in proposals),
    )


def status_of(transaction: LedgerTransaction, parts: Sequence[moves.Move]) -> list[str]:
    """Return what became of a transaction, in the words of the badges.

    :param parts: its postings, or sums of them by layer.
    """
    words = [str(moves.status(parts, transaction.resolution))]
    if transaction.resolution is not None and transaction.resolution["moved"]:
        words = ["resolved"]
    if transaction.resolves_id is not None and not any(
        move["layer"] == Layer.POSTED for move in parts
    ):
        words = ["void"]
    return [*words, "reversed"] if transaction.reversal_id is not None else words


def _blocks(transaction: LedgerTransaction) -> Iterable[Block]:
    """Yield the layers that the transaction has, each with its lines."""
    entries = moves.entries(transaction.pk, transaction.moves)
    after: dict[str, Money] = {}
    if len(entries) <= LINES_SHOWN:
        read = queries.list_entries([transaction.pk])
        after = {one.id: one.balance for one in read if one.layer is Layer.POSTED}
    for layer in (Layer.RELEASED, Layer.PENDING, Layer.POSTED):
        own = [entry for entry in entries if entry.layer is layer]
        if own:
            lines = [_line(entry, after) for entry in own[:LINES_SHOWN]]
            yield Block(layer, lines, _totals(own), left_out=len(own) - len(lines))


def _line(entry: moves.Entry, after: dict[str, Money]) -> Line:
    return Line(
        account_id=entry.account_id,
        code=entry.code,
        side=entry.side,
        money=Money(entry.minor, entry.currency),
        # An entry of a journal ends with the last of its parts.
        balance=after.get(entry.parts[-1]),
    )


def _totals(entries: Iterable[moves.Entry]) -> list[Money]:
    sums: dict[str, int] = {}
    for entry in entries:
        if entry.side is Side.DEBIT:
            sums[entry.currency] = sums.get(entry.currency, 0) + entry.minor
    return [Money(minor, currency) for currency, minor in sums.items()]


def _relatives(transaction: LedgerTransaction) -> list[tuple[str, LedgerTransaction]]:
    resolution = transaction.resolution or {}
    ids = {
        "Resolves": transaction.resolves_id,
        "Resolved by": resolution.get("id"),
        "Reverses": transaction.reverses_id,
        "Reversed by": transaction.reversal_id,
    }
    found = LedgerTransaction.objects.in_bulk([one for one in ids.values() if one])
    return [(words, found[one]) for words, one in ids.items() if one in found]


def _exchange(facts: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what is kept of an exchange, with its amounts as money."""
    if facts is None:
        return None
    sold = Money(facts["from_amount"], facts["from_currency"])
    bought = Money(facts["to_amount"], facts["to_currency"])
    return {"sold": sold, "bought": bought, "rate": facts["rate"], "by": facts["rate_source"]}
