from django.apps import AppConfig


class BalancesConfig(AppConfig):
    name = "apps.balances"
    label = "balances"

    def ready(self) -> None:
        from apps.api import registry
        from apps.balances import queries
        from apps.balances.api.resources import BALANCE, BALANCE_TRANSACTION

        registry.register(BALANCE)
        registry.register(BALANCE_TRANSACTION)
        registry.register_links(queries.linked_ids)
