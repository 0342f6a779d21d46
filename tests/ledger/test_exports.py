"""Exports: what is in them, that they do not change, and what becomes of a broken download."""

import csv
import hashlib
import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import RequestFactory

from apps.core import clock, context
from apps.core.ids import new_id
from apps.core.money import Money
from apps.identity.api.authentication import KeyCaller
from apps.identity.domain import KeyKind
from apps.ledger import queries, services
from apps.ledger.api.exports import LedgerExports
from apps.ledger.domain import Draft, Posting, archive, chart
from apps.ledger.domain.exports import COLUMNS, Format
from apps.ledger.models import LedgerPosting, LedgerSeal, LedgerTransaction
from tests import factories
from tests.client import ApiClient
from tests.ledger import varied
from tests.ledger.recorded import open_account
from tests.races import at_once

BANK, FEES = chart.bank_settlement(), chart.platform_fees()


@pytest.fixture
def committed_api(committed):
    """A client of an environment with real commits, whose book has a bit of everything."""
    api = ApiClient(committed.secret_key)
    with context.enter(committed.environment, by="operator:1"):
        varied.fill(api)
    return api


def download(api, form="jsonl"):
    """Make an export and download it; return the export as it is then, and the lines."""
    made = api.post("ledger/exports", {"format": form})
    body = api.get(f"ledger/exports/{made['id']}/content").body
    return api.get(f"ledger/exports/{made['id']}"), body.splitlines(keepends=True)


def post_some(count, *, size=1):
    """Post `count` transactions of `size` postings each."""
    posting = Posting(debit=BANK, credit=FEES, money=Money(100, "usd"))
    with transaction.atomic():
        services.post_many(
            [Draft(postings=(posting,) * size, reference=new_id("ref")) for _ in range(count)]
        )


def content(form=Format.JSONL):
    """Make an export of the current environment; return it, and its content as it is made."""
    export = services.create_export(form=form, now=clock.now())
    return export, services.export_content(export)


def records_of(lines):
    """Return (kind, record) of the lines of an archive, as its reader has them."""
    return [(line.kind, line.record) for line in archive.read(lines)]


def every(api, path):
    """Return all objects of a list of the API."""
    page = api.get(path, {"limit": 100})
    assert not page["has_more"]
    return page["data"]


def test_an_archive_has_all_of_the_book(committed_api, committed):
    export, lines = download(committed_api)
    records = records_of(lines)

    header = records[0][1]
    assert header["environment"] == committed.environment.id
    assert header["account"] == committed.environment.account_id
    assert (header["livemode"], header["export"]) == (False, export["id"])
    accounts = {one["id"]: one for kind, one in records if kind == "account"}
    assert set(accounts) == {one["id"] for one in every(committed_api, "ledger/accounts")}
    assert sum(one["closed_at"] is not None for one in accounts.values()) == 1
    periods = [one for kind, one in records if kind == "period"]
    assert [one["reopen_reason"] for one in periods] == ["", "", "Ein Nachtrag für März"]
    moved = {one["id"]: one for kind, one in records if kind == "transaction"}
    shown = {one["id"]: one for one in every(committed_api, "ledger/transactions")}
    assert set(moved) == set(shown)
    for id_, one in moved.items():
        assert one["reference"] == shown[id_]["reference"]
        assert one["metadata"] == shown[id_]["metadata"]
        assert (one["resolves"], one["reverses"]) == (
            shown[id_]["resolves"],
            shown[id_]["reverses"],
        )
        assert [
            (accounts[p["debit"]]["code"], accounts[p["credit"]]["code"], p["amount"], p["layer"])
            for p in one["postings"]
        ] == [(p["debit"], p["credit"], p["amount"], p["layer"]) for p in shown[id_]["postings"]]
    assert [kind for kind, _ in records[-2:]] == ["seal", "trailer"]


def test_an_export_says_how_far_its_download_is(committed_api):
    made = committed_api.post("ledger/exports", {"format": "jsonl", "metadata": {"year": "2026"}})
    address = f"ledger/exports/{made['id']}"

    assert (made["status"], made["progress"], made["written_count"]) == ("pending", 0, 0)
    assert (made["finished_at"], made["metadata"]) == (None, {"year": "2026"})
    answer = committed_api.get(f"{address}/content")
    done = committed_api.get(address)

    assert done["url"].endswith(f"/v1/{address}/content")
    assert (done["status"], done["progress"]) == ("complete", 1)
    assert done["written_count"] == done["entry_count"] == made["entry_count"] > 40
    assert done["finished_at"] is not None
    assert answer.headers["Content-Type"] == "application/jsonl"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{made["id"]}.jsonl"'
    assert [one["id"] for one in committed_api.get("ledger/exports")["data"]] == [made["id"]]


def test_what_an_export_covers_never_changes(committed_api, committed):
    made = committed_api.post("ledger/exports", {"format": "jsonl"})
    address = f"ledger/exports/{made['id']}/content"
    before = committed_api.get(address).body

    with context.enter(committed.environment, by="system"):
        post_some(3)
        (account_id, *_) = [one["id"] for one in every(committed_api, "ledger/accounts")]
        services.close_account(account_id, now=clock.now())
    later = committed_api.post("ledger/exports", {"format": "jsonl"})

    assert committed_api.get(address).body == before
    assert later["entry_count"] == made["entry_count"] + 6


def test_an_empty_book_can_be_exported(committed_environment):
    export, pieces = content()

    (_, header), (_, trailer) = records_of(b"".join(pieces).splitlines(keepends=True))
    assert (export.entry_count, header["last_seal_hash"], trailer["accounts"]) == (0, None, 0)


def test_a_download_that_breaks_off_can_begin_again(committed_environment):
    post_some(2_000)
    export, pieces = content()

    next(pieces)
    next(pieces)
    pieces.close()
    export.refresh_from_db()
    assert (export.status, export.finished_at) == ("running", None)
    assert 0 < export.written_count < export.entry_count == 4_000

    again = b"".join(services.export_content(export))
    export.refresh_from_db()
    assert (export.status, export.written_count) == ("complete", 4_000)
    assert len(records_of(again.splitlines(keepends=True))) > 2_000


def test_progress_is_told_and_written_down(committed_environment):
    post_some(12_000, size=1)
    export, _ = content()
    told, noted = [], []
    for _ in services.export_content(export, progress=lambda *at: told.append(at)):
        export.refresh_from_db()
        noted.append(export.written_count)

    assert told == sorted(told)
    assert told[-1] == (24_000, 24_000)
    assert len(set(noted)) > 1, "It is written down while it goes on, too."
    assert noted == sorted(noted)


def test_nothing_is_held_open_between_two_pieces(committed_environment):
    post_some(2_000)
    _, pieces = content()

    with connection.cursor() as cursor:
        for _ in pieces:
            assert not connection.in_atomic_block
            cursor.execute("SELECT count(*) FROM pg_cursors WHERE name <> ''")
            assert cursor.fetchone() == (0,)


def write_in_turns(*, count, postings):
    """Write transactions whose postings have ids in turns, as those of a race do."""
    debit, credit = open_account("in turns"), open_account("in turns, too", "revenue")
    now = clock.now()
    here = context.current().account_id
    with transaction.atomic():
        made = LedgerTransaction.objects.bulk_create(
            LedgerTransaction(
                id=new_id("ltx"),
                account_id=here,
                created_at=now,
                effective_at=now,
                reference=f"turns:{number}",
                fingerprint=bytes(32),
            )
            for number in range(count)
        )
        LedgerPosting.objects.bulk_create(
            LedgerPosting(
                transaction=one,
                position=position,
                debit=debit,
                credit=credit,
                amount_minor=1,
                currency="usd",
                layer="posted",
                effective_at=now,
            )
            for position in range(postings)
            for one in made
        )
    return [one.id for one in made]


def test_transactions_that_took_turns_are_whole_and_in_the_order_of_their_first_postings(
    committed_environment,
):
    post_some(1_999)
    ids = write_in_turns(count=3, postings=700)
    post_some(5)
    _, pieces = content()

    moved = [one for kind, one in records_of(b"".join(pieces).splitlines(True)) if kind[0] == "t"]
    moved = moved[:-1]  # the trailer
    firsts = [one["postings"][0]["id"] for one in moved]
    assert firsts == sorted(firsts)
    assert len(moved) == 1_999 + 3 + 5
    assert [(one["id"], len(one["postings"])) for one in moved[1_999:2_002]] == [
        (id_, 700) for id_ in ids
    ]
    for one in moved:
        assert [p["position"] for p in one["postings"]] == [*range(len(one["postings"]))]


def test_a_seal_comes_after_the_last_transaction_that_is_in_it(committed_environment):
    post_some(2)
    services.seal_now(now=clock.now())
    write_in_turns(count=2, postings=3_000)
    _, pieces = content()

    records = records_of(b"".join(pieces).splitlines(True))
    kinds = "".join(kind[0] for kind, _ in records)
    assert kinds == "h" + "a" * 4 + "tt" + "s" + "tt" + "ss" + "t"


def test_an_export_ends_between_two_transactions(committed_environment):
    post_some(3)
    first = services.seal_now(now=clock.now())
    write_in_turns(count=2, postings=3_000)
    cut = services.seal_step(now=clock.now())
    assert cut is not None
    assert queries.last_whole_seal() == (1, first.last_posting, 3)

    whole = services.seal_now(now=clock.now())
    assert queries.last_whole_seal() == (3, whole.last_posting, 6_003)
    assert LedgerSeal.objects.count() == 3


def test_what_is_still_under_way_is_not_in_an_export(committed_environment):
    post_some(3)
    services.seal_now(now=clock.now())

    def export_now():
        export, pieces = content()
        return export.entry_count, b"".join(pieces)

    with transaction.atomic():
        services.post(
            [Posting(debit=BANK, credit=FEES, money=Money(1, "usd"))], reference="under way"
        )
        post_of_another = at_once(lambda: post_some(1))
        ((entry_count, body),) = at_once(export_now)

    assert post_of_another == [None]
    assert entry_count == 6
    assert len(records_of(body.splitlines(True))) == 1 + 2 + 3 + 1 + 1


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_spreadsheet_runs_nothing(committed_api, form):
    _, lines = download(committed_api, form)
    text = b"".join(lines).decode()

    assert "=HYPERLINK" in text
    assert "=cmd|" in text
    if form == "csv":
        cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
        assert {cell for cell in cells if cell[:1] in "=+-@" and cell} == set()
        assert {"'=HYPERLINK(1)", "'=cmd|' /C calc'!A0"} <= set(cells)


def test_a_spreadsheet_has_every_entry(committed_api):
    export, lines = download(committed_api, "csv")
    heads, *rows, last = csv.reader(io.StringIO(b"".join(lines).decode(), newline=""))
    entries = [dict(zip(heads, row, strict=True)) for row in rows]

    assert tuple(heads) == COLUMNS
    assert last[0] == f"# complete: {export['entry_count']} entries"
    assert len(entries) == export["entry_count"]
    for debit, credit in zip(entries[::2], entries[1::2], strict=True):
        assert (debit["side"], credit["side"]) == ("debit", "credit")
        assert debit["amount_minor"] == credit["amount_minor"]
        assert debit["amount"] == credit["amount"]
    for entry in entries[:6]:
        shown = committed_api.get(f"ledger/entries/{entry['entry']}")
        assert shown["account"] == entry["account"]
        assert shown["code"] == entry["account_code"]
        assert str(shown["amount"]) == entry["amount_minor"]
        assert (shown["side"], shown["transaction"]) == (entry["side"], entry["transaction"])
    by_currency = {entry["currency"]: entry for entry in entries}
    assert by_currency["kwd"]["amount"] == "1000000000000.000"
    assert by_currency["jpy"]["amount"] in ("1500", "80")
    assert json.loads(entries[0]["metadata"]) == {"wörd": "  spaces\n\tand “lines” "}


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({}, "parameter_missing", "format"),
        ({"format": "xml"}, None, "format"),
        ({"format": "csv", "more": 1}, "parameter_unknown", "more"),
    ],
)
def test_what_is_asked_for_wrongly_is_refused(api, params, code, param):
    error = api.post("ledger/exports", params, status=400).error

    assert (error.get("code"), error["param"]) == (code, param)
    assert api.get("ledger/exports")["data"] == []


def test_a_key_needs_the_permission(environment):
    reading = factories.make_key(environment, KeyKind.RESTRICTED, "ledger_exports:read").secret
    others = factories.make_key(environment, KeyKind.RESTRICTED, "ledger_accounts:write").secret

    assert ApiClient(reading).get("ledger/exports")["data"] == []
    ApiClient(reading).post("ledger/exports", {"format": "csv"}, status=403)
    ApiClient(others).get("ledger/exports", status=403)


def test_the_whole_book_is_the_platforms_alone(environment):
    class ForAnotherAccount:
        """Lets in whoever acts for a connected account."""

        def authenticate(self, request):
            return KeyCaller(
                environment, "acct_connected", by="key:1", is_public=False, api_version=""
            ), None

    view = LedgerExports.as_view(authentication_classes=[ForAnotherAccount], permission_classes=[])

    answer = view(RequestFactory().get("/v1/ledger/exports"))

    assert answer.status_code == 400
    assert json.loads(answer.content)["error"]["code"] == "platform_only"


def test_the_same_request_makes_one_export(committed_api):
    made = [
        committed_api.post("ledger/exports", {"format": "csv"}, idempotency_key="once")["id"]
        for _ in range(2)
    ]

    assert made[0] == made[1]
    assert len(committed_api.get("ledger/exports")["data"]) == 1


def test_the_command_writes_the_same_as_the_api(committed_api, committed, tmp_path, capfdbinary):
    file = tmp_path / "book.jsonl"

    call_command("export_ledger", environment=committed.environment.id, output=file)
    call_command("export_ledger", environment=committed.environment.id, format="csv")

    _, lines = download(committed_api)
    written = file.read_bytes().splitlines(keepends=True)
    assert written[1:-1] == lines[1:-1]
    assert json.loads(written[-1])["sha256"] == hashlib.sha256(b"".join(written[:-1])).hexdigest()
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["book.jsonl"]
    shown = capfdbinary.readouterr()
    assert shown.out.splitlines()[-1].startswith(b"# complete")
    assert b"100%" in shown.err
    assert b"up to seal 1." in shown.err


def test_the_command_seals_all_there_is(committed, tmp_path):
    with context.enter(committed.environment, by="system"):
        write_in_turns(count=2, postings=5_000)

    call_command("export_ledger", environment=committed.environment.id, output=tmp_path / "all")

    lines = (tmp_path / "all").read_bytes().splitlines(True)
    assert len(records_of(lines)) == 1 + 2 + 2 + 2 + 1


def test_the_command_leaves_nothing_of_what_it_could_not_finish(committed, tmp_path):
    with pytest.raises(CommandError, match="There is no environment env_none"):
        call_command("export_ledger", environment="env_none", output=tmp_path / "book")
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        call_command(
            "export_ledger", environment=committed.environment.id, output=tmp_path / "folder"
        )

    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
