"""Reads of tokens, and of cards, bank accounts and sources of the old kind."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from apps.api.paging import Page, cut, no_such_cursor, window
from apps.core.errors import not_found
from apps.payments.models import Source, Token
from apps.payments.models.sources import SOURCE_KINDS
from apps.payments.queries.rows import find

_NAMES: dict[tuple[str, ...], str] = {("card",): "card", ("bank_account",): "bank account"}


def get_token(token_id: str) -> Token:
    """Return the token.

    :raises NotFound: there is none with this id.
    """
    return find(Token, "token", token_id, for_update=False)


def find_source(
    source_id: str,
    *,
    customer_id: str | None = None,
    kinds: Collection[str] = SOURCE_KINDS,
    for_update: bool = False,
) -> Source | None:
    """Return a card, a bank account or a source that is not deleted, with its payment method.

    :param customer_id: whose it has to be; None: anybody's, or nobody's.
    """
    rows = _present().filter(kind__in=kinds)
    if customer_id is not None:
        rows = rows.filter(customer=customer_id)
    if for_update:
        rows = rows.select_for_update(no_key=True, of=("self",))
    return rows.filter(pk=source_id).first()


def get_source(
    source_id: str,
    *,
    customer_id: str | None = None,
    kinds: tuple[str, ...] = SOURCE_KINDS,
    for_update: bool = False,
) -> Source:
    """Return what `find_source` finds.

    :raises NotFound: there is none with this id.
    """
    found = find_source(source_id, customer_id=customer_id, kinds=kinds, for_update=for_update)
    if found is None:
        raise not_found(_NAMES.get(kinds, "source"), source_id)
    return found


def list_sources(customer_id: str, *, kinds: Collection[str] = SOURCE_KINDS) -> QuerySet[Source]:
    """Return what a customer has of these kinds, newest first."""
    return _present().filter(customer=customer_id, kind__in=kinds).order_by("-order_key")


def page_of_sources(
    customer_id: str, params: dict[str, Any], *, kinds: Collection[str] = SOURCE_KINDS
) -> Page:
    """Return the page that list parameters ask for: the ids of three kinds in one order.

    :raises InvalidCursor: both cursors, or one that names nothing here.
    """
    asked = window(params)
    rows = list_sources(customer_id, kinds=kinds)
    for name, cursor in (("starting_after", asked.after), ("ending_before", asked.before)):
        if cursor and not Source.objects.owned().filter(pk=cursor).exists():
            raise no_such_cursor(cursor, param=name)
    if asked.after:
        rows = rows.filter(order_key__lt=order_key(asked.after))
    if asked.before:
        rows = rows.filter(order_key__gt=order_key(asked.before)).order_by("order_key")
        return cut(list(rows[: asked.limit + 1])[::-1], asked)
    return cut(list(rows[: asked.limit + 1]), asked)


def linked_to_sources(ids: Collection[str], *, limit: int) -> set[str]:
    """Return the customers and payment methods of the cards, bank accounts and sources among them.

    For the trail of an object.
    """
    known = [one for one in ids if one.startswith(("card_", "ba_", "src_"))]
    if not known:
        return set()
    rows = Source.objects.owned().filter(pk__in=known).order_by("id")
    found: list[Any] = list(rows.values_list("id", "customer_id", "payment_method_id")[:limit])
    return {one for row in found for one in row if one is not None}


def order_key(object_id: str) -> str:
    """Return what orders ids of several kinds by the time they were made."""
    return object_id.rpartition("_")[2]


def _present() -> QuerySet[Source]:
    return Source.objects.owned().filter(deleted_at=None).select_related("payment_method")
