"""Merkle trees, leaves and headers: against known values, and against the definition of the RFC."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.ledger.domain import canonical, leaves, merkle, seals
from apps.ledger.domain.leaves import Leaf

# The leaves, roots and paths with which Certificate Transparency tests its trees.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        *("", "00", "10", "2021", "3031", "40414243"),
        *("5051525354555657", "606162636465666768696a6b6c6d6e6f"),
    )
]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_roots_are_those_of_certificate_transparency(size):
    assert merkle.root(HASHES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_paths_are_those_of_certificate_transparency(index, size):
    path = merkle.inclusion_path(HASHES[:size], index)

    assert [beside.hex() for beside in path] == PATHS[index, size]
    assert merkle.root_from_path(HASHES[index], index=index, size=size, path=path) == merkle.root(
        HASHES[:size]
    )


def root_by_definition(hashes):
    """RFC 6962, 2.1: split at the largest power of two that is less than the number of leaves."""
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << (len(hashes) - 1).bit_length() - 1
    left, right = root_by_definition(hashes[:half]), root_by_definition(hashes[half:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@given(size=st.integers(1, 70), data=st.data())
def test_every_leaf_is_proved_and_nothing_else(size, data):
    hashes = [merkle.leaf_hash(bytes([number])) for number in range(size)]
    root = root_by_definition(hashes)
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_path(hashes, index)

    def leads_to_root(hashed=hashes[index], index=index, size=size, path=path):
        return merkle.root_from_path(hashed, index=index, size=size, path=path) == root

    assert merkle.root(hashes) == root
    assert leads_to_root()
    assert not leads_to_root(hashed=merkle.leaf_hash(b"other"))
    assert not leads_to_root(path=[*path, bytes(32)])
    assert not leads_to_root(index=-1)
    assert not leads_to_root(index=size)
    if path:
        assert not leads_to_root(path=path[:-1])
        assert not leads_to_root(path=path[::-1]) or path == path[::-1]
        assert not leads_to_root(index=data.draw(st.integers(0, size - 1).filter(index.__ne__)))


LEAF = Leaf(
    transaction="ltx_1",
    position=0,
    debit="bank:settlement",
    debit_kind="asset",
    credit="wallet:wal_1",
    credit_kind="liability",
    currency="eur",
    amount=500,
    layer="posted",
    debit_line=None,
    credit_line=3,
    reference='Zoë "—"\n',
    effective_at="2030-01-31T12:00:00.000001Z",
    created_at="2030-01-31T12:00:00.000000Z",
    expires_at=None,
    resolves=None,
    reverses="ltx_0",
    source="ch_1",
    details={"type": "charge", "exchange": {"rate": "1.08"}},
    metadata={"b": "2", "a": "ü"},
)


def test_the_text_of_a_leaf_stays_as_it_was_written_down():
    """A change of this text would break every seal there is."""
    assert leaves.to_bytes(LEAF).decode() == (
        '{"amount":500,"created_at":"2030-01-31T12:00:00.000000Z","credit":"wallet:wal_1",'
        '"credit_kind":"liability","credit_line":3,"currency":"eur","debit":"bank:settlement",'
        '"debit_kind":"asset","debit_line":null,'
        '"details":{"exchange":{"rate":"1.08"},"type":"charge"},'
        '"effective_at":"2030-01-31T12:00:00.000001Z","expires_at":null,"layer":"posted",'
        '"metadata":{"a":"ü","b":"2"},"position":0,"reference":"Zoë \\"—\\"\\n",'
        '"resolves":null,"reverses":"ltx_0","source":"ch_1","transaction":"ltx_1","version":1}'
    )


@pytest.mark.parametrize("field", Leaf._fields)
def test_every_field_of_a_leaf_counts(field):
    other = LEAF._asdict() | {field: {"position": 1, "amount": 501}.get(field, "x")}

    assert leaves.to_bytes(Leaf(**other)) != leaves.to_bytes(LEAF)


def test_the_hash_of_a_seal_is_of_its_header():
    header = seals.Header(
        number=2,
        previous="ab" * 32,
        root="cd" * 32,
        count=7,
        sealed_at=datetime(2030, 1, 31, 12, tzinfo=UTC),
    )
    text = (
        f'{{"count":7,"number":2,"previous":"{"ab" * 32}","root":"{"cd" * 32}",'
        '"sealed_at":"2030-01-31T12:00:00.000000Z","version":1}'
    )

    assert seals.to_bytes(header).decode() == text
    assert seals.seal_hash(header) == hashlib.sha256(text.encode()).hexdigest()


def test_an_instant_is_told_in_utc_to_the_microsecond():
    berlin = timezone(timedelta(hours=1))

    assert canonical.instant_text(datetime(2030, 1, 31, 12, 0, 0, 5, berlin)) == (
        "2030-01-31T11:00:00.000005Z"
    )


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_canonical_json_is_json_and_one_text_for_one_value(value):
    text = canonical.to_bytes(value)

    assert json.loads(text) == value
    assert canonical.to_bytes(dict(reversed(value.items()))) == text
