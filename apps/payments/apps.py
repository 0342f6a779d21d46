from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "apps.payments"
    label = "payments"

    def ready(self) -> None:
        from apps.api import idempotency, registry
        from apps.payments import queries
        from apps.payments.api.resources import RESOURCES

        for resource in RESOURCES:
            registry.register(resource)
        registry.register_links(queries.linked_ids)
        idempotency.remember_effects(queries.has_attempt)
