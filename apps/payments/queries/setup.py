"""Reads of what sets up payment methods: SetupIntents, their attempts, mandates."""

from typing import Any

from django.db.models import QuerySet

from apps.core.errors import Invalid
from apps.payments.models import Mandate, SetupAttempt, SetupIntent
from apps.payments.queries.rows import filtered, find


def get_setup_intent(object_id: str, *, for_update: bool = False) -> SetupIntent:
    """Return the SetupIntent.

    :raises NotFound: there is none with this id.
    """
    return find(SetupIntent, "setup_intent", object_id, for_update=for_update)


def list_setup_intents(**filters: Any) -> QuerySet[SetupIntent]:
    """Return the SetupIntents; `customer`, `payment_method` and `attach_to_self` filter."""
    columns = {
        "attach_to_self": "attach_to_self",
        "customer": "customer_id",
        "payment_method": "payment_method_id",
    }
    return filtered(SetupIntent.objects.owned(), filters, columns)


def list_setup_attempts(*, setup_intent: str) -> QuerySet[SetupAttempt]:
    """Return the attempts of a SetupIntent.

    :raises Invalid: there is no such SetupIntent.
    """
    if not SetupIntent.objects.owned().filter(pk=setup_intent).exists():
        raise Invalid(
            f"No such setup_intent: '{setup_intent}'",
            code="resource_missing",
            param="setup_intent",
        )
    return SetupAttempt.objects.owned().filter(setup_intent=setup_intent)


def get_mandate(object_id: str) -> Mandate:
    """Return the mandate.

    :raises NotFound: there is none with this id.
    """
    return find(Mandate, "mandate", object_id, for_update=False)
