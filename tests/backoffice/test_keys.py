"""What operators do to API keys: each asks first, a new key is shown once."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote

from apps.core import clock
from apps.identity import queries
from apps.identity.models import ApiKey, User
from tests.backoffice.operators import Operator, make_user, text
from tests.factories import make_key

KEYS = "/admin/identity/apikey/"


def works(secret: str) -> bool:
    return queries.find_api_key(secret, host="", now=clock.now()) is not None


def secret_in(shown: str) -> str:
    found = re.search(r'id="new-key">(\w+)<', shown)
    assert found, shown
    return found[1]


@pytest.fixture
def new(environment):
    """A secret key."""
    return make_key(environment)


def path(key: ApiKey, action: str) -> str:
    return f"{KEYS}{quote(key.pk)}/{action}/"


@pytest.mark.parametrize("action", ["roll", "expire", "revoke"])
def test_a_question_comes_first(operator, new, action):
    assert '<form method="post"' in text(operator.get(path(new.key, action)))
    assert works(new.secret)


def test_a_key_is_revoked(operator, new):
    answer = operator.post(path(new.key, "revoke"))

    assert answer.status_code == 302
    assert not works(new.secret)
    assert "revoked" in text(operator.get(answer["Location"]))


@pytest.mark.parametrize(("overlap_s", "old_works"), [(0, False), (86_400, True)])
def test_a_key_is_rolled_and_its_successor_shown_once(operator, new, overlap_s, old_works):
    answer = operator.post(path(new.key, "roll"), overlap=overlap_s)
    secret = secret_in(text(answer))

    assert "no-store" in answer["Cache-Control"]
    assert works(secret)
    assert works(new.secret) is old_works
    successor = ApiKey.objects.get(pk=new.key.pk).rolled_to
    assert successor is not None
    assert secret not in text(operator.get(f"{KEYS}{quote(successor.pk)}/change/"))
    again = text(operator.post(path(new.key, "roll"), overlap=overlap_s))
    assert "was rolled already" in again


def test_a_key_expires_when_it_is_told(operator, new):
    tomorrow = clock.now() + timedelta(days=1)
    form = {"expires_at_0": f"{tomorrow:%Y-%m-%d}", "expires_at_1": f"{tomorrow:%H:%M}"}
    answer = operator.post(path(new.key, "expire"), **form)

    assert answer.status_code == 302
    key = ApiKey.objects.get(pk=new.key.pk)
    assert key.expires_at == tomorrow.replace(second=0, microsecond=0)
    refused = operator.post(path(new.key, "expire"), expires_at_0="2020-01-01", expires_at_1="0:00")
    assert "A key expires in the future" in text(refused)


def test_a_key_is_made_for_an_environment(operator, environment):
    form = {"environment": environment.id, "kind": "restricted", "name": "Reports"}
    secret = secret_in(text(operator.post(f"{KEYS}make/", **form, permissions="charges:read")))

    assert secret.startswith("rk_test_")
    key = queries.find_api_key(secret, host="", now=clock.now())
    assert key is not None
    assert (key.environment_id, key.permissions) == (environment.id, ["charges:read"])
    assert key.created_by == f"operator:{User.objects.get(is_staff=True).pk}"
    refused = text(operator.post(f"{KEYS}make/", **form, permissions="everything"))
    assert "There is no permission" in refused


def test_what_was_done_is_on_the_history(operator, new):
    operator.post(path(new.key, "revoke"))

    assert LogEntry.objects.filter(object_id=new.key.pk).count() == 1
    assert "is revoked." in text(operator.get(path(new.key, "history")))


@pytest.mark.parametrize("action", ["roll", "expire", "revoke"])
def test_an_operator_without_the_permission_may_only_look(db, new, action):
    guest = User.objects.create_user("guest@backoffice.test", None, is_staff=True)

    assert str(new.key) in text(Operator(guest).get(KEYS))
    assert Operator(guest).post(path(new.key, action), overlap=0).status_code == 403
    assert works(new.secret)


@pytest.mark.parametrize("action", ["roll", "expire", "revoke"])
def test_a_form_of_another_site_does_nothing(db, new, action):
    victim = Operator(make_user("victim@backoffice.test"), checks_csrf=True)

    assert victim.post(path(new.key, action), overlap=0).status_code == 403
    assert works(new.secret)


def test_an_unknown_key_is_not_found(operator):
    assert operator.post(f"{KEYS}key_nobody/revoke/").status_code == 404
