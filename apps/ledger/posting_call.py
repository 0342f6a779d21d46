"""The one SQL statement that posts: its parameters, from drafts, and what its refusals mean."""

import json
import re
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
from apps.ledger.domain.refusals import CONSTRAINTS, PARAMS, REFUSALS, InsufficientBalance

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
    "moment": "timestamptz",
    "ids": "text[]",
    "refs": "text[]",
    "fingerprints": "bytea[]",
    "effective": "timestamptz[]",
    "expiries": "timestamptz[]",
    "resolved": "text[]",
    "reversed": "text[]",
    "sources": "text[]",
    "details": "text[]",
    "metadatas": "text[]",
    "transaction_numbers": "int[]",
    "positions": "int[]",
    "debit_numbers": "int[]",
    "credit_numbers": "int[]",
    "amounts": "bigint[]",
    "layers": "text[]",
    "debit_lines": "int[]",
    "credit_lines": "int[]",
}
_ACCOUNT = re.compile(r"lacct_[0-9A-Za-z]+")
_ARGUMENTS = ", ".join(f"%({name})s::{type_}" for name, type_ in PARAMETERS.items())


def run(
    drafts: Sequence[Draft], *, owner: str, house: str, now: datetime
) -> list[tuple[str, bool]]:
    """Post `drafts` in the schema that is current; return (id, whether it is new) of each.

    :param owner: the merchant account that posts; `house`: the environment's own one.
    :raises DomainError: PostgreSQL refused; see `domain.refusals`.
    """
    schema = quote_schema_name(connection.schema_name)  # type: ignore[attr-defined]
    with refusals(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, is_new FROM {schema}.ledger_post({_ARGUMENTS})",  # noqa: S608  # quoted
            {
                "owner": owner,
                "moment": now,
                **_transactions(drafts),
                **_postings(drafts, house=house),
            },
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
            message = diagnosis.message_primary  # type: ignore[union-attr]
            raise refusal(message, param=PARAMS.get(refusal)) from error
        if meaning := CONSTRAINTS.get(getattr(diagnosis, "constraint_name", None) or ""):
            refusal, message = meaning
            refused = refusal(message, param=PARAMS.get(refusal))
            if isinstance(refused, InsufficientBalance):
                # "Failing row contains (lacct_…, 0, …)", in the language of the server.
                found = _ACCOUNT.search(getattr(diagnosis, "message_detail", None) or "")
                refused.account_id = found and found[0]
            raise refused from error
        raise


def _transactions(drafts: Sequence[Draft]) -> dict[str, Any]:
    """Return the parameters that say something of each transaction."""
    return {
        "ids": [new_id("ltx") for _ in drafts],
        "refs": [draft.reference for draft in drafts],
        "fingerprints": [fingerprint(draft) for draft in drafts],
        "effective": [draft.effective_at for draft in drafts],
        "expiries": [draft.expires_at for draft in drafts],
        "resolved": [draft.resolves for draft in drafts],
        "reversed": [draft.reverses for draft in drafts],
        "sources": [draft.source_id for draft in drafts],
        "details": [_to_json(draft.details) for draft in drafts],
        "metadatas": [_to_json(draft.metadata) for draft in drafts],
    }


def _to_json(facts: dict[str, Any] | None) -> str:
    return json.dumps(facts, cls=DjangoJSONEncoder) if facts else "{}"


def _postings(drafts: Sequence[Draft], *, house: str) -> dict[str, Any]:
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
            posting.debit_line,
            posting.credit_line,
        )
        for draft_number, draft in enumerate(drafts, start=1)
        for position, posting in enumerate(draft.postings)
    ]
    names = (
        *("transaction_numbers", "positions", "debit_numbers", "credit_numbers"),
        *("amounts", "layers", "debit_lines", "credit_lines"),
    )
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return {
        **dict(zip(names, map(list, columns), strict=True)),
        **_accounts(list(accounts), house=house),
    }


def _accounts(accounts: Sequence[tuple[str, str]], *, house: str) -> dict[str, Any]:
    openings = [chart.opening(code) for code, _ in accounts]
    return {
        "new_account_ids": [new_id("lacct") for _ in accounts],
        "codes": [code for code, _ in accounts],
        "currencies": [currency for _, currency in accounts],
        "kinds": [opening and opening.kind.value for opening in openings],
        "floors": [opening and opening.floor_minor for opening in openings],
        "stripe_counts": [opening and opening.stripes for opening in openings],
        "owners": [
            opening and (house if opening.is_house else opening.owner) for opening in openings
        ],
    }
