"""The archive as a format: what is written is read back, and what is not whole is refused."""

import hashlib
import json
from copy import deepcopy
from datetime import UTC, datetime

import pytest

from apps.ledger.domain import archive, records
from apps.ledger.domain.records import Record
from apps.ledger.domain.refusals import ArchiveInvalid

INSTANT = "2030-01-31T12:00:00.000001Z"
HASH = "ab" * 32
HEADER: Record = {
    "export": "lexp_1",
    "environment": "env_1",
    "account": "acct_1",
    "livemode": False,
    "created_at": INSTANT,
    "until_posting": 7,
    "entries": 2,
    "seals": 1,
    "last_seal_hash": HASH,
}
ACCOUNT: Record = {
    "id": "lacct_1",
    "account": "acct_1",
    "code": "cash",
    "currency": "eur",
    "kind": "asset",
    "name": "Kasse „Süd“ 💶",
    "floor": 0,
    "stripes": 1,
    "created_at": INSTANT,
    "closed_at": None,
    "metadata": {"clé": "värde"},
}
PERIOD: Record = {
    "id": "lper_1",
    "account": "acct_1",
    "created_at": INSTANT,
    "starts_at": None,
    "ends_at": INSTANT,
    "closed_by": "key:1",
    "reopened_at": None,
    "reopened_by": "",
    "reopen_reason": "",
    "metadata": {},
}
POSTING: Record = {
    "id": 7,
    "position": 0,
    "debit": "lacct_1",
    "credit": "lacct_2",
    "amount": 10**15,
    "currency": "eur",
    "layer": "posted",
    "debit_line": None,
    "credit_line": 3,
}
TRANSACTION: Record = {
    "id": "ltx_1",
    "account": "acct_1",
    "reference": "sale:1",
    "fingerprint": HASH,
    "created_at": INSTANT,
    "effective_at": INSTANT,
    "expires_at": None,
    "resolves": None,
    "reverses": None,
    "source_id": None,
    "details": {"exchange": {"rate": "1.25"}, "lines": [1, None, True]},
    "metadata": {},
    "postings": [POSTING],
}
SEAL: Record = {
    "id": "lseal_1",
    "account": "acct_1",
    "created_at": INSTANT,
    "number": 1,
    "after_posting": 0,
    "last_posting": 7,
    "posting_count": 1,
    "root": HASH,
    "previous_hash": HASH,
    "hash": HASH,
    "metadata": {},
}
BOOK = [("account", ACCOUNT), ("period", PERIOD), ("transaction", TRANSACTION), ("seal", SEAL)]


def written(*records, header=HEADER):
    """Return the lines of an archive of these records."""
    writer = archive.Writer()
    lines = [writer.header(header), *(writer.line(kind, record) for kind, record in records)]
    return [*lines, writer.trailer()]


def refusal(lines):
    with pytest.raises(ArchiveInvalid) as caught:
        list(archive.read(lines))
    assert (caught.value.code, caught.value.param) == ("ledger_archive_invalid", "file")
    return caught.value.message


def test_what_is_written_is_read_back():
    lines = written(*BOOK)

    header, account, _, transaction, seal, trailer = archive.read(lines)

    at = datetime(2030, 1, 31, 12, 0, 0, 1, tzinfo=UTC)
    assert (header.number, header.kind, header.record["created_at"]) == (1, "header", at)
    assert account.record == ACCOUNT | {"created_at": at}
    assert transaction.record == TRANSACTION | {
        "fingerprint": bytes.fromhex(HASH),
        "created_at": at,
        "effective_at": at,
    }
    assert (seal.number, seal.record["root"]) == (5, HASH)
    assert (trailer.kind, trailer.record["entries"]) == ("trailer", 2)


def test_the_trailer_has_the_hash_of_all_lines_before():
    *lines, trailer = written(*BOOK)

    assert json.loads(trailer)["sha256"] == hashlib.sha256(b"".join(lines)).hexdigest()


def test_an_empty_book_has_an_archive():
    nothing = {"until_posting": 0, "entries": 0, "seals": 0, "last_seal_hash": None}

    header, trailer = archive.read(written(header=HEADER | nothing))

    assert (header.kind, trailer.record["transactions"]) == ("header", 0)


@pytest.mark.parametrize("kept", range(6))
def test_a_file_that_was_cut_is_refused(kept):
    lines = written(*BOOK)[:kept]

    assert refusal(lines) == (
        f"Line {kept + 1}: the file ends here, without the trailer that tells that it is whole."
    )


def test_a_line_that_was_cut_is_refused():
    *lines, last = written(*BOOK)

    assert refusal([*lines, last[:-1]]) == "Line 6: it is cut off, or too long."


def test_a_line_that_was_lost_is_missed():
    lines = written(*BOOK)
    del lines[2]

    assert refusal(lines) == "Line 5: there should be 1 periods, and there are 0."


def test_a_line_that_was_changed_is_noticed():
    lines = written(*BOOK)
    lines[3] = lines[3].replace(b"sale:1", b"sale:2")

    assert "Line 6: the hash of the lines before is another one" in refusal(lines)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"entries": 4}, "entries of the header is 4, and not 2"),
        ({"seals": 2}, "seals of the header is 2, and not 1"),
        ({"until_posting": 8}, "until_posting of the header is 8, and not 7"),
        ({"last_seal_hash": "cd" * 32}, "last_seal_hash of the header is cdcd"),
    ],
)
def test_a_header_that_promised_something_else_is_refused(changed, message):
    assert refusal(written(*BOOK, header=HEADER | changed)).startswith(f"Line 6: {message}")


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ((), "Line 1: a trailer does not belong at the beginning."),
        (("account",), "Line 1: a account does not belong at the beginning."),
        (("header", "header"), "Line 2: a header does not belong after a header."),
        (("header", "seal"), "Line 2: a seal does not belong after a header."),
        (("header", "transaction", "account"), "Line 3: a account does not belong after a"),
        (("header", "period", "account"), "Line 3: a account does not belong after a period."),
    ],
)
def test_what_comes_in_another_order_is_refused(order, message):
    book = {"header": {"format": records.FORMAT, "version": 1, **HEADER}, **dict(BOOK)}
    writer = archive.Writer()
    lines = [writer.line(kind, book[kind]) for kind in order]

    assert refusal([*lines, writer.trailer()]).startswith(message)


@pytest.mark.parametrize("number", [1, 3])
def test_a_seal_that_is_missing_or_there_twice_is_refused(number):
    lines = written(*BOOK, ("seal", SEAL | {"number": number}))

    assert refusal(lines) == f"Line 6: seal 2 should be here, and not {number}."


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"postings": [POSTING | {"layer": "released"}]}, "no postings that are released"),
        (
            {"postings": [POSTING, POSTING | {"layer": "pending"}]},
            "no postings that are pending and posted",
        ),
        ({"resolves": "ltx_0"}, "no postings that are posted"),
        (
            {"reverses": "ltx_0", "postings": [POSTING | {"layer": "pending"}]},
            "no postings that are pending",
        ),
        ({"expires_at": INSTANT}, "expires_at is for a pending transaction"),
    ],
)
def test_a_transaction_has_the_postings_of_what_it_is(changed, message):
    lines = written(("transaction", TRANSACTION | changed))

    assert message in refusal(lines)


def test_nothing_comes_after_the_trailer():
    lines = written(*BOOK)

    assert refusal([*lines, lines[1]]) == "Line 7: a account does not belong after a trailer."


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{\n",
        b"nothing\n",
        b'{"type":"account","floor":NaN}\n',
        b'{"type":"account","name":"\xff"}\n',
        b"[" * 100_000 + b"\n",
        b'{"type":"account","floor":' + b"9" * 5_000 + b"}\n",
    ],
)
def test_what_is_not_json_is_refused(line):
    assert refusal([written()[0], line]) == "Line 2: it is not JSON."


@pytest.mark.parametrize("line", [b"[]\n", b"7\n", b"{}\n", b'{"type":7}\n', b'{"type":"x"}\n'])
def test_what_is_no_record_is_refused(line):
    assert refusal([written()[0], line]) == "Line 2: it is no record of an archive."


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"version": 2}, "its version is 2, and not 1"),
        ({"version": True}, "version is not one of 1"),
        ({"version": None}, "its version is None, and not 1"),
        ({"format": "other"}, "it is not the header of an archive of a ledger (fincloud.ledger)"),
    ],
)
def test_another_version_is_refused_before_its_fields(changed, message):
    assert refusal(written(header=HEADER | changed)) == f"Line 1: {message}."


BAD_FIELDS = [
    ("account", "id", "ltx_1", "id is not an id (lacct_…)"),
    ("account", "id", "lacct_" + "x" * 60, "id is not an id (lacct_…)"),
    ("account", "code", "", "code is not text of 1 to 160 characters"),
    ("account", "name", 7, "name is not text of 0 to 120 characters"),
    ("account", "name", "a\x00b", "name is not text that can be stored"),
    ("account", "currency", "EUR", "currency is not a currency"),
    ("account", "kind", "money", "kind is not one of asset, liability"),
    ("account", "floor", 1, "floor is not a whole number from"),
    ("account", "stripes", True, "stripes is not a whole number from 1 to 64"),
    ("account", "created_at", "2030-01-31T12:00:00Z", "created_at is not an instant"),
    ("account", "created_at", "2030-02-31T12:00:00.000000Z", "created_at is not"),
    ("account", "metadata", {"a": 1}, "metadata is not a map of text to text"),
    ("account", "metadata", {"a": "\x00"}, "metadata is not text that can be stored"),
    ("header", "livemode", 1, "livemode is not true or false"),
    ("transaction", "fingerprint", "ab", "fingerprint is not a hash"),
    ("transaction", "reverses", 7, "reverses is not an id (ltx_…)"),
    ("transaction", "details", [], "details is not an object"),
    ("transaction", "details", {"a": [{"\x00": 1}]}, "details is not text that can be stored"),
    ("transaction", "postings", [], "postings is not a list of 1 to"),
    ("transaction", "postings", [7], "postings[0] is not an object"),
    ("seal", "number", 2**63, "number is not a whole number from"),
]
BAD_POSTINGS = [
    ("amount", 0, "amount is not a whole number from 1 to"),
    ("amount", 1.0, "amount is not a whole number from 1 to"),
    ("amount", 10**15 + 1, "amount is not a whole number from 1 to"),
    ("amount", "1", "amount is not a whole number from 1 to"),
    ("layer", "settled", "layer is not one of posted, pending, released"),
    ("position", 2**15, "position is not a whole number from 0 to"),
]
BAD_FIELDS += [
    ("transaction", "postings", [POSTING, POSTING | {name: value}], f"postings[1].{message}")
    for name, value, message in BAD_POSTINGS
]


@pytest.mark.parametrize(("kind", "name", "value", "message"), BAD_FIELDS)
def test_a_field_that_is_wrong_is_named(kind, name, value, message):
    book = deepcopy(dict(BOOK))
    if kind == "header":
        lines, number = written(header=HEADER | {name: value}), 1
    else:
        book[kind][name] = value
        lines = written(*book.items())
        number = 2 + list(book).index(kind)

    assert refusal(lines).startswith(f"Line {number}: {message}")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (HEADER | {"more": 1}, "Line 1: more is unknown."),
        ({k: v for k, v in HEADER.items() if k != "seals"}, "Line 1: seals is missing."),
    ],
)
def test_fields_are_those_of_the_format(fields, message):
    assert refusal(written(header=fields)) == message
