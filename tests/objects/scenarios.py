"""A scenario of the simulator."""

from tests.client import ApiClient


def make(api: ApiClient, made: dict[str, str]) -> dict[str, str]:  # of nothing else
    """Script what happens to nobody's payments, and end it."""
    steps = [{"on": "charge", "nth": 1_000_000, "outcome": "approve"}]
    scenario = api.post("test_helpers/scenarios", {"name": "Nothing", "steps": steps})
    api.post(f"test_helpers/scenarios/{scenario['id']}/end")
    return {"scenario": scenario["id"]}


REQUIRED = {
    "POST test_helpers/scenarios": lambda _: {
        "name": "x",
        "steps": [{"on": "charge", "nth": 1_000_000}],
    },
}
