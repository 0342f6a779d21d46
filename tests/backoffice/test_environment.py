"""The environment that an operator works in: chosen, kept, shared by a link, and not left."""

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db import connection
from django.urls import reverse

from apps.core import context
from apps.core.admin import EnvironmentAdmin
from apps.tenants.models import Environment
from tests.backoffice.conftest import pay
from tests.backoffice.operators import Operator, make_user, text

PAYMENTS = "/admin/payments/paymentintent/"


@pytest.fixture
def theirs(other_api, other_environment):
    """A payment of another tenant."""
    with context.enter(other_environment, by="system"):
        return pay(other_api, other_environment, email="eve@elsewhere.test")


def test_a_link_brings_its_environment_along(stranger, environment, made):
    answer = stranger.get(PAYMENTS, environment=environment.id, status__exact="succeeded")

    assert answer.status_code == 302
    assert answer["Location"] == f"{PAYMENTS}?status__exact=succeeded"
    shown = text(stranger.get(answer["Location"]))
    assert made.intent in shown
    assert f"You now work in {environment}." in shown


def test_a_page_offers_the_link_that_works_for_others(operator, environment, made):
    path = reverse("admin:payments_paymentintent_change", args=[quote(made.intent)])
    link = f"{path}?environment={environment.id}"
    assert f'href="{link}"' in text(operator.get(path))

    colleague = Operator(make_user("colleague@backoffice.test"))
    assert made.charge in text(colleague.get(colleague.get(link)["Location"]))


@pytest.mark.parametrize("wanted", ["env_nowhere", "", "' OR 1=1 --"])
def test_a_link_to_no_environment_changes_nothing(operator, made, wanted):
    operator.get(PAYMENTS, environment=wanted)

    shown = text(operator.get(PAYMENTS))
    assert "There is no environment" in shown
    assert made.intent in shown


def test_a_schema_of_the_pool_cannot_be_chosen(stranger):
    pooled = Environment.objects.filter(status="pooled").first()
    assert pooled is not None
    stranger.get(PAYMENTS, environment=pooled.id)

    assert "Which environment?" in text(stranger.get(PAYMENTS))


def test_an_environment_that_is_gone_is_not_chosen_any_more(operator, environment):
    Environment.objects.filter(pk=environment.id).update(
        status="pooled", tenant=None, kind="", account_id=""
    )
    assert "Which environment?" in text(operator.get(PAYMENTS))


def test_objects_of_another_tenant_are_not_there(operator, made, theirs):
    for model, model_admin in admin.site._registry.items():
        if not isinstance(model_admin, EnvironmentAdmin):
            continue
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        shown = text(operator.get(reverse(name)))
        assert "elsewhere" not in shown
        for object_id in (theirs.customer, theirs.intent, theirs.charge, theirs.refund):
            assert object_id not in shown

    assert theirs.intent not in text(operator.get("/admin/find/", q="eve@elsewhere.test"))
    for kind, object_id in (("paymentintent", theirs.intent), ("charge", theirs.charge)):
        path = reverse(f"admin:payments_{kind}_change", args=[quote(object_id)])
        assert operator.get(path).status_code == 302  # to the home page: there is no such object


def test_the_badge_says_where_one_is(operator, environment, live_environment):
    assert str(environment) in text(operator.get("/admin/"))
    operator.choose(live_environment)

    assert str(live_environment) in text(operator.get("/admin/"))


def test_the_environment_is_left_after_the_request(operator, made):
    operator.get(PAYMENTS)

    schema_name = connection.schema_name  # type: ignore[attr-defined]
    assert schema_name == context.current().environment.schema_name


def test_a_switch_keeps_the_page_unless_it_is_of_an_object(operator, made, live_environment):
    tree = "/admin/ledger/ledgeraccount/tree/"
    of_an_object = reverse("admin:payments_charge_change", args=[quote(made.charge)])

    for path, target in ((PAYMENTS, PAYMENTS), (tree, tree), (of_an_object, "/admin/")):
        link = f'href="{target}?environment={live_environment.id}"'
        assert link in text(operator.get(path))
