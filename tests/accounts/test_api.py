"""The own account, and the bank accounts that it is paid out to, through the door."""

import pytest

from apps.accounts.models import ExternalAccount

pytestmark = pytest.mark.django_db
GOOD = "000123456789"
US = {"country": "US", "routing_number": "110000000", "account_number": GOOD}


@pytest.fixture
def bank_accounts(api):
    """The path of the bank accounts of the own account."""
    return f"accounts/{api.get('account')['id']}/external_accounts"


def told(api, kind):
    return [
        event["data"]
        for event in api.get("events", {"type": f"account.external_account.{kind}"})["data"]
    ]


def test_the_account_is_the_one_of_the_key(api, environment, live_api):
    account = api.get("account")

    assert account["id"] == environment.account_id
    assert (account["country"], account["default_currency"]) == ("US", "usd")
    assert account["business_profile"]["name"] == "Aster Press"
    assert account["settings"]["payouts"]["schedule"] == {"delay_days": 2, "interval": "manual"}
    assert api.get(f"accounts/{account['id']}") == account
    assert account["payouts_enabled"] is True
    # Nothing could move real money yet.
    assert live_api.get("account")["payouts_enabled"] is False


def test_another_account_is_not_there(api):
    error = api.get("accounts/acct_000000000000000000000000", status=404).error

    assert (error["code"], error["param"]) == ("resource_missing", "account")


@pytest.mark.parametrize("name", ["external_account", "bank_account"])
def test_a_bank_account_is_added_without_its_number_being_kept(api, bank_accounts, name):
    holder = {"account_holder_name": "Ada Lovelace", "account_holder_type": "individual"}
    added = api.post(
        bank_accounts,
        {name: {**US, **holder, "object": "bank_account"}, "metadata": {"k": "v"}},
    )

    assert (added["last4"], added["routing_number"], added["currency"], added["country"]) == (
        *("6789", "110000000"),
        *("usd", "US"),
    )
    assert (added["account_holder_name"], added["status"]) == ("Ada Lovelace", "new")
    assert (added["default_for_currency"], added["metadata"]) == (True, {"k": "v"})
    assert api.get(f"{bank_accounts}/{added['id']}") == added
    assert [one["object"]["id"] for one in told(api, "created")] == [added["id"]]
    row = ExternalAccount.objects.values().get()
    assert GOOD not in str(row)


@pytest.mark.parametrize(
    ("account", "shown"),
    [
        ({"country": "DE", "account_number": "DE89 3704 0044 0532 0130 00"}, ("eur", "3000", None)),
        (
            {"country": "gb", "routing_number": "10-88-00", "account_number": "00012345"},
            ("gbp", "2345", "108800"),
        ),
    ],
)
def test_accounts_of_other_countries_are_paid_in_their_currency(api, bank_accounts, account, shown):
    added = api.post(bank_accounts, {"external_account": account})

    assert (added["currency"], added["last4"], added["routing_number"]) == shown


def test_a_token_names_an_account_that_every_sandbox_has(api, bank_accounts):
    added = api.post(bank_accounts, {"external_account": "btok_us_verified"})

    assert added["last4"] == "6789"


@pytest.mark.parametrize(
    ("given", "param", "code"),
    [
        ({}, "external_account", "parameter_missing"),
        ({"external_account": "btok_none"}, "external_account", "resource_missing"),
        ({"bank_account": "btok_none"}, "bank_account", "resource_missing"),
        (
            {"external_account": "btok_us_verified", "bank_account": "btok_us_verified"},
            "bank_account",
            None,
        ),
        (
            {"external_account": {"country": "US"}},
            "external_account[account_number]",
            "parameter_missing",
        ),
        (
            {"external_account": {**US, "account_number": "000999999991"}},
            "external_account[account_number]",
            "account_number_invalid",
        ),
        (
            {"bank_account": {**US, "country": "DE"}},
            "bank_account[account_number]",
            "account_number_invalid",
        ),
        (
            {"bank_account": {**US, "routing_number": "021000021"}},
            "bank_account[routing_number]",
            "routing_number_invalid",
        ),
        (
            {"bank_account": {**US, "currency": "eur"}},
            "bank_account[currency]",
            "bank_account_invalid",
        ),
        (
            {"bank_account": {**US, "account_holder_type": "robot"}},
            "bank_account[account_holder_type]",
            None,
        ),
        ({"external_account": "btok_us", "nonsense": 1}, "nonsense", "parameter_unknown"),
    ],
)
def test_what_is_no_account_is_refused_without_repeating_it(api, bank_accounts, given, param, code):
    answer = api.post(bank_accounts, given, status=400)

    assert (answer.error.get("param"), answer.error.get("code")) == (param, code)
    assert b"000999999991" not in answer.body
    assert not ExternalAccount.objects.exists()


def test_a_live_environment_takes_no_account(live_api):
    path = f"accounts/{live_api.get('account')['id']}/external_accounts"
    answer = live_api.post(path, {"external_account": US}, status=400)

    assert answer.error["code"] == "bank_missing"
    assert GOOD.encode() not in answer.body


def test_the_same_account_is_added_once(api, bank_accounts):
    api.post(bank_accounts, {"external_account": US})
    error = api.post(bank_accounts, {"external_account": "btok_us"}, status=400).error

    assert error["code"] == "bank_account_exists"


def test_one_account_of_a_currency_is_the_default(api, bank_accounts):
    first = api.post(bank_accounts, {"external_account": US})
    second = api.post(bank_accounts, {"external_account": "btok_us_verified_noAccount"})
    euros = api.post(
        bank_accounts,
        {"external_account": {"country": "DE", "account_number": "DE89370400440532013000"}},
    )
    assert [one["default_for_currency"] for one in (first, second, euros)] == [True, False, True]

    changed = api.post(f"{bank_accounts}/{second['id']}", {"default_for_currency": True})

    assert changed["default_for_currency"] is True
    assert api.get(f"{bank_accounts}/{first['id']}")["default_for_currency"] is False
    assert told(api, "updated")[0]["previous_attributes"] == {"default_for_currency": False}
    error = api.post(
        f"{bank_accounts}/{second['id']}", {"default_for_currency": False}, status=400
    ).error
    assert error["param"] == "default_for_currency"
    listed = api.get(bank_accounts, {"object": "bank_account"})["data"]
    assert [one["id"] for one in listed] == [euros["id"], second["id"], first["id"]]
    assert api.get(bank_accounts, {"object": "card"})["data"] == []


def test_an_account_is_changed_by_either_of_its_addresses(api, bank_accounts):
    added = api.post(bank_accounts, {"external_account": US})
    other = bank_accounts.replace("external_accounts", "bank_accounts")
    changed = api.post(
        f"{other}/{added['id']}",
        {"account_holder_name": "Ada", "account_type": "checking", "metadata": {"a": "b"}},
    )

    assert (changed["account_holder_name"], changed["account_type"], changed["metadata"]) == (
        *("Ada", "checking"),
        {"a": "b"},
    )
    assert api.get(f"{other}/{added['id']}") == changed
    error = api.post(f"{other}/{added['id']}", {"exp_month": 1}, status=400).error
    assert (error["code"], error["param"]) == ("parameter_unsupported", "exp_month")


def test_a_deleted_account_is_gone_and_the_default_goes_last(api, bank_accounts):
    first = api.post(bank_accounts, {"external_account": US})
    second = api.post(bank_accounts, {"external_account": "btok_us_verified_noAccount"})
    assert api.delete(f"{bank_accounts}/{first['id']}", status=400).error["message"]

    deleted = api.delete(f"{bank_accounts}/{second['id']}")
    assert dict(deleted) == {"id": second["id"], "object": "bank_account", "deleted": True}
    assert api.delete(f"{bank_accounts}/{first['id']}")["deleted"] is True

    assert api.get(bank_accounts)["data"] == []
    assert api.get(f"{bank_accounts}/{first['id']}", status=404).error["code"] == "resource_missing"
    assert api.delete(f"{bank_accounts}/{first['id']}", status=404).status == 404
    # It can be added again, and is the default again.
    again = api.post(bank_accounts, {"external_account": US})
    assert again["default_for_currency"] is True


def test_the_account_shows_its_bank_accounts_when_asked(api, bank_accounts):
    added = api.post(bank_accounts, {"external_account": US})

    shown = api.get("account", {"expand": ["external_accounts"]})

    assert shown["external_accounts"]["data"] == [added]
    expanded = api.get(f"{bank_accounts}/{added['id']}", {"expand": ["account"]})
    assert expanded["account"]["object"] == "account"


def test_what_accounts_cannot_do_says_why(api, bank_accounts):
    account = bank_accounts.split("/")[1]
    for verb, path in (("POST", f"accounts/{account}"), ("GET", "accounts"), ("POST", "accounts")):
        error = api.request(verb, path, status=400).error
        assert error["code"] == "operation_unsupported"
