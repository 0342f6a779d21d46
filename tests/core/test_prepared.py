"""A prepared query finds what its queryset finds, as the same instances."""

import pytest
from django.db import transaction

from apps.core.prepared import Prepared
from apps.payments.models import Attempt
from tests.payments.paying import pay

pytestmark = pytest.mark.django_db


def attempts(**given):
    return (
        Attempt.objects.select_for_update(of=("payment_intent", "self"), no_key=True)
        .select_related("payment_intent__payment_method", "payment_intent__latest_charge")
        .filter(payment_intent__account_id=given["account"], pk=given["attempt"])
    )


def values(instance):
    return {field.attname: getattr(instance, field.attname) for field in instance._meta.fields}


def test_every_field_is_what_the_queryset_reads(api, django_assert_num_queries):
    pay(api)
    pay(api, confirm=False)
    attempt = Attempt.objects.get()
    given = {"account": attempt.account_id, "attempt": attempt.pk}
    prepared = Prepared(attempts, "account", "attempt")
    prepared.get(**given)

    with django_assert_num_queries(1):
        found = prepared.get(**given)
        intent = found.payment_intent
        reached = [found, intent, intent.payment_method, intent.latest_charge]

    read = attempts(**given).get()
    wanted = [
        *(read, read.payment_intent),
        *(read.payment_intent.payment_method, read.payment_intent.latest_charge),
    ]
    assert [values(one) for one in reached] == [values(one) for one in wanted]
    assert isinstance(found.details, dict)
    assert not found._state.adding


def test_what_is_found_can_be_saved(api):
    pay(api)
    attempt = Attempt.objects.get()
    prepared = Prepared(lambda **given: Attempt.objects.filter(pk=given["attempt"]), "attempt")

    found = prepared.get(attempt=attempt.pk)
    found.enquiries = 7
    found.save(update_fields=["enquiries"])

    attempt.refresh_from_db()
    assert attempt.enquiries == 7


def test_nothing_is_found_under_another_value(api):
    pay(api)
    attempt = Attempt.objects.get()
    prepared = Prepared(attempts, "account", "attempt")
    prepared.get(account=attempt.account_id, attempt=attempt.pk)

    for other in ({"account": "acct_other"}, {"attempt": "att_other"}, {"attempt": "<attempt>"}):
        given = {"account": attempt.account_id, "attempt": attempt.pk, **other}
        with pytest.raises(Attempt.DoesNotExist), transaction.atomic():
            prepared.get(**given)
