"""Tax ids: of customers and of the account, their forms, and what authorities say."""

import pytest

from apps.core import clock, jobs
from apps.core.models import Job
from apps.customers import tasks
from apps.customers.domain import InvalidTaxId, check_tax_id, country_of
from apps.events.models import Event
from tests.payments.paying import event_types

pytestmark = pytest.mark.django_db
GERMAN = {"type": "eu_vat", "value": "DE123456789"}


@pytest.fixture
def path(api) -> str:
    return f"customers/{api.post('customers', {'name': 'Ada'})['id']}/tax_ids"


def test_a_tax_id_is_added_shown_listed_and_deleted(api, path):
    customer = path.split("/")[1]
    made = api.post(path, GERMAN)

    assert (made["country"], made["customer"]) == ("DE", customer)
    assert made["owner"]["type"] == "customer"
    assert made["verification"]["status"] == "pending"
    assert api.get(f"{path}/{made['id']}")["id"] == made["id"]
    assert api.get(f"tax_ids/{made['id']}", {"expand": ["owner.customer"]})["owner"]["customer"][
        "name"
    ]
    assert [one["id"] for one in api.get(path)["data"]] == [made["id"]]

    deleted = api.delete(f"{path}/{made['id']}")

    assert deleted == {"id": made["id"], "object": "tax_id", "deleted": True}
    assert api.get(path)["data"] == []
    api.get(f"{path}/{made['id']}", status=404)
    api.delete(f"{path}/{made['id']}", status=404)
    assert event_types(made["id"]) == ["customer.tax_id.created", "customer.tax_id.deleted"]
    assert Event.objects.get(type="customer.tax_id.deleted").data["value"] == "DE123456789"


def test_the_account_has_tax_ids_of_its_own(api, path):
    customer = path.split("/")[1]
    own = api.post("tax_ids", {"type": "us_ein", "value": "12-3456789"})
    theirs = api.post("tax_ids", {**GERMAN, "owner": {"type": "customer", "customer": customer}})

    assert (own["customer"], own["owner"]) == (None, {"type": "self"})
    assert [one["id"] for one in api.get("tax_ids")["data"]] == [own["id"]]
    of_customer = {"owner": {"type": "customer", "customer": customer}}
    assert [one["id"] for one in api.get("tax_ids", of_customer)["data"]] == [theirs["id"]]
    api.get(f"{path}/{own['id']}", status=404)
    assert api.delete(f"tax_ids/{own['id']}")["deleted"] is True
    assert event_types(own["id"]) == []


@pytest.mark.parametrize(
    ("owner", "param"),
    [
        ({"type": "customer"}, "owner[customer]"),
        ({"type": "customer", "customer": "cus_no"}, "owner[customer]"),
        ({"type": "application"}, "owner[type]"),
        ({"type": "account", "account": "acct_x"}, "owner[account]"),
        ({}, "owner[type]"),
    ],
)
def test_nobody_else_owns_a_tax_id(api, owner, param):
    owner = owner or {"customer": "cus_no"}

    for answer in (
        api.post("tax_ids", {**GERMAN, "owner": owner}, status=400),
        api.get("tax_ids", {"owner": owner}, status=400),
    ):
        assert answer.error["param"] == param


@pytest.mark.parametrize(
    ("kind", "value", "country"),
    [
        ("eu_vat", "de 123.456.789", "DE"),
        ("eu_vat", "EL123456789", "GR"),
        ("eu_oss_vat", "EU123456789", None),
        ("gb_vat", "GB123456789", "GB"),
        ("us_ein", "12-3456789", "US"),
        ("ch_vat", "CHE-123.456.789 MWST", "CH"),
        ("br_cnpj", "01.234.456/5432-10", "BR"),
        ("no_voec", "whatever it is", "NO"),
    ],
)
def test_a_number_is_taken_in_the_form_of_its_type(kind, value, country):
    check_tax_id(kind, value, param="value", is_test=False)

    assert country_of(kind, value) == country


@pytest.mark.parametrize(
    ("kind", "value"),
    [("eu_vat", "US123456789"), ("us_ein", "12-345678"), ("ch_vat", "123"), ("gb_vat", "GB1")],
)
def test_a_number_of_another_form_is_refused(api, path, kind, value):
    with pytest.raises(InvalidTaxId):
        check_tax_id(kind, value, param="value", is_test=True)
    error = api.post(path, {"type": kind, "value": value}, status=400).error
    listed = {"tax_id_data": [GERMAN, {"type": kind, "value": value}]}
    of_new = api.post("customers", listed, status=400).error

    assert (error["code"], error["param"]) == ("tax_id_invalid", "value")
    assert of_new["param"] == "tax_id_data[1][value]"
    assert api.get(path)["data"] == []


def test_test_numbers_are_for_sandboxes():
    check_tax_id("eu_vat", "000000000", param="value", is_test=True)

    with pytest.raises(InvalidTaxId):
        check_tax_id("eu_vat", "000000000", param="value", is_test=False)


@pytest.mark.parametrize(
    ("value", "status", "name"),
    [
        ("DE000000000", "verified", "Ada"),
        ("DE111111111", "unverified", None),
        ("222222222", "pending", None),
        ("DE123456789", "unavailable", None),
    ],
)
def test_a_sandbox_says_what_its_test_number_stands_for(api, path, value, status, name):
    made = api.post(path, {"type": "eu_vat", "value": value})
    assert made["verification"]["status"] == "pending"
    assert Job.objects.get(key__endswith=made["id"]).task == tasks.verify_tax_id.name

    jobs.run_due(now=clock.now())

    shown = api.get(f"{path}/{made['id']}")["verification"]
    assert (shown["status"], shown["verified_name"]) == (status, name)
    told = [] if status == "pending" else ["customer.tax_id.updated"]
    assert event_types(made["id"]) == ["customer.tax_id.created", *told]


def test_nobody_is_asked_about_other_types_nor_in_a_live_environment(api, live_api, path):
    assert api.post(path, {"type": "us_ein", "value": "000000000"})["verification"]["status"] == (
        "unavailable"
    )
    mine = live_api.post("customers", {"tax_id_data": [GERMAN]})
    shown = live_api.get(f"customers/{mine['id']}/tax_ids")["data"][0]

    assert shown["verification"]["status"] == "unavailable"


def test_a_customer_has_five_at_most(api, path):
    for _ in range(5):
        api.post(path, GERMAN)

    assert api.post(path, GERMAN, status=400).error["code"] == "tax_id_limit_reached"
    error = api.post("customers", {"tax_id_data": [GERMAN] * 6}, status=400).error
    assert error["param"] == "tax_id_data[5]"


def test_a_deleted_tax_id_is_not_verified(api, path):
    made = api.post(path, {"type": "eu_vat", "value": "DE000000000"})
    api.delete(f"{path}/{made['id']}")

    jobs.run_due(now=clock.now())

    assert event_types(made["id"]) == ["customer.tax_id.created", "customer.tax_id.deleted"]
