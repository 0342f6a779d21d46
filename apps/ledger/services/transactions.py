"""Transactions of the API: created, posted, voided, reversed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from apps.api.params import merge_metadata
from apps.core.ids import new_id
from apps.core.use_cases import use_case
from apps.ledger import queries
from apps.ledger.domain import (
    Draft,
    Layer,
    Posting,
    drafting,
    moves,
    references,
    reversal,
    settling,
)
from apps.ledger.domain.drafting import Given, Plan
from apps.ledger.domain.refusals import (
    AlreadyResolved,
    AlreadyReversed,
    ExceedsPending,
    InsufficientBalance,
    NotPending,
    NotPosted,
    ReferenceReused,
    TransactionReserved,
)
from apps.ledger.models import LedgerTransaction
from apps.ledger.services.posting import post_many


@use_case
def create_transaction(*, given: Given, now: datetime) -> LedgerTransaction:
    """Post a transaction of the current account, or return the one that has its reference.

    :param given: as `api.transaction_shapes.CREATE` parses it.
    :raises DomainError: see `domain.refusals`; with the path of the parameter at fault.
    """
    directory = queries.find_directory(set(drafting.named(given)))
    planned = drafting.plan(
        given,
        reference=given.get("reference") or new_id("ref"),
        metadata=merge_metadata({}, given.get("metadata")),
        directory=directory,
        now=now,
    )
    if planned.objection and not queries.find_fingerprints([planned.draft.reference]):
        raise planned.objection
    with floors_of(planned):
        return _post(planned.draft)


@use_case
def post_pending(*, transaction_id: str, given: Given) -> LedgerTransaction:
    """Post a pending transaction, in full or in part, and release what it reserved.

    :param given: `amount` or `postings`, for a part; as `api.transaction_shapes.POST` parses it.
    :returns: the transaction that posts it; the same one for the same act again.
    :raises NotFound: there is no such transaction.
    :raises TransactionReserved: it is one of FinCloud's own.
    :raises NotPending: it was never pending.
    :raises AlreadyResolved: it was posted, voided, or given up before, or posted in another part.
    :raises PendingExpired: its time is over.
    :raises EffectiveTooEarly: it would count before the pending one does.
    :raises ExceedsPending: more is to be posted than was reserved, or between other accounts.
    """
    pending = _get_pending(transaction_id)
    settling.check_part(given, pending.moves, pending.details)
    draft = Draft(
        postings=_part(pending, given),
        reference=references.post_of(pending.id),
        effective_at=given.get("effective_at"),
        resolves=pending.id,
        details={name: pending.details[name] for name in ("exchange",) if name in pending.details},
    )
    try:
        with _repeated(given, refusal=AlreadyResolved):
            return _post(_named(draft, given))
    except ExceedsPending as refusal:
        refusal.param = "amount" if "amount" in given else "postings"
        raise


@use_case
def void_pending(*, transaction_id: str, given: Given) -> LedgerTransaction:
    """Give a pending transaction up: what it reserved is released, and nothing is posted.

    :returns: the transaction that voids it; the same one for the same act again.
    :raises NotFound: there is no such transaction.
    :raises TransactionReserved: it is one of FinCloud's own.
    :raises NotPending: it was never pending.
    :raises AlreadyResolved: it was posted, voided, or given up before.
    """
    pending = _get_pending(transaction_id)
    draft = Draft(postings=(), reference=references.void_of(pending.id), resolves=pending.id)
    with _repeated(given, refusal=AlreadyResolved):
        return _post(_named(draft, given))


@use_case
def reverse_transaction(*, transaction_id: str, given: Given) -> LedgerTransaction:
    """Undo what a transaction has posted, by the opposite postings.

    :returns: the reversal; the same one for the same act again.
    :raises NotFound: there is no such transaction.
    :raises TransactionReserved: it is one of FinCloud's own.
    :raises NotPosted: it moved nothing: it is pending, or voids something.
    :raises AlreadyReversed: it was undone before.
    :raises InsufficientBalance: an account would fall below its floor.
    """
    found = _get_users(transaction_id)
    posted = settling.of_layer(found.moves, Layer.POSTED)
    if not posted:
        raise NotPosted(
            f"The ledger transaction {found.id} moved nothing: a pending one is voided, or what "
            "posted it is reversed."
        )
    draft = Draft(
        postings=reversal(posted),
        reference=references.reversal_of(found.id),
        effective_at=given.get("effective_at"),
        reverses=found.id,
    )
    with _repeated(given, refusal=AlreadyReversed):
        return _post(_named(draft, given))


@contextmanager
def floors_of(planned: Plan) -> Iterator[None]:
    """Name the parameter by which an account would fall below its floor."""
    try:
        yield
    except InsufficientBalance as refusal:
        refusal.param = planned.param_of(refusal.account_id)
        raise


def _post(draft: Draft) -> LedgerTransaction:
    """Post `draft`, and return the transaction that has its reference."""
    (posted,) = post_many([draft])
    return queries.get_transaction(posted.transaction_id)


def _named(draft: Draft, given: Given) -> Draft:
    """Return `draft` with the reference and the metadata that were given for it."""
    reference = given.get("reference")
    return replace(
        draft,
        reference=references.check(reference) if reference else draft.reference,
        metadata=merge_metadata({}, given.get("metadata")),
    )


@contextmanager
def _repeated(given: Given, *, refusal: type[AlreadyResolved | AlreadyReversed]) -> Iterator[None]:
    """Say that it was done before, where our own reference says that it was done otherwise."""
    try:
        yield
    except ReferenceReused as error:
        if "reference" in given:
            raise
        raise refusal("The transaction has been dealt with before, in another way.") from error


def _part(pending: LedgerTransaction, given: Given) -> tuple[Posting, ...]:
    """Return what is to be posted of a pending transaction."""
    whole = settling.of_layer(pending.moves, Layer.PENDING)
    if "amount" in given:
        (only,) = whole
        return (replace(only, money=replace(only.money, minor=given["amount"])),)
    if "postings" in given:
        directory = queries.find_directory(set(drafting.named({"postings": given["postings"]})))
        return drafting.of_postings(given["postings"], directory)[0]
    return whole


def _get_users(transaction_id: str) -> LedgerTransaction:
    """Return a transaction that its user may do something to.

    :raises TransactionReserved: it is one of FinCloud's own.
    """
    found = queries.get_transaction(transaction_id)
    if found.source_id is not None or "type" in found.details:
        raise TransactionReserved(
            f"The ledger transaction {found.id} is one of FinCloud's own: undo what caused it."
        )
    return found


def _get_pending(transaction_id: str) -> LedgerTransaction:
    found = _get_users(transaction_id)
    if not moves.is_pending(found.moves):
        raise NotPending(f"The ledger transaction {found.id} is not pending.")
    return found
