"""The one SQL statement that posts: its parameters, from drafts, and what its refusals mean."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connection
from django_tenants.utils import quote_schema_name

from apps.core.ids import new_id
from apps.ledger.domain import Draft, Layer, Posting, chart, fingerprint
from apps.ledger.domain.postings import FIRST_AFTER_RELEASED
from apps.ledger.domain.refusals import CONSTRAINTS, REFUSALS

# The parameters of the function `ledger_post` (sql/post.sql), in its order, with their types.
PARAMETERS = {
    "new_account_ids": "text[]",
    "codes": "text[]",
    "currencies": "text[]",
    "kinds": "text[]",
    "floors": "bigint[]",
    "stripe_counts": "int[]",
    "owners": "text[]",
    "owner": "text",
    "ids": "text[]",
    "refs": "text[]",
    "fingerprints": "bytea[]",
    "effective": "timestamptz[]",
    "expiries": "timestamptz[]",
    "resolved": "text[]",
    "reversed": "text[]",
    "metadatas": "text[]",
    "transaction_numbers": "int[]",
    "positions": "int[]",
    "debit_numbers": "int[]",
    "credit_numbers": "int[]",
    "amounts": "bigint[]",
    "layers": "text[]",
}
_ARGUMENTS = ", ".join(f"%({name})s::{type_}" for name, type_ in PARAMETERS.items())


def run(drafts: Sequence[Draft], *, owner: str, now: datetime) -> list[tuple[str, bool]]:
    """Post `drafts` in the schema that is current; return (id, whether it is new) of each.

    :raises DomainError: PostgreSQL refused; see `domain.refusals`.
    """
    schema = quote_schema_name(connection.schema_name)  # type: ignore[attr-defined]
    with refusals(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, is_new FROM {schema}.ledger_post({_ARGUMENTS})",  # noqa: S608  # quoted
            {"owner": owner, **_transactions(drafts, now=now), **_postings(drafts)},
        )
        return list(cursor.fetchall())


@contextmanager
def refusals() -> Iterator[None]:
    """Raise what PostgreSQL refuses inside the block as the refusal of the domain that it means."""
    try:
        yield
    except DatabaseError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if refusal := REFUSALS.get(getattr(diagnosis, "sqlstate", None) or ""):
            raise refusal(diagnosis.message_primary) from error  # type: ignore[union-attr]
        if meaning := CONSTRAINTS.get(getattr(diagnosis, "constraint_name", None) or ""):
            refusal, message = meaning
            raise refusal(message) from error
        raise


def _transactions(drafts: Sequence[Draft], *, now: datetime) -> dict[str, Any]:
    """Return the parameters that say something of each transaction."""
    return {
        "ids": [new_id("ltx") for _ in drafts],
        "refs": [draft.reference for draft in drafts],
        "fingerprints": [fingerprint(draft) for draft in drafts],
        "effective": [draft.effective_at or now for draft in drafts],
        "expiries": [draft.expires_at for draft in drafts],
        "resolved": [draft.resolves for draft in drafts],
        "reversed": [draft.reverses for draft in drafts],
        "metadatas": [json.dumps(draft.metadata or {}, cls=DjangoJSONEncoder) for draft in drafts],
    }


def _postings(drafts: Sequence[Draft]) -> dict[str, Any]:
    """Return the parameters that say something of each posting, and of each account in them."""
    accounts: dict[tuple[str, str], int] = {}

    def number(code: str, posting: Posting) -> int:
        return accounts.setdefault((code, posting.money.currency), len(accounts) + 1)

    rows = [
        (
            draft_number,
            position + (FIRST_AFTER_RELEASED if draft.resolves else 0),
            number(posting.debit, posting),
            number(posting.credit, posting),
            posting.money.minor,
            (Layer.PENDING if draft.is_pending else Layer.POSTED).value,
        )
        for draft_number, draft in enumerate(drafts, start=1)
        for position, posting in enumerate(draft.postings)
    ]
    names = ("transaction_numbers", "positions", "debit_numbers", "credit_numbers")
    columns = zip(*rows, strict=True) if rows else ((),) * 6
    return {
        **dict(zip((*names, "amounts", "layers"), map(list, columns), strict=True)),
        **_accounts(list(accounts)),
    }


def _accounts(accounts: Sequence[tuple[str, str]]) -> dict[str, Any]:
    openings = [chart.opening(code) for code, _ in accounts]
    return {
        "new_account_ids": [new_id("lacct") for _ in accounts],
        "codes": [code for code, _ in accounts],
        "currencies": [currency for _, currency in accounts],
        "kinds": [opening and opening.kind.value for opening in openings],
        "floors": [opening and opening.floor_minor for opening in openings],
        "stripe_counts": [opening and opening.stripes for opening in openings],
        "owners": [opening and opening.owner for opening in openings],
    }
