"""Reads of scenarios."""

from typing import Any

from django.db.models import QuerySet

from apps.payments.models import Scenario
from apps.payments.queries.rows import filtered, find


def get_scenario(object_id: str, *, for_update: bool = False) -> Scenario:
    """Return the scenario.

    :raises NotFound: there is none with this id.
    """
    return find(Scenario, "scenario", object_id, for_update=for_update)


def list_scenarios(**filters: Any) -> QuerySet[Scenario]:
    """Return the scenarios; `status` filters."""
    return filtered(Scenario.objects.owned(), filters, {"status": "status"})
