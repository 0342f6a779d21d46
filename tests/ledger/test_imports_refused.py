"""Imports that are refused: with the line at fault, and with nothing written."""

import os
import subprocess
import sys
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from apps.core import clock, context
from apps.core.ids import new_id
from apps.core.money import Money
from apps.ledger import services
from apps.ledger.domain import Draft, Posting, chart
from apps.ledger.domain.refusals import ArchiveInvalid, BookNotEmpty, Frozen, ModeMismatch
from apps.ledger.models import LedgerState
from devtools.place import ROOT
from tests import databases, factories
from tests.client import ApiClient
from tests.ledger import varied
from tests.ledger.archives import EMPTY, changed, export_lines, import_lines, only, rows_of
from tests.races import at_once

_made: list[bytes] = []


@pytest.fixture
def lines(open_committed):
    """The archive of a book with a bit of everything. It is made once: nobody changes it."""
    if not _made:
        opened = open_committed()
        with context.enter(opened.environment, by="operator:1"):
            varied.fill(ApiClient(opened.secret_key))
        _made.extend(export_lines(opened.environment))
    return list(_made)


def change_amount(records):
    only(records, "transaction")[0]["postings"][0]["amount"] += 1


def change_metadata(records):
    only(records, "transaction")[0]["metadata"] = {}


def change_time(records):
    only(records, "transaction")[0]["created_at"] = "2020-01-01T00:00:00.000000Z"


def change_seal(records):
    only(records, "seal")[0]["root"] = "0" * 64


def lose_transaction(records):
    records.remove(("transaction", only(records, "transaction")[0]))


def change_start(records):
    only(records, "seal")[0]["after_posting"] = 1


@pytest.mark.parametrize(
    "change",
    [change_amount, change_metadata, change_time, change_seal, lose_transaction, change_start],
)
def test_seals_that_do_not_come_out_the_same_are_named(lines, target, change):
    lines = changed(lines, change)

    with pytest.raises(ArchiveInvalid, match="Seal 1 is not what the postings 1 to"):
        import_lines(target.environment, lines)

    assert rows_of(target.environment) == EMPTY


def unknown_account(records):
    only(records, "transaction")[1]["postings"][0]["debit"] = "lacct_none"
    return r"postings\[0\].debit: the account lacct_none is not there"


def other_currency(records):
    only(records, "transaction")[1]["postings"][0]["currency"] = "usd"
    return r"postings\[0\].debit: the account lacct_\w+ holds jpy"


def same_account(records):
    posting = only(records, "transaction")[1]["postings"][0]
    posting["debit"] = posting["credit"]
    return "ledger_posting: A posting is between two accounts"


def account_twice(records):
    records.insert(1, records[0])
    return r"ledger_account: Key \(id\)=\(lacct_\w+\) already exists"


def code_twice(records):
    records.insert(1, ("account", records[0][1] | {"id": "lacct_other"}))
    return r"ledger_account: Key \(code, currency\)=\(cash, eur\) already exists"


def stripes_with_floor(records):
    next(one for one in only(records, "account") if one["floor"] is not None)["stripes"] = 16
    return 'ledger_account: new row .* violates check constraint "ledger_account_stripes"'


def reference_twice(records):
    first, second, *_ = only(records, "transaction")
    second["reference"] = first["reference"]
    return r"ledger_transaction: Key \(reference\)=\(ref_\w+\) already exists"


def transaction_twice(records):
    first, second, *_ = only(records, "transaction")
    second["id"] = first["id"]
    return r"ledger_transaction: Key \(id\)=\(ltx_\w+\) already exists"


def posting_twice(records):
    first, second, *_ = only(records, "transaction")
    second["postings"][0]["id"] = first["postings"][0]["id"]
    return r"ledger_posting: Key \(id\)=\(1\) already exists"


def place_twice(records):
    made = next(one for one in only(records, "transaction") if len(one["postings"]) > 1)
    made["postings"][1]["position"] = made["postings"][0]["position"]
    return r"ledger_posting: Key \(transaction_id, \"?position\"?\)=\(ltx_\w+, 0\) already exists"


def release_something_else(records):
    made = next(one for one in only(records, "transaction") if one["resolves"])
    made["postings"][0]["amount"] += 1
    return "A posting has no account, or no transaction .* releases no such pending posting"


def release_nothing(records):
    made = next(one for one in only(records, "transaction") if one["resolves"])
    made["postings"] = made["postings"][:1]
    made["postings"][0]["layer"] = "posted"
    return "such a transaction has no postings that are posted"


def post_more_than_reserved(records):
    made = next(one for one in only(records, "transaction") if one["resolves"])
    made["postings"][1]["amount"] += 1
    return "resolves: it posts more than was reserved"


def reverse_something_else(records):
    made = next(one for one in only(records, "transaction") if one["reverses"])
    made["postings"][0]["amount"] -= 1
    return "reverses: it is not the opposite of what it reverses"


def resolve_twice(records):
    first, second, *_ = (one for one in only(records, "transaction") if one["resolves"])
    second["resolves"] = first["resolves"]
    return r"ledger_transaction: Key \(resolves_id\)=\(ltx_\w+\) already exists"


def overdraw(records):
    made = only(records, "transaction")[-1]
    accounts = {one["code"]: one["id"] for one in only(records, "account") if one["floor"] == 0}
    cash = next(one for one in only(records, "account") if one["code"] == "cash")
    made["postings"] = [
        made["postings"][0]
        | {"debit": accounts["deposits"], "credit": cash["id"], "currency": "eur", "amount": 10**9}
    ]
    return "The account .* would fall below its floor|The account would fall below its floor"


@pytest.mark.parametrize(
    "change",
    [
        *(unknown_account, other_currency, same_account, account_twice, code_twice),
        *(stripes_with_floor, reference_twice, transaction_twice, posting_twice, place_twice),
        *(release_something_else, release_nothing, post_more_than_reserved),
        *(reverse_something_else, resolve_twice, overdraw),
    ],
)
def test_what_the_book_would_not_take_is_refused_with_its_line(lines, target, change):
    messages = []
    lines = changed(lines, lambda records: messages.append(change(records)))

    with pytest.raises(ArchiveInvalid, match=rf"^Lines? \d+( to \d+)?: ({messages[0]})"):
        import_lines(target.environment, lines)

    assert rows_of(target.environment) == EMPTY


def test_a_file_that_was_cut_is_refused(lines, target):
    with pytest.raises(ArchiveInvalid, match="Line 20: the file ends here, without the trailer"):
        import_lines(target.environment, lines[:19])

    assert rows_of(target.environment) == EMPTY


def test_a_book_that_is_not_empty_is_left_alone(lines, target):
    with context.enter(target.environment, by="system"), transaction.atomic():
        bank, wallet = chart.bank_settlement(), chart.wallet("wal_1")
        services.post(
            [Posting(debit=bank, credit=wallet, money=Money(1, "usd"))], reference="there"
        )
    before = rows_of(target.environment)

    with pytest.raises(BookNotEmpty, match="it has ledger transactions"):
        import_lines(target.environment, lines)

    assert rows_of(target.environment) == before


def test_a_book_that_was_closed_is_not_empty(lines, target):
    ApiClient(target.secret_key).post("ledger/periods", {"ends_at": 1_700_000_000})

    with pytest.raises(BookNotEmpty, match="it has ledger periods"):
        import_lines(target.environment, lines)


def test_accounts_that_are_there_may_stay_if_they_are_others(lines, target):
    api = ApiClient(target.secret_key)
    api.post("ledger/accounts", {"code": "mine", "currency": "usd", "kind": "asset"})
    import_lines(target.environment, lines)

    (mine,) = api.get("ledger/accounts", {"code": "mine"})["data"]
    assert mine["balance"]["posted"] == 0


def test_an_account_that_is_there_is_not_taken_for_one_of_the_archive(lines, target):
    given = {"code": "cash", "currency": "eur", "kind": "expense"}
    ApiClient(target.secret_key).post("ledger/accounts", given)

    with pytest.raises(ArchiveInvalid, match=r"^Line 2: ledger_account: Key \(code, currency\)"):
        import_lines(target.environment, lines)

    assert rows_of(target.environment) == EMPTY | {"ledger_account": 1}


def test_a_frozen_book_takes_nothing(lines, target):
    with context.enter(target.environment, by="system"):
        LedgerState.objects.update(frozen_at=clock.now(), frozen_reason="It does not add up.")

    with pytest.raises(Frozen, match="It does not add up"):
        import_lines(target.environment, lines)


def test_what_is_of_a_sandbox_stays_out_of_live(commits):
    there, here = (factories.make_tenant(is_live=True).environments for _ in range(2))
    sandbox, live = (export_lines(one.environment) for one in there)

    with pytest.raises(ModeMismatch, match="of a sandbox, and this environment is live"):
        import_lines(here[1].environment, sandbox)
    for one in here:
        assert import_lines(one.environment, live).entries == 0


def test_nobody_posts_while_a_book_is_read(lines, target):
    """An import waits for who is posting, and then finds that the book is not empty."""

    def post():
        with context.enter(target.environment, by="system"), transaction.atomic():
            services.post(
                [Posting(debit="bank:settlement", credit="platform:fees", money=Money(1, "usd"))],
                reference="meanwhile",
            )
            time.sleep(0.5)

    def read():
        time.sleep(0.2)
        import_lines(target.environment, lines)

    posted, refused = at_once(post, read)

    assert posted is None
    assert isinstance(refused, BookNotEmpty)
    assert rows_of(target.environment)["ledger_transaction"] == 1


def test_who_cannot_have_the_book_for_itself_is_told(lines, target, tmp_path):
    file = tmp_path / "book.jsonl"
    file.write_bytes(b"".join(lines))

    def post():
        with context.enter(target.environment, by="system"), transaction.atomic():
            services.post(
                [Posting(debit="bank:settlement", credit="platform:fees", money=Money(1, "usd"))],
                reference="meanwhile",
            )
            time.sleep(1.5)

    def read():
        time.sleep(0.5)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        call_command("import_ledger", file, environment=target.environment.id)

    _, refused = at_once(post, read)

    assert isinstance(refused, CommandError)
    assert "Somebody is writing to the book" in str(refused)


def test_the_command_says_what_is_wrong_and_where(lines, target, tmp_path):
    file = tmp_path / "book.jsonl"
    file.write_bytes(b"".join(lines[:10]))
    environment = target.environment.id

    with pytest.raises(CommandError, match=r"^Nothing was imported. Line 11: the file ends here"):
        call_command("import_ledger", file, environment=environment)
    with pytest.raises(CommandError, match="No such file or directory"):
        call_command("import_ledger", tmp_path / "none", environment=environment)
    with pytest.raises(CommandError, match="There is no environment env_none"):
        call_command("import_ledger", file, environment="env_none")

    file.write_bytes(lines[0] + b" " * 17 * 1024 * 1024 + b"\n")
    with pytest.raises(CommandError, match=r"Line 2: it is cut off, or too long"):
        call_command("import_ledger", file, environment=environment)
    assert rows_of(target.environment) == EMPTY


def test_an_import_that_is_killed_leaves_nothing(open_committed):
    source, target = open_committed(), open_committed()
    with context.enter(source.environment, by="system"), transaction.atomic():
        posting = Posting(debit="bank:settlement", credit="platform:fees", money=Money(1, "usd"))
        services.post_many(
            [Draft(postings=(posting,), reference=new_id("ref")) for _ in range(4_500)]
        )
    lines = export_lines(source.environment)
    url = databases.url_of(connection.settings_dict["NAME"])
    command = ["manage.py", "import_ledger", "--environment", target.environment.id, "-"]
    killed = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url},
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        # All but the trailer: most of it is written by the time that the process waits for the end.
        assert killed.stdin is not None
        killed.stdin.write(b"".join(lines[:-1]))
        killed.stdin.flush()
        wait_for_rows(target.environment)
    finally:
        killed.kill()
        killed.communicate()

    # Whoever comes next waits until PostgreSQL has noticed.
    assert import_lines(target.environment, lines).transactions == 4_500
    assert rows_of(target.environment) == rows_of(source.environment)


def wait_for_rows(environment):
    """Wait until somebody else has written a few thousand postings, which we cannot see."""
    until = time.monotonic() + 60
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(
                "SELECT pg_relation_size(%s::regclass)",
                [f"{environment.schema_name}.ledger_posting"],
            )
            (size,) = cursor.fetchone()
            if size > 300_000:
                return
            time.sleep(0.05)
    pytest.fail("The import did not get so far.")
