"""`/v1/payment_methods` of bank accounts and of the cash of customers."""

import pytest
from django.core import serializers

from apps.payments.models import PaymentMethod
from apps.payments.processors import banks
from apps.payments.processors.transfers import financial_addresses

pytestmark = pytest.mark.django_db
US = {"account_number": "000123456789", "routing_number": "110000000"}
IBAN = "DE89370400440532013000"


def test_a_bank_account_is_made_shown_and_changed(api):
    method = api.post(
        "payment_methods",
        {"type": "us_bank_account", "us_bank_account": US, "billing_details": {"name": "Ada"}},
    )

    assert method["us_bank_account"]["last4"] == "6789"
    assert method["us_bank_account"]["routing_number"] == "110000000"
    assert method["us_bank_account"]["account_type"] == "checking"
    assert "card" not in method
    changed = api.post(
        f"payment_methods/{method['id']}",
        {"us_bank_account": {"account_type": "savings", "account_holder_type": "company"}},
    )["us_bank_account"]
    assert (changed["account_type"], changed["account_holder_type"]) == ("savings", "company")
    assert changed["bank_name"] == method["us_bank_account"]["bank_name"]


@pytest.mark.parametrize(
    ("iban", "shown"),
    [
        ("de89 3704 0044 0532 0130 00", {"country": "DE", "bank_code": "37040044"}),
        ("AT611904300234573201", {"country": "AT", "bank_code": "19043"}),
        (
            "FR1420041010050500013M02606",
            {"country": "FR", "bank_code": "20041", "branch_code": "01005"},
        ),
    ],
)
def test_an_iban_says_which_bank_it_is(api, iban, shown):
    method = api.post("payment_methods", {"type": "sepa_debit", "sepa_debit": {"iban": iban}})

    assert shown.items() <= method["sepa_debit"].items()


def test_the_cash_of_a_customer_is_a_way_to_pay_that_is_nobodys_own(api):
    method = api.post("payment_methods", {"type": "customer_balance"})

    assert method["customer_balance"] == {}
    path = f"payment_methods/{method['id']}/attach"
    error = api.post(path, {"customer": api.post("customers")["id"]}, status=400).error
    assert error["code"] == "payment_method_unexpected_state"


@pytest.mark.parametrize(
    ("name", "kind", "last4"),
    [
        ("pm_usBankAccount_success", "us_bank_account", "6789"),
        ("pm_sepaDebit_failed_de", "sepa_debit", "3001"),
        ("pm_success_at", "sepa_debit", "3201"),
    ],
)
def test_an_account_is_named_by_an_id_that_every_sandbox_has(api, name, kind, last4):
    customer = api.post("customers")["id"]
    method = api.post(f"payment_methods/{name}/attach", {"customer": customer})

    assert (method["type"], method[kind]["last4"]) == (kind, last4)
    listed = api.get(f"customers/{customer}/payment_methods", {"type": kind})["data"]
    assert [row["id"] for row in listed] == [method["id"]]
    assert api.get("payment_methods", {"customer": customer, "type": "card"})["data"] == []


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"type": "us_bank_account"}, "parameter_missing", "us_bank_account"),
        (
            {"type": "us_bank_account", "us_bank_account": {"routing_number": "110000000"}},
            "parameter_missing",
            "us_bank_account[account_number]",
        ),
        (
            {"type": "us_bank_account", "us_bank_account": {**US, "routing_number": "021000021"}},
            "routing_number_invalid",
            "us_bank_account[routing_number]",
        ),
        (
            {
                "type": "us_bank_account",
                "us_bank_account": {**US, "account_number": "000999999991"},
            },
            "account_number_refused",
            "us_bank_account[account_number]",
        ),
        ({"type": "sepa_debit", "sepa_debit": {}}, "parameter_missing", "sepa_debit"),
        (
            {"type": "sepa_debit", "sepa_debit": {"iban": "DE91100000000123456789"}},
            "account_number_refused",
            "sepa_debit[iban]",
        ),
        ({"type": "card", "sepa_debit": {"iban": IBAN}}, None, "sepa_debit"),
        ({"type": "klarna"}, None, "type"),
        (
            {
                "type": "us_bank_account",
                "us_bank_account": {**US, "financial_connections_account": "fca_1"},
            },
            "parameter_unsupported",
            "us_bank_account[financial_connections_account]",
        ),
    ],
)
def test_what_is_no_account_is_refused_with_its_parameter(api, given, code, param):
    error = api.post("payment_methods", given, status=400).error

    assert (error.get("code"), error["param"]) == (code, param)


def test_a_number_is_neither_kept_nor_repeated(api):
    for account in banks.ACCOUNTS[:12]:
        details = (
            {"account_number": account.number, "routing_number": banks.ROUTING_NUMBER}
            if account.type == banks.US
            else {"iban": account.number}
        )
        answer = api.post("payment_methods", {"type": account.type, account.type: details})
        assert account.number not in answer.body.decode()
        kept = serializers.serialize("json", PaymentMethod.objects.all())
        assert account.number not in kept
    wrong = "DE91100000000123456789"
    refused = api.post(
        "payment_methods", {"type": "sepa_debit", "sepa_debit": {"iban": wrong}}, status=400
    )
    assert wrong not in refused.body.decode()


def test_a_live_environment_takes_no_account_number(live_api):
    error = live_api.post(
        "payment_methods", {"type": "us_bank_account", "us_bank_account": US}, status=400
    ).error

    assert error["code"] == "account_number_refused"


def test_what_is_of_another_type_is_not_changed(api):
    bank = api.post("payment_methods", {"type": "us_bank_account", "us_bank_account": US})["id"]
    card = api.post("payment_methods", {"type": "card", "card": {"token": "tok_visa"}})["id"]

    for method, given in (
        (bank, {"card": {"exp_year": 2040}}),
        (card, {"us_bank_account": {"account_type": "savings"}}),
    ):
        (name,) = given
        error = api.post(f"payment_methods/{method}", given, status=400).error
        assert error["param"] == name


def test_all_test_ibans_have_the_right_check_digits():
    def is_valid(iban: str) -> bool:
        turned = iban[4:] + iban[:4]
        return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1

    made = [
        financial_addresses("eu_bank_transfer", country=country, number=77)[0]["iban"]["iban"]
        for country in ("BE", "DE", "ES", "FR", "IE", "NL")
    ]
    ibans = [one.number for one in banks.ACCOUNTS if one.type == banks.SEPA] + made
    assert [iban for iban in ibans if not is_valid(iban)] == []
