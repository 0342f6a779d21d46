"""A table of bad inputs: each with its exact error, and with nothing written.

Together the rows come to every refusal that there is; a test compares.
"""

import inspect
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from apps.api.params import TIME_MAX
from apps.core import clock, context
from apps.core.errors import DomainError
from apps.core.money import Money
from apps.ledger import services
from apps.ledger.domain import Posting, chart, refusals
from apps.ledger.models import LedgerState
from tests.ledger.asking import PATH, entry, move, open_account, open_book, post, posting

BATCH = f"{PATH}/batch"
# The end of a period, and an instant in it.
CLOSED, IN_IT = 1_706_745_600, 1_706_745_599
GOOD = move("cash", "sales", 1)
EXCHANGE = {
    "from": "cash",
    "from_amount": 100,
    "from_currency": "usd",
    "rate": "0.9",
    "to": "cash",
    "to_currency": "eur",
}

Row = tuple[str, Any, int, str | None, str | None]


def moved(**changes: Any) -> dict[str, Any]:
    """Return a transaction of two postings, with the second one changed."""
    second = {**posting("cash", "sales", 1), **changes}
    return {"postings": [posting("cash", "sales", 1), second]}


def without(name: str) -> dict[str, Any]:
    given = moved()
    del given["postings"][1][name]
    return given


def journal(*entries: Any) -> dict[str, Any]:
    return {"entries": list(entries)}


def exchanged(**changes: Any) -> dict[str, Any]:
    return {"exchange": {**EXCHANGE, **changes}}


AMOUNT = "postings[1][amount]"
TWO_SIDES = [entry("debit", "cash", 2), entry("credit", "sales", 2)]

# What is posted to; what is sent; the status, the code and the parameter of the refusal.
AMOUNTS: list[Row] = [
    (PATH, moved(amount=0), 400, "amount_too_small", AMOUNT),
    (PATH, moved(amount=-1), 400, "parameter_invalid_integer", AMOUNT),
    (PATH, moved(amount=1.5), 400, "parameter_invalid_integer", AMOUNT),
    (PATH, moved(amount=1.0), 400, "parameter_invalid_integer", AMOUNT),
    (PATH, moved(amount=1e3), 400, "parameter_invalid_integer", AMOUNT),
    (PATH, moved(amount="12.00"), 400, "parameter_invalid_integer", AMOUNT),
    (PATH, moved(amount="1e3"), 400, "parameter_invalid_integer", AMOUNT),
    (PATH, moved(amount=10**15 + 1), 400, "amount_too_large", AMOUNT),
    (PATH, moved(amount=2**63), 400, "amount_too_large", AMOUNT),
    (PATH, moved(amount=2**64), 400, "amount_too_large", AMOUNT),
    (PATH, moved(amount=True), 400, "parameter_invalid_integer", AMOUNT),
    (PATH, moved(amount=None), 400, "parameter_invalid_empty", AMOUNT),
    (PATH, moved(amount=[1]), 400, "parameter_invalid_integer", AMOUNT),
    (PATH, without("amount"), 400, "parameter_missing", AMOUNT),
    (PATH, journal(*TWO_SIDES, entry("debit", "rent", 0)), 400, "amount_too_small",
     "entries[2][amount]"),
    (PATH, exchanged(from_amount=0), 400, "amount_too_small", "exchange[from_amount]"),
]  # fmt: skip
SHAPES: list[Row] = [
    (PATH, {}, 400, "parameter_missing", "postings"),
    (PATH, {"postings": []}, 400, "posting_invalid", "postings"),
    (PATH, {"postings": {}}, 400, "parameter_invalid_array", "postings"),
    (PATH, {"postings": ["text"]}, 400, "parameter_invalid_object", "postings[0]"),
    (PATH, {**GOOD, **journal(*TWO_SIDES)}, 400, "parameters_exclusive", "entries"),
    (PATH, {**GOOD, "exchange": EXCHANGE}, 400, "parameters_exclusive", "exchange"),
    (PATH, {"postings": GOOD["postings"] * 5_001}, 400, "parameter_invalid_array", "postings"),
    (PATH, moved(surprise=1), 400, "parameter_unknown", "postings[1][surprise]"),
    (PATH, {**GOOD, "source": "ch_1"}, 400, "parameter_unknown", "source"),
    (PATH, {**GOOD, "details": {}}, 400, "parameter_unknown", "details"),
    (PATH, moved(credit="cash"), 400, "posting_invalid", "postings[1][credit]"),
    (PATH, {**GOOD, "reference": ""}, 400, "parameter_invalid_empty", "reference"),
    (PATH, {**GOOD, "reference": "r" * 201}, 400, "parameter_invalid_string", "reference"),
    (PATH, {**GOOD, "reference": "a\0b"}, 400, "parameter_invalid_string", "reference"),
    (PATH, {**GOOD, "reference": "expire:{pending}"}, 400, "reference_reserved", "reference"),
    (PATH, {**GOOD, "reference": "{taken}"}, 409, "reference_reused", "reference"),
    (PATH, {**GOOD, "metadata": {"k": "x" * 501}}, 400, None, "metadata[k]"),
    (PATH, {**GOOD, "effective_at": "yesterday"}, 400, "parameter_invalid_integer", "effective_at"),
    (PATH, {**GOOD, "effective_at": -1}, 400, "parameter_invalid_integer", "effective_at"),
    (PATH, {**GOOD, "pending": "yes"}, 400, "parameter_invalid_boolean", "pending"),
    (PATH, {**GOOD, "pending": True, "expires_at": 5}, 400, "expires_at_invalid", "expires_at"),
    (PATH, {**GOOD, "pending": True, "expires_at": TIME_MAX}, 400, "expires_at_invalid",
     "expires_at"),
    (PATH, {**GOOD, "effective_at": TIME_MAX + 1}, 400, "parameter_invalid_integer",
     "effective_at"),
    (PATH, {**GOOD, "expires_at": 4_000_000_000}, 400, "posting_invalid", "expires_at"),
    (PATH, {**GOOD, "effective_at": IN_IT}, 400, "ledger_period_closed", "effective_at"),
]  # fmt: skip
JOURNALS: list[Row] = [
    (PATH, {"entries": []}, 400, "posting_invalid", "entries"),
    (PATH, journal(entry("debit", "cash", 2)), 400, "posting_invalid", "entries"),
    (PATH, journal(*[TWO_SIDES[0]] * 10_001), 400, "parameter_invalid_array", "entries"),
    (PATH, journal(*TWO_SIDES, entry("debit", "rent", 1)), 400, "journal_unbalanced", "entries"),
    (PATH, journal(*TWO_SIDES, entry("debit", "cash", 1, "eur")), 400, "journal_unbalanced",
     "entries"),
    (PATH, journal(*TWO_SIDES, entry("credit", "cash", 2), entry("debit", "rent", 2)), 400,
     "posting_invalid", "entries[2][account]"),
    # By its id on the one side, and by its code on the other.
    (PATH, journal(*TWO_SIDES, entry("credit", "{cash}", 2), entry("debit", "rent", 2)), 400,
     "posting_invalid", "entries[2][account]"),
    (PATH, journal(TWO_SIDES[0], entry("left", "sales", 2)), 400, None, "entries[1][direction]"),
    (PATH, journal(TWO_SIDES[0], entry("credit", "nothing", 2)), 400, "ledger_account_missing",
     "entries[1][account]"),
]  # fmt: skip
DEBIT, CREDIT = "postings[1][debit]", "postings[1][credit]"
ACCOUNTS: list[Row] = [
    (PATH, moved(debit="nothing"), 400, "ledger_account_missing", DEBIT),
    (PATH, moved(debit="lacct_nothing"), 400, "ledger_account_missing", DEBIT),
    (PATH, moved(debit="{theirs}"), 400, "ledger_account_missing", DEBIT),
    (PATH, moved(debit=""), 400, "parameter_invalid_empty", DEBIT),
    (PATH, moved(debit="x" * 161), 400, "parameter_invalid_string", DEBIT),
    (PATH, moved(credit="gone"), 400, "ledger_account_closed", CREDIT),
    (PATH, moved(credit="{gone}"), 400, "ledger_account_closed", CREDIT),
    (PATH, moved(currency="eur"), 400, "currency_mismatch", CREDIT),
    (PATH, moved(debit="{cash}", credit="cash", currency="eur"), 400, "currency_mismatch", DEBIT),
    (PATH, moved(currency="xyz"), 400, "invalid_currency", "postings[1][currency]"),
    (PATH, moved(currency="us"), 400, "invalid_currency", "postings[1][currency]"),
    (PATH, moved(debit="card", credit="sales"), 400, "balance_insufficient", DEBIT),
    (PATH, journal(entry("debit", "card", 1), entry("credit", "sales", 1)), 400,
     "balance_insufficient", "entries[0][account]"),
    (PATH, {**moved(debit="card"), "pending": True}, 400, "balance_insufficient", DEBIT),
    *[
        (PATH, moved(credit=code), 400, "ledger_account_reserved", CREDIT)
        for code in ("platform:fees", "account:acct_1:available", "wallet:new", "bank:settlement",
                     "processor:sim:receivable", "customer:cus_1:credit", "fx:eur-usd", "{fees}")
    ],
    (PATH, exchanged(to="gone", to_currency="jpy"), 400, "currency_mismatch", "exchange[to]"),
    (PATH, exchanged(to_amount=91), 400, "exchange_amount_mismatch", "exchange[to_amount]"),
    (PATH, exchanged(to_currency="usd"), 400, "exchange_invalid", "exchange[to_currency]"),
    (PATH, exchanged(rate=[]), 400, "parameter_invalid_decimal", "exchange[rate]"),
    ("ledger/accounts", {"code": "cash", "currency": "usd", "kind": "asset"}, 409,
     "ledger_account_exists", "code"),
    ("ledger/accounts/{till}/close", {}, 400, "ledger_account_has_pending", "id"),
]  # fmt: skip
PENDING, POSTED = f"{PATH}/{{pending}}", f"{PATH}/{{posted}}"
PHASES: list[Row] = [
    (f"{PENDING}/post", {"amount": 11}, 400, "amount_exceeds_pending", "amount"),
    (f"{PENDING}/post", {"amount": 0}, 400, "amount_too_small", "amount"),
    (f"{PENDING}/post", {"postings": [posting("till", "sales", 11)]}, 400,
     "amount_exceeds_pending", "postings"),
    (f"{PENDING}/post", {"postings": [posting("cash", "sales", 1)]}, 400,
     "amount_exceeds_pending", "postings"),
    (f"{PENDING}/post", {"postings": []}, 400, "posting_invalid", "postings"),
    (f"{PENDING}/post", {"postings": [posting("till", "nothing", 1)]}, 400,
     "ledger_account_missing", "postings[0][credit]"),
    (f"{PENDING}/post", {"amount": 1, "postings": [posting("till", "sales", 1)]}, 400,
     "parameters_exclusive", "postings"),
    (f"{PATH}/{{several}}/post", {"amount": 1}, 400, "posting_invalid", "amount"),
    (f"{PENDING}/post", {"effective_at": IN_IT}, 400, "effective_at_too_early", "effective_at"),
    (f"{PATH}/{{dated}}/post", {"effective_at": IN_IT}, 400, "ledger_period_closed",
     "effective_at"),
    (f"{PENDING}/post", {"reference": "{taken}"}, 409, "reference_reused", "reference"),
    (f"{PENDING}/post", {"reference": "void:{pending}"}, 400, "reference_reserved", "reference"),
    (f"{PENDING}/void", {"reference": "{taken}"}, 409, "reference_reused", "reference"),
    (f"{PENDING}/reverse", {}, 400, "transaction_not_posted", None),
    (f"{POSTED}/post", {}, 400, "transaction_not_pending", None),
    (f"{POSTED}/void", {}, 400, "transaction_not_pending", None),
    (f"{PATH}/{{resolved}}/post", {}, 409, "transaction_already_resolved", None),
    (f"{PATH}/{{resolved}}/void", {"reference": "again"}, 409, "transaction_already_resolved",
     None),
    (f"{PATH}/{{voiding}}/reverse", {}, 400, "transaction_not_posted", None),
    (f"{PATH}/{{expired}}/post", {}, 409, "transaction_expired", None),
    (f"{PATH}/{{reversed}}/reverse", {"reference": "again"}, 409,
     "transaction_already_reversed", None),
    (f"{PATH}/{{spent}}/reverse", {}, 400, "balance_insufficient", None),
    (f"{PATH}/{{charge}}/reverse", {}, 400, "ledger_transaction_reserved", None),
    (f"{PATH}/{{hold}}/post", {}, 400, "ledger_transaction_reserved", None),
    (f"{PATH}/{{hold}}/void", {}, 400, "ledger_transaction_reserved", None),
    *[
        (f"{PATH}/ltx_nothing/{act}", {}, 404, "resource_missing", "id")
        for act in ("post", "void", "reverse")
    ],
]  # fmt: skip
BOOK: list[Row] = [
    (BATCH, {}, 400, "parameter_missing", "transactions"),
    (BATCH, {"transactions": []}, 400, "parameter_invalid_empty", "transactions"),
    (BATCH, {"transactions": [GOOD] * 10_001}, 400, "parameter_invalid_array", "transactions"),
    (BATCH, {"transactions": [GOOD], "mode": "some"}, 400, None, "mode"),
    (BATCH, {"transactions": [GOOD, moved(debit="nothing")]}, 400, "ledger_account_missing",
     "transactions[1][postings][1][debit]"),
    ("ledger/periods", {}, 400, "parameter_missing", "ends_at"),
    ("ledger/periods", {"ends_at": IN_IT}, 400, "ledger_period_invalid", "ends_at"),
    ("ledger/periods", {"ends_at": 4_000_000_000}, 400, "ledger_period_invalid", "ends_at"),
]  # fmt: skip
FROZEN: list[Row] = [
    (PATH, GOOD, 409, "ledger_frozen", None),
    (PATH, {**GOOD, "pending": True}, 409, "ledger_frozen", None),
    (PATH, {"exchange": EXCHANGE}, 409, "ledger_frozen", None),
    (f"{PENDING}/post", {}, 409, "ledger_frozen", None),
    (f"{PENDING}/void", {}, 409, "ledger_frozen", None),
    (f"{POSTED}/reverse", {}, 409, "ledger_frozen", None),
    (BATCH, {"transactions": [GOOD]}, 409, "ledger_frozen", "transactions"),
]
# What is read wrongly: nothing is written by it anyway.
READ: list[Row] = [
    (f"{PATH}/ltx_nothing", {}, 404, "resource_missing", "id"),
    (PATH, {"starting_after": "ltx_nothing"}, 400, "resource_missing", "starting_after"),
    (PATH, {"account": "cash", "ending_before": "{cash}"}, 400, "resource_missing",
     "ending_before"),
    (PATH, {"status": "lost"}, 400, None, "status"),
    (PATH, {"effective_at": {"gte": "x"}}, 400, "parameter_invalid_integer", "effective_at[gte]"),
    ("ledger/periods/lper_nothing", {}, 404, "resource_missing", "id"),
    ("ledger/entries/{entry}/proof", {}, 409, "ledger_entry_not_sealed", None),
    ("ledger/accounts/{cash}/statement", {"start": 10, "end": 5}, 400, "ledger_statement_invalid",
     "end"),
]  # fmt: skip
# Of a book without a posting.
EMPTY: list[Row] = [("ledger/seals", {}, 409, "ledger_nothing_to_seal", None)]
WRITTEN = [*AMOUNTS, *SHAPES, *JOURNALS, *ACCOUNTS, *PHASES, *BOOK]

# Why no row comes to these.
_COMMAND = "An archive is read by a command, not by the API."
_OPERATORS = "Operators do it, in the admin."
UNREACHED = {
    refusals.AppendOnly: "No request changes or deletes what was posted.",
    refusals.ArchiveInvalid: _COMMAND,
    refusals.BookNotEmpty: _COMMAND,
    refusals.ModeMismatch: _COMMAND,
    refusals.DriftUnexplained: _OPERATORS,
    refusals.FourEyes: _OPERATORS,
    refusals.PeriodNotLast: _OPERATORS,
    refusals.ProposalDecided: _OPERATORS,
    refusals.ProposalOpen: _OPERATORS,
    refusals.ReasonInvalid: _OPERATORS,
    refusals.PlatformOnly: "No key may act for another account yet.",
    refusals.RangeTooLong: "It takes a book of millions; `test_proofs` has a small limit.",
    refusals.SealBroken: "It takes a book that somebody has broken.",
    refusals.StatementTooLong: "It takes a long account; `test_statements` has a small limit.",
}


@pytest.fixture
def scene(environment, api):
    """A book in which everything is that a row needs, by name."""
    found = open_book(api)
    found["till"] = open_account(api, "till")
    found["gone"] = open_account(api, "gone")
    found["theirs"] = open_theirs()
    found |= post_ours()
    fees = api.get("ledger/accounts", {"code": chart.platform_fees()})
    found["fees"] = fees["data"][0]["id"]
    dated = move("till", "sales", 1, pending=True, effective_at=IN_IT)
    found["dated"] = post(api, dated)["id"]
    api.post("ledger/periods", {"ends_at": CLOSED})
    found["taken"] = post(api, move("cash", "tax", 7, reference="taken"))["reference"]
    for name, given in {
        "posted": move("cash", "sales", 5),
        "pending": move("till", "sales", 10, pending=True),
        "several": {"postings": [posting("till", "sales", 1)] * 2, "pending": True},
        "resolved": move("cash", "rent", 3, pending=True),
        "reversed": move("cash", "rent", 2),
        "spent": move("cash", "card", 1),
    }.items():
        shown = post(api, given)
        found |= {name: shown["id"], "entry": shown["entries"][0]["id"]}
    found["voiding"] = api.post(f"{PATH}/{found['resolved']}/void")["id"]
    api.post(f"{PATH}/{found['reversed']}/reverse", {"reference": "undone"})
    post(api, move("card", "sales", 1))
    api.post(f"ledger/accounts/{found['gone']}/close")
    return found


def open_theirs():
    """Open an account of another merchant of the platform."""
    given = {"code": "theirs", "currency": "usd", "kind": "asset"}
    with context.amended(account_id="acct_other"):
        return services.open_account(given=given, now=clock.now()).pk


def post_ours():
    """Post what payments would, reserve what they would, and what a user let expire."""
    fees = [Posting(chart.processor_receivable("sim"), chart.platform_fees(), Money(5, "usd"))]
    sale = [Posting("cash", "sales", Money(1, "usd"))]
    past = clock.now() - timedelta(hours=1)
    ours: dict[str, Any] = {"source_id": "ch_1", "details": {"type": "charge"}}
    with transaction.atomic():
        posted = {
            "charge": services.post(fees, reference="charge:ch_1", **ours),
            "hold": services.post(fees, reference="hold:ch_1", pending=True, **ours),
            "expired": services.post(sale, reference="old", pending=True, expires_at=past),
        }
    return {name: one.transaction_id for name, one in posted.items()}


def filled(value: Any, scene: dict[str, str]) -> Any:
    """Return `value` with the names of the scene replaced by its ids."""
    if isinstance(value, str):
        for name, found in scene.items():
            value = value.replace(f"{{{name}}}", found)
        return value
    if isinstance(value, dict):
        return {key: filled(inner, scene) for key, inner in value.items()}
    return [filled(inner, scene) for inner in value] if isinstance(value, list) else value


def row_counts() -> dict[str, int]:
    """Return how many rows each table of the ledger has."""
    connection.set_tenant(context.current().environment)  # type: ignore[attr-defined]
    tables = [model for model in apps.get_app_config("ledger").get_models() if model._meta.managed]
    return {table.__name__: table._default_manager.count() for table in tables}


def said(row: Row) -> str:
    """Return the name of a row's test."""
    path, _, _, code, param = row
    return f"{path.removeprefix('ledger/')}-{code}-{param}"


def check(answer: Any, row: Row) -> None:
    """Compare the answer with what the row says of it."""
    _, _, status, code, param = row
    error = answer.error
    assert (answer.status, error.get("code"), error.get("param")) == (status, code, param), error
    assert error["type"] == "invalid_request_error"
    assert error["message"]


@pytest.mark.parametrize("row", WRITTEN, ids=said)
def test_it_is_refused_and_nothing_is_written(api, scene, row):
    path, params, *_ = row
    before = row_counts()

    answer = api.post(filled(path, scene), filled(params, scene), is_json=True, status=None)

    check(answer, row)
    assert row_counts() == before


@pytest.mark.parametrize("row", FROZEN, ids=said)
def test_a_frozen_book_takes_nothing(api, scene, row):
    path, params, *_ = row
    LedgerState.objects.update(frozen_at=clock.now(), frozen_reason="It does not add up.")
    before = row_counts()

    answer = api.post(filled(path, scene), filled(params, scene), is_json=True, status=None)

    check(answer, row)
    assert row_counts() == before
    # Reads go on.
    assert api.get(filled(POSTED, scene))["status"] == "posted"


@pytest.mark.parametrize("row", EMPTY, ids=said)
def test_an_empty_book_refuses(api, environment, row):
    path, params, *_ = row
    before = row_counts()

    check(api.post(path, params, status=None), row)

    assert row_counts() == before


@pytest.mark.parametrize("row", READ, ids=said)
def test_what_is_read_wrongly_is_refused(api, scene, row):
    path, params, *_ = row

    check(api.get(filled(path, scene), filled(params, scene), status=None), row)


def test_every_refusal_that_there_is_has_a_row():
    there = {
        refusal
        for _, refusal in inspect.getmembers(refusals, inspect.isclass)
        if issubclass(refusal, DomainError) and refusal.__module__ == refusals.__name__
    }
    reached = {code for _, _, _, code, _ in [*WRITTEN, *FROZEN, *EMPTY, *READ]}

    assert [one for one in UNREACHED if one not in there or one.code in reached] == []
    assert {one.code for one in there - set(UNREACHED)} - reached == set()
