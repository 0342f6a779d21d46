"""Webhooks: telling the endpoints of a merchant what happened.

Owns `WebhookEndpoint`, per environment, and in `public` the queue that serves all environments:
`Delivery` (an event for an endpoint) and `DeliveryAttempt`. An event reaches each endpoint that was
there for it at least once, always with the same id. Public: `services.dispatch`,
`services.create_endpoint`, `queries.oldest_undelivered_age_s`.

Follow an event: `events.record` → outbox → `services.fan_out` → `services.deliver_due` → `client`.
"""
