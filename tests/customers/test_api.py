"""Customers through the API: all that they are given, shown and deleted with."""

import pytest

from apps.customers.models import Customer
from apps.events.models import Event
from apps.identity.domain import KeyKind
from tests import factories
from tests.client import ApiClient
from tests.payments.paying import event_types

pytestmark = pytest.mark.django_db


def test_a_customer_keeps_what_invoices_will_say(api):
    settings = {
        "custom_fields": [{"name": "PO number", "value": "4711"}],
        "footer": "Thank you.",
        "rendering_options": {"amount_tax_display": "exclude_tax"},
    }
    made = api.post("customers", {"invoice_settings": settings, "next_invoice_sequence": 7})

    assert made["invoice_settings"] == {
        **settings,
        "default_payment_method": None,
        "rendering_options": {"amount_tax_display": "exclude_tax", "template": None},
    }
    assert made["next_invoice_sequence"] == 7

    changed = api.post(
        f"customers/{made['id']}", {"invoice_settings": {"footer": "", "custom_fields": ""}}
    )

    assert changed["invoice_settings"]["footer"] is None
    assert changed["invoice_settings"]["custom_fields"] is None
    assert changed["invoice_settings"]["rendering_options"] is not None


DEFAULT = "invoice_settings[default_payment_method]"


def invoice_default(customer):
    return customer["invoice_settings"]["default_payment_method"]


def test_invoices_are_paid_with_what_is_attached_until_it_is_detached(api):
    settings = {"default_payment_method": "pm_card_visa"}
    made = api.post("customers", {"payment_method": "pm_card_visa", "invoice_settings": settings})
    path = f"customers/{made['id']}"
    [method] = api.get(f"{path}/payment_methods")["data"]
    assert invoice_default(made) == method["id"]
    other = api.post("payment_methods/pm_card_mastercard/attach", {"customer": made["id"]})["id"]

    api.post(f"payment_methods/{method['id']}/detach")
    assert invoice_default(api.get(path)) is None
    assert event_types(made["id"])[1:] == ["customer.updated"]
    changed = api.post(path, {"invoice_settings": {"default_payment_method": other}})
    assert invoice_default(changed) == other
    assert invoice_default(api.post(path, {"name": "Ada"})) == other
    changed = api.post(path, {"invoice_settings": {"default_payment_method": ""}})
    assert invoice_default(changed) is None


@pytest.mark.parametrize("way", ["delete", "detach", "replace"])
def test_invoices_are_not_paid_with_a_card_that_is_gone(api, way):
    made = api.post("customers", {"source": "tok_visa"})
    path = f"customers/{made['id']}"
    [method] = api.get(f"{path}/payment_methods")["data"]
    api.post(path, {"invoice_settings": {"default_payment_method": method["id"]}})

    if way == "delete":
        api.delete(f"{path}/sources/{made['default_source']}")
    elif way == "detach":
        api.post(f"payment_methods/{method['id']}/detach")
    else:
        api.post(path, {"source": "tok_mastercard"})

    assert invoice_default(api.get(path)) is None


def test_invoices_are_not_paid_with_what_is_not_the_customers(api, other_api):
    customers = [api.post("customers")["id"] for _ in range(2)]
    attach = "payment_methods/pm_card_visa/attach"
    others = api.post(attach, {"customer": customers[1]})["id"]
    free = api.post("payment_methods", {"type": "card", "card": {"token": "tok_visa"}})["id"]
    theirs = other_api.post(attach, {"customer": other_api.post("customers")["id"]})["id"]

    for method, code in (
        ("pm_nope", "resource_missing"),
        (theirs, "resource_missing"),
        (others, "payment_method_unexpected_state"),
        (free, "payment_method_unexpected_state"),
    ):
        given = {"invoice_settings": {"default_payment_method": method}}
        for path in ("customers", f"customers/{customers[0]}"):
            error = api.post(path, given, status=400).error
            assert (error["code"], error["param"]) == (code, DEFAULT)
    assert [row["id"] for row in api.get("customers")["data"]] == customers[::-1]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"invoice_settings": {"custom_fields": [{"name": "PO"}]}}, "[custom_fields][0][value]"),
        ({"invoice_settings": {"rendering_options": {"nope": 1}}}, "[rendering_options][nope]"),
        ({"next_invoice_sequence": 0}, "next_invoice_sequence"),
        ({"tax_id_data": [{"type": "eu_vat"}]}, "tax_id_data[0][value]"),
        ({"tax_id_data": [{"type": "nope", "value": "1"}]}, "tax_id_data[0][type]"),
        ({"tax": {"ip_address": "192.0.2.1"}}, "tax"),
        ({"test_clock": "clock_x"}, "test_clock"),
        ({"balance": "much"}, "balance"),
    ],
)
def test_what_a_customer_cannot_have_is_refused_by_its_path(api, params, param):
    error = api.post("customers", params, status=400).error

    assert error["param"].endswith(param)
    assert not Customer.objects.exists()


def test_a_deleted_customer_is_not_changed_and_gets_nothing(api):
    made = api.post("customers", {"name": "Ada"})
    path = f"customers/{made['id']}"
    assert api.delete(path) == {"id": made["id"], "object": "customer", "deleted": True}

    api.post(path, {"name": "Eve"}, status=404)
    api.delete(path, status=404)
    api.post(f"{path}/balance_transactions", {"amount": -1, "currency": "usd"}, status=404)
    api.post(f"{path}/tax_ids", {"type": "eu_vat", "value": "DE123456789"}, status=404)
    shown = api.get(path, {"expand": ["tax_ids"]})

    assert shown == {"id": made["id"], "object": "customer", "deleted": True}
    assert event_types(made["id"]) == ["customer.created", "customer.deleted"]


def test_what_comes_by_expand_alone_is_absent_until_then(api):
    made = api.post("customers", {"tax_id_data": [{"type": "us_ein", "value": "12-3456789"}]})
    path = f"customers/{made['id']}"

    assert {"tax_ids", "subscriptions", "invoice_credit_balance"}.isdisjoint(made)
    shown = api.get(path, {"expand": ["tax_ids", "subscriptions", "invoice_credit_balance"]})

    assert [one["value"] for one in shown["tax_ids"]["data"]] == ["12-3456789"]
    assert shown["tax_ids"]["url"] == f"/v1/customers/{made['id']}/tax_ids"
    assert shown["subscriptions"]["data"] == []
    assert shown["invoice_credit_balance"] == {}
    listed = api.get("customers", {"expand": ["data.tax_ids.data.customer"]})
    assert listed["data"][0]["tax_ids"]["data"][0]["customer"]["id"] == made["id"]
    error = api.get(path, {"expand": ["tax_ids.data.value"]}, status=400).error
    assert error["code"] == "property_not_expandable"


def test_one_answer_to_one_key_with_all_that_a_customer_comes_with(api):
    params = {
        "balance": -500,
        "tax_id_data": [{"type": "eu_vat", "value": "DE123456789"}],
        "email": "ada@example.com",
    }

    first = api.post("customers", params, idempotency_key="once")
    again = api.post("customers", params, idempotency_key="once")

    assert again.body == first.body
    assert Customer.objects.count() == 1
    assert Event.objects.filter(type="customer.tax_id.created").count() == 1


def test_a_restricted_key_sees_by_expand_only_what_it_may_read(api, environment):
    made = api.post("customers", {"tax_id_data": [{"type": "us_ein", "value": "12-3456789"}]})
    path = f"customers/{made['id']}"
    one, two = (
        ApiClient(factories.make_key(environment, KeyKind.RESTRICTED, *listed).secret)
        for listed in (["customers:read"], ["customers:read", "tax_ids:read"])
    )

    refused = one.get(path, {"expand": ["tax_ids"]}, status=403).error

    assert "tax_ids:read" in refused["message"]
    assert len(two.get(path, {"expand": ["tax_ids"]})["tax_ids"]["data"]) == 1
    one.get(path, {"expand": ["subscriptions"]})
    for nested in ("sources", "cash_balance"):
        two.get(path, {"expand": [nested]}, status=403)
