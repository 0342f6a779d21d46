from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        from apps.accounts import queries
        from apps.accounts.api.resources import RESOURCES
        from apps.api import registry

        for resource in RESOURCES:
            registry.register(resource)
        registry.register_links(queries.linked_ids)
