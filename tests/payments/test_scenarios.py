"""Scenarios: who may write them, what is refused, whose orders they change, and YAML files."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.payments.domain.scenarios import InvalidScenario, seconds_of
from apps.payments.models import ReceivedNotification, Scenario, SimulatedEvent
from tests.payments.orders import let_pass
from tests.payments.paying import decline, pay

FILES = sorted((Path(__file__).parents[1] / "scenarios").glob("*.yaml"))
DECLINE = {"on": "charge", "outcome": "decline", "decline_code": "insufficient_funds"}


def script(api, *steps, **whose):
    """Make a scenario."""
    return api.post("test_helpers/scenarios", {"name": "A test", "steps": list(steps), **whose})


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("15m", 900), ("2h", 7_200), ("3d", 259_200)]
)
def test_durations(text, seconds):
    assert seconds_of(text, param="after") == seconds


@pytest.mark.parametrize("text", ["", "d", "-1d", "1w", "1.5h", "367d", "٣d"])
def test_what_is_no_duration(text):
    with pytest.raises(InvalidScenario):
        seconds_of(text, param="after")


@pytest.mark.django_db
class TestObject:
    """The object, and what is refused."""

    def test_it_is_shown_listed_and_ended(self, api):
        made = script(
            api,
            {
                "on": "charge",
                "nth": 2,
                "latency_ms": 1,
                "notify": {"copies": 2, "delay_s": 5, "order": "reversed"},
                "later": [{"after": "3d", "happens": "dispute", "reason": "fraudulent"}],
            },
            metadata={"ticket": "7"},
        )
        assert made["object"] == "test_helpers.scenario"
        assert made["steps"] == [
            {
                "decline_code": None,
                "fault": None,
                "later": [{"after_s": 259_200, "happens": "dispute", "reason": "fraudulent"}],
                "latency_ms": 1,
                "notify": {"copies": 2, "delay_s": 5, "lost": False, "order": "reversed"},
                "nth": 2,
                "on": "charge",
                "outcome": None,
                "seen": 0,
            }
        ]
        path = f"test_helpers/scenarios/{made['id']}"
        assert api.get(path) == made
        assert [one["id"] for one in api.get("test_helpers/scenarios")["data"]] == [made["id"]]
        ended = api.post(f"{path}/end")
        assert (ended["status"], ended["ended_at"] is None) == ("ended", False)
        assert api.post(f"{path}/end") == ended
        assert api.get("test_helpers/scenarios", {"status": "active"})["data"] == []

    @pytest.mark.parametrize(
        ("given", "param"),
        [
            ({}, "name"),
            ({"name": "x"}, "steps"),
            ({"name": "x", "steps": [{"nth": 1}]}, "steps[0][on]"),
            ({"name": "x", "steps": [{"on": "lunch"}]}, "steps[0][on]"),
            ({"name": "x", "steps": [{"on": "charge", "nth": 0}]}, "steps[0][nth]"),
            ({"name": "x", "steps": [{"on": "charge", "fault": "y"}]}, "steps[0][fault]"),
            ({"name": "x", "steps": [{"on": "capture", "outcome": "action"}]}, "steps[0][outcome]"),
            (
                {"name": "x", "steps": [{"on": "enquire", "outcome": "approve"}]},
                "steps[0][outcome]",
            ),
            (
                {"name": "x", "steps": [{"on": "charge", "decline_code": "lost_card"}]},
                "steps[0][decline_code]",
            ),
            (
                {
                    "name": "x",
                    "steps": [{"on": "refund", "later": [{"after": "1d", "happens": "dispute"}]}],
                },
                "steps[0][later][0][happens]",
            ),
            (
                {
                    "name": "x",
                    "steps": [{"on": "charge", "later": [{"after": "1w", "happens": "dispute"}]}],
                },
                "steps[0][later][0][after]",
            ),
            (
                {
                    "name": "x",
                    "steps": [{"on": "charge", "later": [{"after": "999d", "happens": "dispute"}]}],
                },
                "steps[0][later][0][after]",
            ),
            (
                {
                    "name": "x",
                    "steps": [{**DECLINE, "later": [{"after": "1d", "happens": "dispute"}]}],
                },
                "steps[0][later]",
            ),
            ({"name": "x", "steps": [DECLINE], "payment_method": "pm_none"}, "payment_method"),
            ({"name": "x", "steps": [DECLINE], "customer": "cus_none"}, "customer"),
            ({"name": "x", "steps": [DECLINE], "colour": "red"}, "colour"),
        ],
    )
    def test_what_is_refused(self, api, given, param):
        assert api.post("test_helpers/scenarios", given, status=400).error["param"] == param
        assert not Scenario.objects.exists()

    def test_it_is_of_a_method_or_of_a_customer(self, api):
        customer = api.post("customers")["id"]
        given = {"name": "x", "steps": [DECLINE], "customer": customer}
        refused = {**given, "payment_method": "pm_card_visa"}
        assert api.post("test_helpers/scenarios", refused, status=400).error["param"] == "customer"
        assert api.post("test_helpers/scenarios", given)["customer"] == customer

    def test_a_live_environment_has_none(self, live_api):
        given = {"name": "x", "steps": [DECLINE]}
        error = live_api.post("test_helpers/scenarios", given, status=400).error
        assert error["code"] == "sandbox_only"


@pytest.mark.django_db
class TestMatching:
    """Whose orders a scenario changes."""

    def test_one_of_everybody(self, api):
        scenario = script(api, DECLINE)
        assert decline(api, "pm_card_visa").error["decline_code"] == "insufficient_funds"
        api.post(f"test_helpers/scenarios/{scenario['id']}/end")
        assert pay(api)["status"] == "succeeded"

    def test_one_of_a_payment_method(self, api):
        mine, other = (
            api.post("payment_methods", {"type": "card", "card": {"token": "tok_visa"}})["id"]
            for _ in range(2)
        )
        script(api, DECLINE, payment_method=mine)
        assert pay(api, other)["status"] == "succeeded"
        assert decline(api, mine).error["decline_code"] == "insufficient_funds"

    def test_one_of_a_test_card(self, api):
        script(api, DECLINE, payment_method="pm_card_mastercard")
        assert pay(api, "pm_card_visa")["status"] == "succeeded"
        assert decline(api, "pm_card_mastercard").error["decline_code"] == "insufficient_funds"

    def test_one_of_a_customer(self, api):
        customer = api.post("customers")["id"]
        script(api, DECLINE, customer=customer)
        assert pay(api)["status"] == "succeeded"
        assert decline(api, "pm_card_visa", customer=customer).error["decline_code"]

    def test_the_closest_counts_and_of_those_the_newest(self, api):
        customer = api.post("customers")["id"]
        script(api, {**DECLINE, "decline_code": "lost_card"}, payment_method="pm_card_visa")
        script(api, {**DECLINE, "decline_code": "stolen_card"}, customer=customer)
        script(api, {**DECLINE, "decline_code": "expired_card"})
        newest = script(api, DECLINE)
        heard = decline(api, "pm_card_visa", customer=customer).error["decline_code"]
        assert heard == "lost_card"
        heard = decline(api, "pm_card_amex", customer=customer).error["decline_code"]
        assert heard == "stolen_card"
        assert decline(api, "pm_card_amex").error["decline_code"] == "insufficient_funds"
        assert api.get(f"test_helpers/scenarios/{newest['id']}")["steps"][0]["seen"] == 1

    def test_the_nth_order(self, api):
        scenario = script(api, {**DECLINE, "nth": 2})
        assert pay(api)["status"] == "succeeded"
        decline(api, "pm_card_visa")
        assert pay(api)["status"] == "succeeded"
        assert api.get(f"test_helpers/scenarios/{scenario['id']}")["steps"][0]["seen"] == 3

    def test_one_of_another_tenant_changes_nothing(self, api, other_api):
        script(other_api, DECLINE)
        assert pay(api)["status"] == "succeeded"


@pytest.mark.django_db
class TestLater:
    """What happens afterwards, and how it is told."""

    def test_a_dispute_after_days(self, api):
        script(
            api, {"on": "charge", "later": [{"after": "3d", "happens": "dispute", "reason": "x"}]}
        )
        pay(api)
        let_pass(timedelta(days=2))
        assert api.get("disputes")["data"] == []
        let_pass(timedelta(days=4))
        assert len(api.get("disputes")["data"]) == 1

    def test_it_can_be_had_at_once(self, api):
        scenario = script(
            api,
            {"on": "charge", "later": [{"after": "300d", "happens": "dispute", "reason": "x"}]},
        )
        pay(api)
        api.post(f"test_helpers/scenarios/{scenario['id']}/advance")
        let_pass()
        assert len(api.get("disputes")["data"]) == 1

    def test_a_late_decline_of_what_was_taken_on(self, api):
        script(
            api,
            {
                "on": "charge",
                "outcome": "pending",
                "later": [{"after": "1d", "happens": "late_decline", "reason": "card_declined"}],
            },
        )
        intent = pay(api)
        assert intent["status"] == "processing"
        let_pass(timedelta(days=1, minutes=1))
        shown = api.get(f"payment_intents/{intent['id']}")
        assert shown["status"] == "requires_payment_method"

    def test_copies_are_heard_once(self, api):
        script(
            api,
            {
                "on": "charge",
                "notify": {"copies": 3},
                "later": [{"after": "1s", "happens": "dispute"}],
            },
        )
        pay(api)
        let_pass(timedelta(minutes=1))
        assert SimulatedEvent.objects.filter(happens="tell").count() == 6
        assert ReceivedNotification.objects.count() == 2
        assert len(api.get("disputes")["data"]) == 1

    def test_what_is_lost_is_not_heard(self, api):
        script(
            api,
            {
                "on": "charge",
                "notify": {"lost": True},
                "later": [{"after": "1s", "happens": "dispute"}],
            },
        )
        pay(api)
        let_pass(timedelta(minutes=1))
        assert ReceivedNotification.objects.count() == 0

    def test_what_is_reversed_comes_in_the_other_order(self, api):
        script(
            api,
            {
                "on": "refund",
                "outcome": "pending",
                "notify": {"order": "reversed"},
                "later": [{"after": "10s", "happens": "refund_failed"}],
            },
        )
        intent = pay(api)
        refund = api.post("refunds", {"payment_intent": intent["id"]})
        let_pass(timedelta(minutes=3))
        heard = ReceivedNotification.objects.order_by("id").values_list("sequence", flat=True)
        assert list(heard) == [1, 0]
        assert api.get(f"refunds/{refund['id']}")["status"] == "failed"


@pytest.mark.django_db
class TestFiles:
    """YAML files."""

    @pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
    def test_the_examples_load(self, environment, file):
        out = StringIO()
        call_command("load_scenarios", str(file), environment=environment.id, stdout=out)
        names = list(Scenario.objects.order_by("id").values_list("name", flat=True))
        assert [line.split("  ")[1] for line in out.getvalue().splitlines()] == names
        assert names

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("name: x", "not a list"),
            ("- [", "cannot be read"),
            ("- {name: good, steps: [{on: charge}]}\n- {name: x}", r"scenarios\[1\]\[steps\]"),
            ("- {name: x, steps: [{on: lunch}]}", r"scenarios\[0\]\[steps\]\[0\]\[on\]"),
            ("- !!python/object/apply:os.getcwd []", "cannot be read"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_made(self, environment, tmp_path, text, reason):
        file = tmp_path / "scenarios.yaml"
        file.write_text(text)
        with pytest.raises(CommandError, match=reason):
            call_command("load_scenarios", str(file), environment=environment.id)
        assert not Scenario.objects.exists()

    def test_a_strange_environment(self, live_environment):
        with pytest.raises(CommandError, match="no environment"):
            call_command("load_scenarios", str(FILES[0]), environment="env_none")
        with pytest.raises(CommandError, match="sandboxes"):
            call_command("load_scenarios", str(FILES[0]), environment=live_environment.id)
