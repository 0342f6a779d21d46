"""`/v1/test_helpers/scenarios`."""

from django.urls import path

from apps.api.paging import Page, page
from apps.api.views import WireView
from apps.core import clock
from apps.payments import queries, services
from apps.payments.api.shapes import scenarios as shapes
from apps.payments.models import Scenario


class ScenarioView(WireView):
    """Base of the views of scenarios."""

    resource = "test_helpers_scenarios"
    returns = "test_helpers.scenario"


class Scenarios(ScenarioView):
    """Create, list."""

    shapes = {"GET": shapes.LIST, "POST": shapes.CREATE}

    def get(self) -> Page:
        return page(queries.list_scenarios(**self.params), self.params)

    def post(self) -> Scenario:
        return services.create_scenario(given=self.params, now=clock.now())


class ScenarioDetail(ScenarioView):
    """Retrieve."""

    shapes = {"GET": shapes.RETRIEVE}

    def get(self, scenario: str) -> Scenario:
        return queries.get_scenario(scenario)


class EndScenario(ScenarioView):
    """End: the simulator follows it no more."""

    shapes = {"POST": shapes.RETRIEVE}

    def post(self, scenario: str) -> Scenario:
        return services.end_scenario(scenario_id=scenario, now=clock.now())


class AdvanceScenario(ScenarioView):
    """Advance: what is still to come of its orders happens now."""

    shapes = {"POST": shapes.RETRIEVE}

    def post(self, scenario: str) -> Scenario:
        return services.advance_scenario(scenario_id=scenario, now=clock.now())


SCENARIO = "test_helpers/scenarios/<str:scenario>"
urlpatterns = [
    path("test_helpers/scenarios", Scenarios.as_view()),
    path(SCENARIO, ScenarioDetail.as_view()),
    path(f"{SCENARIO}/advance", AdvanceScenario.as_view()),
    path(f"{SCENARIO}/end", EndScenario.as_view()),
]
