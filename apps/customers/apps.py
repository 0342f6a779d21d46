from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "apps.customers"
    label = "customers"

    def ready(self) -> None:
        from apps.api import registry
        from apps.customers import queries
        from apps.customers.api.resources import RESOURCES

        for resource in RESOURCES:
            registry.register(resource)
        registry.register_links(queries.linked_ids)
