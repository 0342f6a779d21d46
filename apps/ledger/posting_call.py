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
from apps.ledger.domain import Draft, Layer, chart, fingerprint
from apps.ledger.domain.postings import FIRST_AFTER_RELEASED
from apps.ledger.domain.refusals import CONSTRAINTS, PARAMS, REFUSALS, InsufficientBalance

# A call of the function in sql/post.sql. Its lists are JSON: few literals to parse, and PostgreSQL
# takes rows from them as cheaply as from arrays.
_CALL = (
    "SELECT {schema}.ledger_post("
    "%(owner)s, %(moment)s, %(openings)s, %(transactions)s, %(postings)s)"
)
_ACCOUNT = re.compile(r"lacct_[0-9A-Za-z]+")


def run(
    drafts: Sequence[Draft], *, owner: str, house: str, now: datetime
) -> list[tuple[str, bool]]:
    """Post `drafts` in the schema that is current; return (id, whether it is new) of each.

    :param owner: the merchant account that posts; `house`: the environment's own one.
    :raises DomainError: PostgreSQL refused; see `domain.refusals`.
    """
    ids = [new_id("ltx") for _ in drafts]
    statement, parameters = call(drafts, ids=ids, owner=owner, house=house, now=now)
    with refusals(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        (answer,) = cursor.fetchone()
    there_before: dict[str, str] = json.loads(answer) if answer else {}
    return [(there_before.get(id_, id_), id_ not in there_before) for id_ in ids]


def call(
    drafts: Sequence[Draft], *, ids: Sequence[str], owner: str, house: str, now: datetime
) -> tuple[str, dict[str, str]]:
    """Return the statement that posts `drafts`, and its parameters.

    :param ids: the ids that the transactions get, unless their references name others already.
    """
    schema = quote_schema_name(connection.schema_name)  # type: ignore[attr-defined]
    numbered = list(zip(ids, drafts, strict=True))
    accounts = {
        (code, posting.money.currency)
        for draft in drafts
        for posting in draft.postings
        for code in (posting.debit, posting.credit)
    }
    lists = {
        "openings": [_opening(code, currency, house=house) for code, currency in accounts],
        # What transactions claim, everybody claims in this order.
        "transactions": [_transaction(*one) for one in sorted(numbered, key=_claims)],
        "postings": [
            _posting(id_, draft, place)
            for id_, draft in numbered
            for place in range(len(draft.postings))
        ],
    }
    return _CALL.format(schema=schema), {
        "owner": owner,
        "moment": now.isoformat(),
        **{name: json.dumps(rows, cls=DjangoJSONEncoder) for name, rows in lists.items()},
    }


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


def _claims(numbered: tuple[str, Draft]) -> tuple[str, str, str]:
    """Return what a draft alone may claim: what it resolves, what it reverses, its reference."""
    _, draft = numbered
    return draft.resolves or "", draft.reverses or "", draft.reference


def _transaction(id_: str, draft: Draft) -> dict[str, Any]:
    row = {
        "id": id_,
        "reference": draft.reference,
        "fingerprint": "\\x" + fingerprint(draft).hex(),
        "details": draft.details or {},
        "metadata": draft.metadata or {},
    }
    links = {"resolves_id": draft.resolves, "reverses_id": draft.reverses}
    times = {"effective_at": _text(draft.effective_at), "expires_at": _text(draft.expires_at)}
    return row | _given(source_id=draft.source_id, **links, **times)


def _posting(id_: str, draft: Draft, place: int) -> dict[str, Any]:
    posting = draft.postings[place]
    row = {
        "transaction_id": id_,
        "position": place + (FIRST_AFTER_RELEASED if draft.resolves else 0),
        "debit": posting.debit,
        "credit": posting.credit,
        "amount_minor": posting.money.minor,
        "currency": posting.money.currency,
        "layer": Layer.PENDING if draft.is_pending else Layer.POSTED,
    }
    lines = {"debit_line": posting.debit_line, "credit_line": posting.credit_line}
    return row | _given(effective_at=_text(draft.effective_at), **lines)


def _opening(code: str, currency: str, *, house: str) -> dict[str, Any]:
    """Return an account, with what is needed to open it if the chart knows it."""
    named = {"id": new_id("lacct"), "code": code, "currency": currency}
    opening = chart.opening(code)
    if opening is None:
        return named
    return named | _given(
        account_id=house if opening.is_house else opening.owner,
        kind=opening.kind,
        floor_minor=opening.floor_minor,
        stripes=opening.stripes,
    )


def _text(instant: datetime | None) -> str | None:
    # The encoder would cut it to milliseconds.
    return None if instant is None else instant.isoformat()


def _given(**values: Any) -> dict[str, Any]:
    """Return those that are not None: what is absent from JSON is NULL."""
    return {name: value for name, value in values.items() if value is not None}
