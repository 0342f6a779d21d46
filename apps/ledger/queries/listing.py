"""Lists of transactions: filtered, a page at a time.

How each list finds its page by an index:

- Of all: by `ledger_transaction_owner` (account_id, id), from the newest on. What does not fit the
  other filters is passed over, except where an index leads straight to what fits: by reference, by
  source, by metadata, or to those that are or were pending.
- Of one ledger account: by `ledger_posting_debit` and `ledger_posting_credit` (the account,
  effective_at, id), each read from the latest on, and merged. So it is in the order of those
  indexes, and a range of `effective_at` is a range of them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import TypeVar

from django.db.models import (
    Case,
    Count,
    Exists,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from apps.api.paging import Page, Window, cut, no_such_cursor
from apps.ledger.domain import Layer, Status
from apps.ledger.domain.directory import is_id
from apps.ledger.domain.moves import EXPIRY
from apps.ledger.models import LedgerAccount, LedgerPosting, LedgerTransaction
from apps.ledger.queries.postings import find_whole

# A page ends sooner where its transactions have more postings than these.
POSTINGS_ON_PAGE = 10_000
M = TypeVar("M", bound=Model)
Bounds = tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """What a list is limited to; None: not limited.

    :ivar account: a ledger account, by its id or its code (in whatever currencies there are).
    :ivar effective, created: from when (included) to when (excluded).
    :ivar metadata: values by key; None: without the key.
    """

    account: str | None = None
    reference: str | None = None
    source: str | None = None
    status: Status | None = None
    effective: Bounds = (None, None)
    created: Bounds = (None, None)
    metadata: dict[str, str | None] | None = None


def list_page(wanted: TransactionFilter, asked: Window) -> Page:
    """Return a page of the transactions of the current account, whole.

    :raises InvalidCursor: a cursor names no transaction of the current account.
    """
    rows = _filtered(wanted)
    found = (
        _newest(rows, asked)
        if wanted.account is None
        else _of_account(rows, wanted.account, wanted.effective, asked)
    )
    return _whole(cut(found, asked), asked)


def _filtered(wanted: TransactionFilter) -> QuerySet[LedgerTransaction]:
    rows: QuerySet[LedgerTransaction] = LedgerTransaction.objects.owned()
    if wanted.reference is not None:
        rows = rows.filter(reference=wanted.reference)
    if wanted.source is not None:
        rows = rows.filter(source_id=wanted.source)
    for key, value in (wanted.metadata or {}).items():
        if value is None:
            rows = rows.exclude(metadata__has_key=key)
        else:
            # The index leaves out the many that have none.
            rows = rows.filter(metadata__contains={key: value}).exclude(metadata={})
    if wanted.status is not None:
        rows = _having(rows, wanted.status)
    return _within(_within(rows, "created_at", wanted.created), "effective_at", wanted.effective)


def _having(rows: QuerySet[LedgerTransaction], status: Status) -> QuerySet[LedgerTransaction]:
    """Keep those whose `domain.moves.status` is this one."""
    postings = LedgerPosting.objects.filter(transaction=OuterRef("pk"))
    first = postings.filter(position=0)
    resolutions = LedgerTransaction.objects.filter(resolves=OuterRef("pk"))
    outcome = Case(
        When(Exists(postings.filter(layer=Layer.POSTED.value)), then=Value(Status.POSTED.value)),
        When(details__type=EXPIRY, then=Value(Status.EXPIRED.value)),
        default=Value(Status.VOIDED.value),
    )
    # Scalars, since PostgreSQL would read whole tables to answer `EXISTS … OR EXISTS …`.
    rows = rows.alias(
        first_layer=Subquery(first.values("layer")[:1]),
        outcome=Subquery(resolutions.annotate(outcome=outcome).values("outcome")[:1]),
    )
    if status is Status.POSTED:
        return rows.filter(~Q(first_layer=Layer.PENDING.value) | Q(outcome=status.value))
    rows = rows.filter(Exists(first.filter(layer=Layer.PENDING.value)))
    if status is Status.PENDING:
        return rows.exclude(Exists(resolutions))
    return rows.filter(outcome=status.value)


def _newest(rows: QuerySet[LedgerTransaction], asked: Window) -> list[str]:
    """Return ids, the newest first: one more than the page has."""
    cursor = _checked_cursor(asked)
    if cursor is not None:
        rows = rows.filter(pk__gt=cursor.pk) if asked.before else rows.filter(pk__lt=cursor.pk)
    ids = rows.order_by("id" if asked.before else "-id").values_list("id", flat=True)
    found = list(ids[: asked.limit + 1])
    return found[::-1] if asked.before else found


def _of_account(
    rows: QuerySet[LedgerTransaction], account: str, effective: Bounds, asked: Window
) -> list[str]:
    """Return ids of transactions that move an account, the latest first: one more than fits."""
    named = Q(pk=account) if is_id(account) else Q(code=account)
    account_ids = list(LedgerAccount.objects.owned().filter(named).values_list("pk", flat=True))
    sign = 1 if asked.before else -1
    postings = _within(
        LedgerPosting.objects.filter(
            _is_last_on(account_ids), Exists(rows.filter(pk=OuterRef("transaction")))
        ),
        "effective_at",
        effective,
    )
    cursor = _checked_cursor(asked)
    if cursor is not None:
        postings = postings.filter(_beyond(cursor, account_ids, sign))
    order = ("effective_at", "id") if asked.before else ("-effective_at", "-id")
    columns = ("effective_at", "id", "transaction_id")
    # One look into one index for each side of each account; together they are the list.
    sides = [
        postings.filter(**{side: one}).order_by(*order).values_list(*columns)[: asked.limit + 1]
        for one in account_ids
        for side in ("debit", "credit")
    ]
    merged = merge(*sides, key=lambda row: (row[0], row[1]), reverse=sign < 0)
    found = [transaction_id for _, _, transaction_id in islice(merged, asked.limit + 1)]
    return found[::-1] if asked.before else found


def _on(account_ids: Collection[str]) -> Q:
    return Q(debit__in=account_ids) | Q(credit__in=account_ids)


def _is_last_on(account_ids: Collection[str]) -> Q:
    """Return the condition that a posting is the last of its transaction on these accounts.

    So each transaction comes once. Its postings have places in the order of their ids.
    """
    later = LedgerPosting.objects.filter(
        _on(account_ids),
        transaction=OuterRef("transaction"),
        position__gt=OuterRef("position"),
    )
    return ~Q(Exists(later))


def _beyond(cursor: LedgerTransaction, account_ids: Collection[str], sign: int) -> Q:
    """Return the condition that a posting comes after the cursor's, in the direction of `sign`."""
    own = LedgerPosting.objects.filter(transaction=cursor).order_by("-position")
    # The cursor need not be on these accounts; then it stands where its last posting does.
    place = own.filter(_on(account_ids)).first() or own.first()
    assert place is not None, "Every transaction has postings."
    word = "gt" if sign > 0 else "lt"
    # The first condition is for the index, which knows no row values from Django.
    return Q(**{f"effective_at__{word}e": cursor.effective_at}) & (
        Q(**{f"effective_at__{word}": cursor.effective_at}) | Q(**{f"id__{word}": place.pk})
    )


def _checked_cursor(asked: Window) -> LedgerTransaction | None:
    cursor = asked.before or asked.after
    if cursor is None:
        return None
    found = LedgerTransaction.objects.owned().filter(pk=cursor).first()
    if found is None:
        raise no_such_cursor(cursor, param="ending_before" if asked.before else "starting_after")
    return found


def _whole(ids: Page, asked: Window) -> Page:
    """Return the page of the transactions with these ids, shorter if they are too long.

    A page of a hundred journals of ten thousand entries would be no answer any more.
    """
    counted = dict(
        LedgerPosting.objects.filter(transaction__in=ids.rows)
        .values_list("transaction_id")
        .annotate(Count("id"))
    )
    nearest_first = ids.rows[::-1] if asked.before else ids.rows
    kept = list(_first_that_fit(nearest_first, counted))
    found = find_whole(kept)
    shown = [found[one] for one in (kept[::-1] if asked.before else kept)]
    return Page(shown, has_more=ids.has_more or len(kept) < len(ids.rows))


def _first_that_fit(ids: Iterable[str], counted: dict[str, int]) -> Iterable[str]:
    room = POSTINGS_ON_PAGE
    for place, one in enumerate(ids):
        room -= counted[one]
        if room < 0 and place > 0:
            return
        yield one


def _within(rows: QuerySet[M], column: str, bounds: Bounds) -> QuerySet[M]:
    start, end = bounds
    if start is not None:
        rows = rows.filter(**{f"{column}__gte": start})
    return rows if end is None else rows.filter(**{f"{column}__lt": end})
