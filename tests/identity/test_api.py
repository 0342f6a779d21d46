"""Who comes in: keys as bearer tokens, as Basic user names, as fields; and who does not."""

import time
from base64 import b64encode
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core import clock
from apps.identity import queries, services
from apps.identity.domain import KeyKind
from apps.identity.models import ApiKey
from apps.tenants.models import Domain
from tests import factories
from tests.client import Answer, ApiClient

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def list_customers(authorization: str | None, *, status: int = 200) -> Answer:
    sent = {} if authorization is None else {"Authorization": authorization}
    return ApiClient(None).get("/v1/customers", status=status, headers=sent)


def basic(text: str) -> str:
    return "Basic " + b64encode(text.encode()).decode()


def test_a_secret_key_comes_as_a_bearer_token(environment):
    made = factories.make_key(environment)

    assert list_customers(f"Bearer {made.secret}").status == 200


def test_a_secret_key_comes_as_the_user_name_of_basic(environment):
    made = factories.make_key(environment)

    assert list_customers(basic(f"{made.secret}:")).status == 200


def bad_keys(environment, other_environment) -> dict[str, str | None]:
    expired, revoked = factories.make_key(environment), factories.make_key(environment)
    ApiKey.objects.filter(pk=expired.key.pk).update(expires_at=LONG_AGO)
    services.revoke_api_key(key_id=revoked.key.pk, now=clock.now())
    return {
        "none": None,
        "empty": "Bearer ",
        "malformed": "Bearer what\N{SNOWMAN}ever".encode("ascii", "replace").decode(),
        "unknown": "Bearer sk_test_0000000000000000000000000000000",
        "another scheme": "Digest sk_test_0000000000000000000000000000000",
        "no base64": "Basic ???",
        "no text": "Basic " + b64encode(b"\xff\xfe").decode(),
        "expired": f"Bearer {expired.secret}",
        "revoked": f"Bearer {revoked.secret}",
    }


def test_every_bad_key_gets_the_same_answer_after_the_same_steps(environment, other_environment):
    seen = set()
    for name, authorization in bad_keys(environment, other_environment).items():
        with CaptureQueriesContext(connection) as captured:
            answer = list_customers(authorization, status=401)
        queries = [query for query in captured if query["sql"].startswith("SELECT")]
        seen.add((answer.body, answer.headers["WWW-Authenticate"], len(queries)))
        assert answer.error["type"] == "invalid_request_error", name

    assert len(seen) == 1
    assert {queries for _, _, queries in seen} == {1}


def test_a_key_at_the_host_of_another_environment_gets_that_answer_too(
    environment, other_environment, settings
):
    settings.ALLOWED_HOSTS = ["pay.books.test", "testserver"]
    Domain.objects.create(domain="pay.books.test", tenant_id=other_environment.id)
    secret = factories.make_key(environment).secret
    client = ApiClient(secret)

    refused = client.get("/v1/customers", status=401, headers={"Host": "pay.books.test"})

    assert refused.body == list_customers(None, status=401).body


def test_a_secret_key_is_not_taken_as_a_field(environment):
    made = factories.make_key(environment)

    ApiClient(None).get("/v1/customers", {"key": made.secret}, status=401)


def test_a_publishable_key_comes_as_a_field_and_may_only_do_what_a_browser_may(environment):
    made = factories.make_key(environment, KeyKind.PUBLISHABLE)

    refused = ApiClient(None).get("/v1/customers", {"key": made.secret}, status=403)

    assert refused.error["code"] == "secret_key_required"


def test_a_restricted_key_does_what_it_lists(environment):
    made = factories.make_key(environment, KeyKind.RESTRICTED, "customers:read")
    client = ApiClient(made.secret)

    client.get("/v1/customers")
    refused = client.post("/v1/customers", {"name": "Ada"}, status=403)

    assert refused.error["code"] == "more_permissions_required"
    assert "customers:write" in refused.error["message"]
    assert made.secret not in refused.error["message"]


def test_a_restricted_key_expands_only_what_it_may_read(api, environment):
    customer = api.post("/v1/customers", {"email": "payer@example.com"})
    terms = {"amount": 100, "currency": "usd", "customer": customer["id"]}
    path = f"/v1/payment_intents/{api.post('/v1/payment_intents', terms)['id']}"
    both = ("payment_intents:read", "customers:read")
    one, two = (
        ApiClient(factories.make_key(environment, KeyKind.RESTRICTED, *listed).secret)
        for listed in (both[:1], both)
    )

    refused = one.get(path, {"expand": ["customer"]}, status=403)

    assert refused.error["code"] == "more_permissions_required"
    assert "customers:read" in refused.error["message"]
    assert one.get(path)["customer"] == customer["id"]
    assert two.get(path, {"expand": ["customer"]})["customer"]["email"] == "payer@example.com"


def test_the_environments_own_account_may_be_named(api, environment):
    answer = api.get("/v1/customers", headers={"Stripe-Account": environment.account_id})

    assert answer.headers["Stripe-Account"] == environment.account_id


def test_another_account_may_not(api, other_environment):
    headers = {"Stripe-Account": other_environment.account_id}

    refused = api.get("/v1/customers", status=403, headers=headers)

    assert refused.error["code"] == "account_invalid"


def test_the_use_of_a_key_is_seen(environment):
    made = factories.make_key(environment)

    ApiClient(made.secret).get("/v1/customers")

    assert ApiKey.objects.get(pk=made.key.pk).last_used_at is not None


def test_a_key_is_looked_up_again_after_a_moment(environment, settings):
    settings.API_KEY_CACHE_S = 0.3
    made = factories.make_key(environment)
    list_customers(f"Bearer {made.secret}")
    with CaptureQueriesContext(connection) as captured:
        list_customers(f"Bearer {made.secret}")
    assert not any("identity_apikey" in query["sql"] for query in captured)

    services.revoke_api_key(key_id=made.key.pk, now=clock.now())
    time.sleep(0.35)

    list_customers(f"Bearer {made.secret}", status=401)


def test_a_key_expires_to_the_second_though_it_worked_a_moment_ago(environment, settings):
    settings.API_KEY_CACHE_S = 5
    made = factories.make_key(environment)
    list_customers(f"Bearer {made.secret}")
    soon = clock.now() + timedelta(milliseconds=200)
    ApiKey.objects.filter(pk=made.key.pk).update(expires_at=soon)
    queries._known.clear()
    list_customers(f"Bearer {made.secret}")
    time.sleep(0.25)

    list_customers(f"Bearer {made.secret}", status=401)
