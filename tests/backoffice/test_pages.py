"""Every page of the admin: who may see it, that nobody can write, and what it costs.

The tests walk through the registry of the admin, so that a new model is covered on its first day.
"""

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core.admin import BoundedPaginator, EnvironmentAdmin, ReadOnlyAdmin
from tests.backoffice.conftest import newest, pay
from tests.backoffice.operators import Operator, make_user, text
from tests.objects import objects_of

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
OF_AN_ENVIRONMENT = [m for m in MODELS if isinstance(admin.site._registry[m], EnvironmentAdmin)]
LIST_QUERIES_MAX = 12
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)


# What a plain payment does not leave behind.
RARE = {
    "accounts.ExternalAccount",
    "balances.Payout",
    "customers.CreditTransaction",
    "customers.TaxId",
    "files.File",
    "files.FileLink",
    "payments.CashTransaction",
    "payments.Dispute",
    "payments.Mandate",
    "payments.ReceivedNotification",
    "payments.Scenario",
    "payments.SetupAttempt",
    "payments.SetupIntent",
    "payments.Source",
    "payments.Token",
}


@pytest.fixture(autouse=True)
def rare(request, api):
    """Make one object of every kind, for a page of what there would be none of."""
    model = getattr(request.node, "callspec", None) and request.node.callspec.params.get("model")
    if model is not None and model._meta.label in RARE:
        objects_of(api)


def page(model, name, *arguments):
    return reverse(
        f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}",
        args=[quote(argument) for argument in arguments],
    )


@every_model
def test_an_operator_sees_the_list_and_an_object(model, operator, made):
    found = newest(model)

    assert 'id="result_list"' in text(operator.get(page(model, "changelist")))
    assert 'id="content-main"' in text(operator.get(page(model, "change", found.pk)))


@every_model
def test_nobody_can_write(model, operator, made):
    found = newest(model)
    before = model._default_manager.count()

    assert isinstance(admin.site._registry[model], ReadOnlyAdmin)
    assert operator.get(page(model, "add")).status_code == 403
    assert operator.post(page(model, "add")).status_code == 403
    assert operator.post(page(model, "change", found.pk), id="changed").status_code == 403
    assert operator.post(page(model, "delete", found.pk), post="yes").status_code == 403
    operator.post(page(model, "changelist"), action="delete_selected", _selected_action=found.pk)
    assert model._default_manager.count() == before
    assert newest(model) == found


@every_model
def test_who_is_no_operator_sees_nothing(model, made):
    found = newest(model)
    member = Operator(make_user("someone@backoffice.test", is_operator=False))
    for visitor in (member, Operator(None)):
        for path in (page(model, "changelist"), page(model, "change", found.pk)):
            answer = visitor.get(path)
            assert answer.status_code == 302
            assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("path", ["/admin/", "/admin/find/?q=ada", "/admin/trail/pi_1/"])
def test_the_other_pages_are_for_operators_too(path, db):
    answer = Operator(make_user(is_operator=False)).get(path)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("model", OF_AN_ENVIRONMENT, ids=lambda model: model._meta.label)
def test_without_an_environment_one_is_asked_for(model, stranger, made, environment):
    found = newest(model)
    for path in (
        page(model, "changelist"),
        page(model, "change", found.pk),
        page(model, "delete", found.pk),
        page(model, "history", found.pk),
    ):
        shown = text(stranger.get(path))
        assert "Which environment?" in shown
        assert f"?environment={environment.id}" in shown


@every_model
def test_a_longer_list_costs_no_more_queries(model, operator, made, api, environment):
    path = page(model, "changelist")
    operator.get(path)  # content types are looked up once per process
    with CaptureQueriesContext(
        connection,
    ) as few:
        operator.get(path)
    for number in range(3):
        pay(api, environment, email=f"guest{number}@backoffice.test")

    with CaptureQueriesContext(connection) as many:
        operator.get(path)
    assert len(many) == len(few)
    assert len(counted(many)) <= LIST_QUERIES_MAX


def counted(captured: CaptureQueriesContext) -> list[str]:
    """Return the statements, without those that choose the schema."""
    return [one["sql"] for one in captured if not one["sql"].startswith("SET ")]


def test_a_very_long_list_is_counted_only_so_far(operator, made, monkeypatch):
    path = "/admin/ledger/ledgerentry/"
    assert "and more" not in text(operator.get(path))
    monkeypatch.setattr(BoundedPaginator, "count_max", 3)

    shown = " ".join(text(operator.get(path)).split())
    assert "3 and more ledger entries" in shown
