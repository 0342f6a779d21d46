"""URLs of payments."""

from apps.payments.api.views import (
    cash,
    charges,
    customer_sources,
    disputes,
    intents,
    mandates,
    methods,
    microdeposits,
    refunds,
    scenarios,
    search,
    setup,
    sources,
    tokens,
)

urlpatterns = [
    *search.urlpatterns,  # before those where an id could stand for "search"
    *intents.urlpatterns,
    *methods.urlpatterns,
    *charges.urlpatterns,
    *refunds.urlpatterns,
    *setup.urlpatterns,
    *mandates.urlpatterns,
    *disputes.urlpatterns,
    *tokens.urlpatterns,
    *sources.urlpatterns,
    *customer_sources.urlpatterns,
    *cash.urlpatterns,
    *microdeposits.urlpatterns,
    *scenarios.urlpatterns,
]
