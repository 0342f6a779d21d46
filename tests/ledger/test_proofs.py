"""Seals, proofs and the verification over HTTP; and proofs checked by a program of its api."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import RequestFactory

from apps.core import clock, context
from apps.core.errors import NotFound
from apps.core.money import Money
from apps.identity.api.authentication import KeyCaller
from apps.identity.domain import KeyKind
from apps.ledger import services
from apps.ledger.api.seals import LedgerSealDetail, LedgerSeals
from apps.ledger.api.verify import LedgerVerify
from apps.ledger.domain import Posting, chart
from apps.ledger.models import LedgerSeal, LedgerVerification
from apps.ledger.queries import proofs
from apps.ledger.services import sealing, verification
from tests import factories
from tests.client import ApiClient

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "verify_proof.py"
BANK, WALLET = chart.bank_settlement(), chart.wallet("wal_1")


def post(reference, *, minor=5, **details):
    posting = Posting(debit=BANK, credit=WALLET, money=Money(minor, "usd"))
    with transaction.atomic():
        posted = services.post([posting], reference=reference, **details)
    return f"len_{posted.transaction_id.removeprefix('ltx_')}00001"


@pytest.fixture
def sealed(environment, monkeypatch) -> list[str]:
    """Twenty entries in seals of six."""
    monkeypatch.setattr(sealing, "POSTINGS_MAX", 6)
    return [post(f"Grüße {number}", metadata={"n": f"{number}"}) for number in range(20)]


def check(proof: Any, trusted: str, tmp_path: Path) -> tuple[int, str]:
    """Run the program on a saved proof; return its exit code, and what it said."""
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(proof), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", SCRIPT, path, trusted],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


# Seals --------------------------------------------------------------------------------------------


def test_seals_are_made_listed_and_retrieved(sealed, api):
    newest = api.post("ledger/seals")

    assert (newest["object"], newest["number"], newest["count"]) == ("ledger.seal", 4, 2)
    listed = api.get("ledger/seals", {"limit": 3})
    assert [one["number"] for one in listed["data"]] == [4, 3, 2]
    assert listed["has_more"]
    assert listed["data"][0]["previous"] == listed["data"][1]["hash"]
    assert api.get(f"ledger/seals/{newest['id']}") == newest
    assert api.get("ledger/seals", {"number": 4})["data"] == [newest]
    assert json.loads(newest["header"])["root"] == newest["root"]
    again = api.post("ledger/seals", idempotency_key="again")
    assert api.post("ledger/seals", idempotency_key="again") == again == newest


def test_a_book_without_postings_has_nothing_to_seal(api):
    error = api.post("ledger/seals", status=409).error
    assert error["code"] == "ledger_nothing_to_seal"
    assert api.get("ledger/seals")["data"] == []
    assert api.get("ledger/seals/lseal_none", status=404).error["code"] == "resource_missing"


@pytest.mark.parametrize("view", [LedgerSeals, LedgerSealDetail, LedgerVerify])
@pytest.mark.parametrize("verb", ["get", "post"])
def test_the_whole_book_is_the_platforms_alone(environment, view, verb):
    class ForAnotherAccount:
        """Lets in whoever acts for a connected account."""

        def authenticate(self, request):
            return KeyCaller(
                environment, "acct_connected", by="key:1", is_public=False, api_version=""
            ), None

    serve = view.as_view(authentication_classes=[ForAnotherAccount], permission_classes=[])
    details = {"ledger_seal": "lseal_1"} if view is LedgerSealDetail else {}

    answer = serve(getattr(RequestFactory(), verb)("/v1/ledger"), **details)

    is_unknown = (view, verb) == (LedgerSealDetail, "post")
    assert json.loads(answer.content)["error"]["code"] == (
        "url_invalid" if is_unknown else "platform_only"
    )


def test_a_key_needs_the_permission(environment):
    reads = factories.make_key(environment, KeyKind.RESTRICTED, "ledger_seals:read").secret
    reports = factories.make_key(environment, KeyKind.RESTRICTED, "ledger_reports:read").secret

    assert ApiClient(reads).get("ledger/seals")["data"] == []
    assert ApiClient(reports).get("ledger/verify")["state"] == "new"
    for key, verb, path in (
        (reads, "POST", "ledger/seals"),
        (reads, "GET", "ledger/verify"),
        (reports, "POST", "ledger/verify"),
        (reports, "GET", "ledger/seals"),
        (reports, "GET", "ledger/entries/len_1/proof"),
    ):
        ApiClient(key).request(verb, path, status=403)


# Proofs -------------------------------------------------------------------------------------------


def test_every_entry_is_proved_to_whoever_kept_a_hash(sealed, api, tmp_path):
    trusted = api.post("ledger/seals")["hash"]

    for place in (0, 5, 6, 11, 18, 19):
        proof = api.get(f"ledger/entries/{sealed[place]}/proof")
        code, said = check(proof, trusted, tmp_path)
        assert code == 0, said
        assert said.startswith(f"PROVED by seal 4: {sealed[place]} is a side of")
        leaf = json.loads(said.partition("\n")[2])
        assert (leaf["reference"], leaf["metadata"]) == (f"Grüße {place}", {"n": f"{place}"})
        assert (leaf["debit"], leaf["credit"], leaf["amount"]) == (BANK, WALLET, 5)
    other_side = f"{sealed[3][:-5]}00000"
    assert check(api.get(f"ledger/entries/{other_side}/proof"), trusted, tmp_path)[0] == 0


def test_a_proof_leads_to_the_seal_that_is_asked_for(sealed, api, tmp_path):
    api.post("ledger/seals")
    hashes = [seal.hash for seal in LedgerSeal.objects.order_by("number")]

    proof = api.get(f"ledger/entries/{sealed[7]}/proof", {"until_seal": 3})

    assert (proof["seal"]["number"], len(proof["chain"])) == (2, 1)
    assert [check(proof, one, tmp_path)[0] for one in hashes] == [1, 0, 0, 1]
    shortest = api.get(f"ledger/entries/{sealed[7]}/proof", {"until_seal": 2})
    assert shortest["chain"] == []
    assert check(shortest, hashes[1].upper(), tmp_path)[0] == 0


TAMPERED: dict[str, Callable[[dict[str, Any]], object]] = {
    "another amount": lambda p: p.update(leaf=p["leaf"].replace('"amount":5', '"amount":6')),
    "another text of the leaf": lambda p: p.update(leaf=p["leaf"].replace(":5,", ": 5,")),
    "another entry": lambda p: p.update(entry=f"{p['entry'][:-5]}00002"),
    "an entry of another transaction": lambda p: p.update(entry="len_000001"),
    "another index": lambda p: p.update(index=p["index"] + 1),
    "a negative index": lambda p: p.update(index=-1),
    "an index outside": lambda p: p.update(index=6),
    "another hash in the path": lambda p: p["path"].__setitem__(0, "00" * 32),
    "a shorter path": lambda p: p["path"].pop(),
    "a longer path": lambda p: p["path"].append("00" * 32),
    "no path": lambda p: p.update(path=[]),
    "another order of the path": lambda p: p["path"].reverse(),
    "another root": lambda p: p["seal"].update(
        header=p["seal"]["header"].replace('"root":"', '"root":"0')
    ),
    "another count": lambda p: p["seal"].update(
        header=p["seal"]["header"].replace('"count":6', '"count":7')
    ),
    "another hash of the seal": lambda p: p["seal"].update(hash="00" * 32),
    "another number of the seal": lambda p: p["seal"].update(number=7),
    "another header in the chain": lambda p: p["chain"].__setitem__(
        0, p["chain"][0].replace('"version":1', '"version":2')
    ),
    "a shorter chain": lambda p: p["chain"].pop(),
    "a gap in the chain": lambda p: p["chain"].pop(0),
    "another order of the chain": lambda p: p["chain"].reverse(),
    "no leaf": lambda p: p.pop("leaf"),
    "a leaf that is no JSON": lambda p: p.update(leaf="{"),
    "a leaf that is a number": lambda p: p.update(leaf="1"),
    "a path that is no hex": lambda p: p["path"].__setitem__(0, "zz"),
}


@pytest.fixture
def good(sealed, api) -> tuple[dict[str, Any], str]:
    """A proof, and the hash that it leads to."""
    trusted = api.post("ledger/seals")["hash"]
    return api.get(f"ledger/entries/{sealed[2]}/proof"), trusted


def test_a_proof_that_was_changed_in_any_part_proves_nothing(good, tmp_path):
    proof, trusted = good
    assert check(proof, trusted, tmp_path)[0] == 0
    for name, change in TAMPERED.items():
        changed = json.loads(json.dumps(proof))
        change(changed)
        assert changed != proof, name
        code, said = check(changed, trusted, tmp_path)
        assert (code, said.startswith("NOT PROVED: ")) == (1, True), (name, said)
    assert check(proof, "00" * 32, tmp_path)[0] == 1
    assert check([proof], trusted, tmp_path)[0] == 1


def test_the_program_says_how_it_is_used(tmp_path):
    for arguments in ([], ["proof.json"], ["proof.json", "abc"]):
        done = subprocess.run(
            [sys.executable, "-I", SCRIPT, *arguments], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("usage: ")
    missing = subprocess.run(
        [sys.executable, "-I", SCRIPT, tmp_path / "none", "0" * 64],
        capture_output=True,
        check=False,
    )
    assert missing.returncode == 1


def test_what_cannot_be_proved_is_refused(sealed, api, monkeypatch):
    api.post("ledger/seals")
    fresh = post("fresh")
    for entry, params, status, code, param in (
        (fresh, {}, 409, "ledger_entry_not_sealed", None),
        ("len_none", {}, 404, "resource_missing", "id"),
        ("ltx_none", {}, 404, "resource_missing", "id"),
        (f"{fresh[:-5]}00002", {}, 404, "resource_missing", "id"),
        (sealed[7], {"until_seal": 5}, 404, "resource_missing", "until_seal"),
        (sealed[7], {"until_seal": 1}, 400, None, "until_seal"),
        (sealed[7], {"until_seal": 0}, 400, "parameter_invalid_integer", "until_seal"),
        (sealed[7], {"until_seal": "x"}, 400, "parameter_invalid_integer", "until_seal"),
        (sealed[7], {"since": 1}, 400, "parameter_unknown", "since"),
    ):
        error = api.get(f"ledger/entries/{entry}/proof", params, status=status).error
        assert (error.get("code"), error.get("param")) == (code, param), (entry, params, error)
    monkeypatch.setattr(proofs, "CHAIN_MAX", 1)
    assert len(api.get(f"ledger/entries/{sealed[1]}/proof")["chain"]) == 1
    error = api.get(f"ledger/entries/{sealed[1]}/proof", {"until_seal": 3}, status=400).error
    assert error["param"] == "until_seal"


def test_no_proof_is_made_of_what_was_tampered_with(sealed, api):
    api.post("ledger/seals")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_transaction DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_transaction SET metadata = '{}' WHERE reference = 'Grüße 1'")
        cursor.execute("ALTER TABLE ledger_transaction ENABLE TRIGGER USER")

    error = api.get(f"ledger/entries/{sealed[2]}/proof", status=409).error
    assert error["code"] == "ledger_seal_broken"
    assert api.get(f"ledger/entries/{sealed[7]}/proof")["seal"]["number"] == 2


def test_a_merchant_gets_proofs_of_its_own_transactions_only(sealed, api):
    api.post("ledger/seals")
    with context.amended(account_id="acct_other"):
        theirs = post("theirs")
        sealing.seal_now(now=clock.now())
        assert proofs.get_proof(theirs).entry_id == theirs
        with pytest.raises(NotFound):
            proofs.get_proof(sealed[0])
    assert api.get(f"ledger/entries/{theirs}/proof")["entry"] == theirs


# Verification -------------------------------------------------------------------------------------


def test_a_book_that_nobody_has_verified_yet(api):
    answer = api.get("ledger/verify")

    assert (answer["object"], answer["state"], answer["rounds"]) == (
        "ledger.verification",
        "new",
        0,
    )
    assert (answer["findings"], answer["frozen_at"], answer["range"]) == ([], None, None)


def test_a_new_round_is_begun_and_a_small_book_is_done_at_once(sealed, api):
    api.post("ledger/seals")

    answer = api.post("ledger/verify")

    assert (answer["state"], answer["rounds"]) == ("ok", 1)
    assert answer["round"] | {"started_at": 0} == {
        "accounts": 2,
        "phase": None,
        "postings": 20,
        "seals": 4,
        "started_at": 0,
    }
    assert answer["coverage"] == [{"currency": "usd", "held": 100, "owed": 100, "shortfall": 0}]
    assert api.get("ledger/verify") == answer


def test_a_round_over_a_large_book_goes_on_later(sealed, api, monkeypatch):
    monkeypatch.setattr(verification, "REQUEST_BUDGET_S", 0.0)

    answer = api.post("ledger/verify")

    assert (answer["state"], answer["rounds"], answer["finished_at"]) == ("new", 0, None)
    assert answer["round"]["phase"] == "unsealed"


def test_who_asks_again_and_again_lets_a_round_come_to_its_end(sealed, api, monkeypatch):
    monkeypatch.setattr(verification, "REQUEST_BUDGET_S", 0.0)

    answers = [api.post("ledger/verify") for _ in range(20)]

    assert answers[-1]["rounds"] > 0


def test_a_range_of_seals_is_verified_now(sealed, api):
    api.post("ledger/seals")
    answer = api.post("ledger/verify", {"from_seal": 2, "to_seal": 3})
    assert answer["range"] == {"findings": [], "from_seal": 2, "postings": 12, "to_seal": 3}
    assert (answer["rounds"], answer["state"]) == (0, "new")


@pytest.mark.parametrize(
    ("params", "status", "code", "param"),
    [
        ({"from_seal": 1}, 400, "parameter_missing", "to_seal"),
        ({"to_seal": 1}, 400, "parameter_missing", "from_seal"),
        ({"from_seal": 0, "to_seal": 1}, 400, "parameter_invalid_integer", "from_seal"),
        ({"from_seal": 2**63, "to_seal": 1}, 400, "parameter_invalid_integer", "from_seal"),
        ({"from_seal": 2, "to_seal": 1}, 400, None, "to_seal"),
        ({"from_seal": 1, "to_seal": 9}, 404, "resource_missing", "to_seal"),
        ({"from_seal": 9, "to_seal": 9}, 404, "resource_missing", "from_seal"),
        ({"from_seal": 1, "to_seal": 4}, 400, "ledger_range_too_long", "to_seal"),
        ({"seals": 1}, 400, "parameter_unknown", "seals"),
    ],
)
def test_a_range_that_is_none_is_refused(sealed, api, monkeypatch, params, status, code, param):
    api.post("ledger/seals")
    monkeypatch.setattr(verification, "RANGE_POSTINGS_MAX", 19)

    error = api.post("ledger/verify", params, status=status).error

    assert (error.get("code"), error.get("param")) == (code, param)
    assert not LedgerVerification.objects.filter(pk=context.current().environment.id).exists()


def test_a_book_that_does_not_add_up_takes_no_postings_and_is_read(sealed, api):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_balance DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_balance SET credits_minor = 1 WHERE credits_minor > 0")
        cursor.execute("ALTER TABLE ledger_balance ENABLE TRIGGER USER")

    answer = api.post("ledger/verify")

    assert answer["state"] == "drift"
    assert answer["frozen_at"] >= answer["round"]["started_at"]
    assert answer["frozen_reason"].startswith(f"account {WALLET}, currency usd: ")
    (finding,) = [one for one in answer["findings"] if one["check"] == "balance"]
    assert finding["where"] == {"account": WALLET, "currency": "usd"}
    assert (finding["expected"]["credits"], finding["found"]["credits"]) == (100, 1)

    payment = {
        "amount": 1_000,
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "confirm": True,
    }
    assert api.post("payment_intents", payment, status=409).error["code"] == "ledger_frozen"
    entry = api.get(f"ledger/entries/{sealed[0]}")
    assert (entry["object"], entry["amount"]) == ("ledger.entry", 5)
    assert api.get("balance")["object"] == "balance"
    with context.amended(by="operator:1"):
        services.unfreeze(reason="Understood.", now=clock.now())
    assert api.post("payment_intents", payment)["status"] == "succeeded"
