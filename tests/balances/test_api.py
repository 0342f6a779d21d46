"""`/v1/balance` and `/v1/balance_transactions`."""

import pytest
from django.db import transaction

from apps.api import registry
from apps.balances import queries, services
from apps.core import clock, context
from apps.core.money import Money
from tests.balances.money import TWO_DAYS, charge, refund

LISTS = ["balance_transactions", "balance/history"]


@pytest.fixture
def three(environment):
    """Three of the account, the oldest first; a connected account has one as well."""
    ids = [charge(100_00, fee=3_20, source="ch_1").id, refund(40_00, source="re_1").id]
    ids.append(charge(500, "jpy", source="ch_2").id)
    with context.amended(account_id="acct_connected"):
        charge(1, source="ch_1")
    return ids


def ids_of(answer):
    return [shown["id"] for shown in answer["data"]]


# Balance ------------------------------------------------------------------------------------------


def sums(amount, currency):
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}


def test_a_balance_of_nothing_is_shown_in_the_accounts_currency(api):
    assert api.get("balance") == {
        "object": "balance",
        "available": [sums(0, "usd")],
        "livemode": False,
        "pending": [sums(0, "usd")],
    }


def test_a_balance_shows_what_is_available_and_what_is_pending(api, three):
    services.release_due(now=clock.now() + TWO_DAYS)
    charge(7)

    shown = api.get("balance")

    assert shown["available"] == [sums(500, "jpy"), sums(56_80, "usd")]
    assert shown["pending"] == [sums(0, "jpy"), sums(7, "usd")]


def test_another_environment_has_a_balance_of_its_own(three, other_api):
    assert other_api.get("balance")["pending"] == [sums(0, "usd")]


def test_a_balance_takes_one_query(environment, three, django_assert_num_queries):
    with django_assert_num_queries(1):
        queries.get_balance()


# Balance transactions ----------------------------------------------------------------------------


def test_a_charge_shows_its_fee_and_net(api, three):
    shown = api.get(f"balance_transactions/{three[0]}")

    assert shown["created"] == pytest.approx(clock.to_unix(clock.now()), abs=60)
    assert shown["available_on"] - shown["created"] == TWO_DAYS.total_seconds()
    del shown["created"], shown["available_on"]
    assert shown == {
        "id": three[0],
        "object": "balance_transaction",
        "amount": 100_00,
        "balance_type": "payments",
        "currency": "usd",
        "description": None,
        "exchange_rate": None,
        "fee": 3_20,
        "fee_details": [
            {
                "amount": 3_20,
                "application": None,
                "currency": "usd",
                "description": "Processing fees",
                "type": "stripe_fee",
            }
        ],
        "net": 96_80,
        "reporting_category": "charge",
        "source": "ch_1",
        "status": "pending",
        "type": "charge",
    }


def test_a_refund_is_negative_and_has_no_fee(api, three):
    shown = api.get(f"balance_transactions/{three[1]}")

    assert (shown["amount"], shown["fee"], shown["net"]) == (-40_00, 0, -40_00)
    assert (shown["fee_details"], shown["type"]) == ([], "refund")


def test_a_released_one_is_available(api, three):
    services.release_due(now=clock.now() + TWO_DAYS)

    shown = api.get(f"balance_transactions/{three[0]}")
    assert (shown["status"], shown["net"]) == ("available", 96_80)


@pytest.mark.parametrize("path", LISTS)
def test_the_list_is_newest_first_and_pages_both_ways(api, three, path):
    newest, middle, oldest = reversed(three)

    first = api.get(path, {"limit": 2})
    assert (ids_of(first), first["has_more"]) == ([newest, middle], True)
    rest = api.get(path, {"limit": 2, "starting_after": middle})
    assert (ids_of(rest), rest["has_more"]) == ([oldest], False)
    back = api.get(path, {"limit": 2, "ending_before": oldest})
    assert (ids_of(back), back["has_more"]) == ([newest, middle], False)


def test_the_older_name_shows_the_same(api, three):
    assert api.get(f"balance/history/{three[0]}") == api.get(f"balance_transactions/{three[0]}")


@pytest.mark.parametrize(
    ("filters", "places"),
    [
        ({"type": "charge"}, [2, 0]),
        ({"type": "payout"}, []),
        ({"source": "ch_1"}, [0]),
        ({"source": "re_1", "type": "charge"}, []),
        ({"currency": "JPY"}, [2]),
        ({"created": {"gte": 1}}, [2, 1, 0]),
        ({"created": {"lt": 1}}, []),
    ],
)
def test_filters(api, three, filters, places):
    assert ids_of(api.get("balance_transactions", filters)) == [three[place] for place in places]


def test_filters_and_cursors_go_together(api, three):
    shown = api.get("balance_transactions", {"type": "charge", "starting_after": three[1]})

    assert ids_of(shown) == [three[0]]


def test_a_list_takes_one_query_however_long(three, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert len(queries.list_balance_transactions(kind="charge")) == 2


def test_any_number_is_expanded_in_one_query(three, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = queries.find_balance_transactions(three)
        shown = [registry.render(found[transaction_id]) for transaction_id in three]

    assert [each["net"] for each in shown] == [96_80, -40_00, 500]


# What is not the caller's ------------------------------------------------------------------------


@pytest.mark.parametrize("path", LISTS)
def test_of_another_environment_there_is_nothing_to_see(three, other_api, path):
    assert other_api.get(path)["data"] == []
    missing = other_api.get(f"{path}/{three[0]}", status=404)
    assert (missing.error["code"], missing.error["param"]) == ("resource_missing", "id")
    for cursor in ("starting_after", "ending_before"):
        refused = other_api.get(path, {cursor: three[0]}, status=400)
        assert (refused.error["code"], refused.error["param"]) == ("resource_missing", cursor)


def test_of_another_account_there_is_nothing_to_see(environment, api, three):
    with context.amended(account_id="acct_connected"):
        foreign = charge(100).id

    assert foreign not in ids_of(api.get("balance_transactions"))
    api.get(f"balance_transactions/{foreign}", status=404)
    api.get("balance_transactions", {"starting_after": foreign}, status=400)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"currency": "xyz"}, "invalid_currency"),
        ({"nope": 1}, "parameter_unknown"),
        ({"created": {"gte": "x"}}, "parameter_invalid_integer"),
    ],
)
def test_a_wrong_parameter_is_refused(api, params, code):
    assert api.get("balance_transactions", params, status=400).error["code"] == code


# Expansion ---------------------------------------------------------------------------------------


@pytest.fixture
def payment(api):
    """A payment of 100.00, as the API answered it."""
    return api.post(
        "payment_intents",
        {
            "amount": 100_00,
            "confirm": True,
            "currency": "usd",
            "expand": ["latest_charge.balance_transaction"],
            "payment_method": "pm_card_visa",
            "payment_method_types": ["card"],
        },
    )


def test_a_charge_expands_to_its_balance_transaction(payment):
    charged = payment["latest_charge"]

    assert charged["balance_transaction"]["source"] == charged["id"]
    assert charged["balance_transaction"]["amount"] == 100_00


def test_a_balance_transaction_expands_to_its_source(api, payment):
    (shown,) = api.get("balance_transactions", {"expand": ["data.source"]})["data"]

    assert shown["source"]["object"] == "charge"
    assert shown["source"]["id"] == payment["latest_charge"]["id"]


def test_only_an_id_can_be_expanded(api, three):
    refused = api.get("balance_transactions", {"expand": ["data.amount"]}, status=400)

    assert refused.error["code"] == "property_not_expandable"


def test_a_dispute_is_an_adjustment_that_says_what_it_is(api, environment):
    now = clock.now()
    with transaction.atomic():
        services.post_balance_transaction(
            kind="adjustment",
            source="dp_1",
            money=Money(-100_00, "usd"),
            fee=Money(15_00, "usd"),
            processor="sim",
            reference="dispute:dp_1:withdrawn",
            description="Chargeback withdrawal for ch_1",
            now=now,
            available_on=now,
            reporting_category="dispute",
        )

    (shown,) = api.get("balance_transactions", {"source": "dp_1"})["data"]

    assert (shown["type"], shown["reporting_category"]) == ("adjustment", "dispute")
    assert (shown["amount"], shown["fee"], shown["net"]) == (-100_00, 15_00, -115_00)
    assert shown["fee_details"][0]["description"] == "Dispute fee"
    assert shown["status"] == "available"
