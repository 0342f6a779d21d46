"""`GET /v1/trail/{id}`: from any object to everything that hangs together with it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.api import trails
from apps.balances import services as balances
from apps.core import clock, ids
from apps.core.money import Money
from apps.events.models import Event
from apps.identity.domain import KeyKind
from apps.ledger import services as ledger
from apps.ledger.domain import Posting
from apps.ledger.models import LedgerEntry, LedgerTransaction
from tests import factories
from tests.client import Answer, ApiClient

pytestmark = pytest.mark.django_db
KINDS = ("pi", "ch", "re", "txn", "ltx", "len", "evt")


@dataclass(frozen=True)
class Paid:
    """A payment of which a part was refunded."""

    customer: str
    method: str
    intent: str
    charge: str
    refunds: list[str]


def pay(api: ApiClient, *, refunds: int = 1, customer: str | None = None) -> Paid:
    customer = customer or api.post("customers")["id"]
    intent = api.post(
        "payment_intents",
        {
            "amount": 10_000,
            "currency": "usd",
            "customer": customer,
            "payment_method": "pm_card_visa",
            "confirm": True,
        },
    )
    made = [
        api.post("refunds", {"charge": intent["latest_charge"], "amount": 100})["id"]
        for _ in range(refunds)
    ]
    method = intent["payment_method"]
    return Paid(customer, method, intent["id"], intent["latest_charge"], made)


@pytest.fixture
def paid(api) -> Paid:
    """A payment with a refund, beside another one of the same customer."""
    first = pay(api)
    pay(api, customer=first.customer)
    return first


def of_kind(kind: str, paid: Paid) -> list[str]:
    """Return the ids of one kind that belong to the payment."""
    sources = [paid.charge, *paid.refunds]
    transactions = LedgerTransaction.objects.filter(source_id__in=sources).order_by("pk")
    match kind:
        case "pi":
            return [paid.intent]
        case "ch":
            return [paid.charge]
        case "re":
            return paid.refunds
        case "evt":
            about = Event.objects.filter(object_id__in=[paid.intent, *sources])
            return [event.pk for event in about.order_by("pk")]
        case "len":
            entries = LedgerEntry.objects.filter(transaction__in=transactions)
            return [entry.pk for entry in entries.order_by("posting", "pk")]
    return [f"{kind}_{one.pk.partition('_')[2]}" for one in transactions]


def ids_of(trail: Answer, place: str) -> list[str]:
    return [one["id"] for one in trail[place]]


@pytest.mark.parametrize("kind", KINDS)
def test_every_object_of_a_payment_leads_to_all_of_it(api, paid, kind):
    for object_id in of_kind(kind, paid):
        trail = api.get(f"trail/{object_id}")

        assert (trail["object"], trail["id"], trail["has_more"]) == ("trail", object_id, False)
        money = [one for k in ("pi", "ch", "re", "txn") for one in of_kind(k, paid)]
        assert set(ids_of(trail, "objects")) == {*money, paid.customer, paid.method}
        assert ids_of(trail, "ledger_transactions") == of_kind("ltx", paid)
        assert ids_of(trail, "events") == of_kind("evt", paid)


def test_objects_are_in_the_order_in_which_they_were_made(api, paid):
    shown = api.get(f"trail/{paid.refunds[0]}")["objects"]

    assert [one["created"] for one in shown] == sorted(one["created"] for one in shown)
    order = [one["id"] for one in shown]
    of_money = [paid.customer, paid.intent, paid.charge, *paid.refunds]
    assert [one for one in order if one in of_money] == of_money


def test_every_entry_leads_to_its_cause_and_is_in_its_transaction(api, paid):
    for entry in LedgerEntry.objects.select_related("transaction"):
        trail = api.get(f"trail/{entry.pk}")

        assert entry.transaction.source_id in ids_of(trail, "objects")
        shown = [part for one in trail["ledger_transactions"] for part in one["entries"]]
        assert entry.pk in [one["id"] for one in shown]


def test_a_trail_costs_the_same_however_long_it_is(api):
    short, long = pay(api), pay(api, refunds=12)
    api.get(f"trail/{short.intent}")
    costs = []
    for paid in (short, long):
        with CaptureQueriesContext(connection) as captured:
            trail = api.get(f"trail/{paid.intent}")
        assert len(trail["ledger_transactions"]) == 1 + len(paid.refunds)
        costs.append(len([one for one in captured if not one["sql"].startswith("SET ")]))

    assert costs[0] == costs[1] <= 50


def test_a_customer_is_a_hub(api, paid):
    trail = api.get(f"trail/{paid.customer}")

    assert ids_of(trail, "objects") == [paid.customer]
    assert [one["type"] for one in trail["events"]] == ["customer.created"]
    assert trail["ledger_transactions"] == []


def test_a_release_is_shown_and_leads_to_no_other_payment(api):
    one, other = pay(api), pay(api)
    balances.release_due(now=clock.now() + timedelta(days=30))
    released = LedgerTransaction.objects.get(source_id=None)

    for paid in (one, other):
        trail = api.get(f"trail/{paid.charge}")
        assert released.pk in ids_of(trail, "ledger_transactions")
        assert {one.intent, other.intent} & set(ids_of(trail, "objects")) == {paid.intent}
    alone = api.get(f"trail/{released.pk}")
    assert alone["objects"] == []
    assert ids_of(alone, "ledger_transactions") == [released.pk]


FORTH = Posting("platform:losses", "platform:fees", Money(5, "usd"))
BACK = Posting("platform:fees", "platform:losses", Money(5, "usd"))


def post(*postings: Posting, **facts: Any) -> str:
    """Post to the ledger, without a cause, and return the transaction's id."""
    with transaction.atomic():
        return ledger.post(postings, reference=ids.new_id("test"), **facts).transaction_id


def test_what_resolves_and_reverses_is_on_the_trail(api):
    pending = post(FORTH, pending=True)
    resolution = post(FORTH, resolves=pending)
    reversed_ = post(FORTH)
    reversal = post(BACK, reverses=reversed_)

    for group in ((pending, resolution), (reversed_, reversal)):
        for one in group:
            trail = api.get(f"trail/{one}")
            assert ids_of(trail, "ledger_transactions") == list(group)


@pytest.mark.parametrize("events", [trails.IDS_MAX - 1, trails.IDS_MAX, 3 * trails.IDS_MAX])
def test_a_trail_has_an_end(api, environment, events):
    intent = api.post("payment_intents", {"amount": 500, "currency": "eur"})["id"]
    (first,) = Event.objects.filter(object_id=intent)
    Event.objects.bulk_create(
        Event(
            id=ids.new_id("evt"),
            account_id=first.account_id,
            created_at=first.created_at,
            type="payment_intent.amount_capturable_updated",
            object_id=intent,
            data=first.data,
            api_version=first.api_version,
        )
        for _ in range(events - 1)
    )

    trail = api.get(f"trail/{intent}")

    found = len(trail["objects"]) + len(trail["events"])
    assert found == min(events + 1, trails.IDS_MAX)
    assert trail["has_more"] is (events + 1 > trails.IDS_MAX)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_another_accounts_is_not_there(api, other_environment, other_api, paid, kind):
    for object_id in of_kind(kind, paid):
        error = other_api.get(f"trail/{object_id}", status=404).error

        assert (error["code"], error["param"]) == ("resource_missing", "id")


@pytest.mark.parametrize("object_id", ["pi_none", "nope_1", "x", "_", "txn_", "len_1", "att_1"])
def test_what_is_not_there_has_no_trail(api, object_id):
    error = api.get(f"trail/{object_id}", status=404).error

    assert (error["code"], error["param"]) == ("resource_missing", "id")


def test_what_a_restricted_key_may_not_read_is_left_out(environment, api, paid):
    key = factories.make_key(
        environment, KeyKind.RESTRICTED, "trail:read", "charges:read", "events:read"
    )
    restricted = ApiClient(key.secret)

    trail = restricted.get(f"trail/{paid.charge}")

    assert ids_of(trail, "objects") == [paid.charge]
    assert trail["ledger_transactions"] == []
    assert ids_of(trail, "events") == of_kind("evt", paid)
    refusal = restricted.get(f"trail/{paid.intent}", status=403).error
    assert refusal["code"] == "more_permissions_required"
    assert "payment_intents:read" in refusal["message"]


def test_a_key_needs_the_permission(environment, publishable_api, api, paid):
    charges = factories.make_key(environment, KeyKind.RESTRICTED, "charges:read")

    refusal = ApiClient(charges.secret).get(f"trail/{paid.charge}", status=403).error
    assert "trail:read" in refusal["message"]
    refusal = publishable_api.get(f"trail/{paid.charge}", status=403).error
    assert refusal["code"] == "secret_key_required"
