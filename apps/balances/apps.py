from django.apps import AppConfig


class BalancesConfig(AppConfig):
    name = "apps.balances"
    label = "balances"

    def ready(self) -> None:
        from apps.api import registry
        from apps.balances import queries
        from apps.balances.api.resources import RESOURCES

        for resource in RESOURCES:
            registry.register(resource)
        registry.register_links(queries.linked_ids)
