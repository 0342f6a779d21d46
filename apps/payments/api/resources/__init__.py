"""How the objects of payments look on the wire, a module for each kind."""

from apps.payments.api.resources import (
    cash,
    charges,
    customer_sources,
    disputes,
    intents,
    mandates,
    methods,
    refunds,
    scenarios,
    setup,
    sources,
    tokens,
)

RESOURCES = (
    *intents.RESOURCES,
    *methods.RESOURCES,
    *charges.RESOURCES,
    *refunds.RESOURCES,
    *setup.RESOURCES,
    *mandates.RESOURCES,
    *disputes.RESOURCES,
    *tokens.RESOURCES,
    *sources.RESOURCES,
    *customer_sources.RESOURCES,
    *cash.RESOURCES,
    *scenarios.RESOURCES,
)
