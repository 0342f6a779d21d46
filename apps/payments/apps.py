from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "apps.payments"
    label = "payments"

    def ready(self) -> None:
        from apps.accounts import services as accounts
        from apps.api import idempotency, registry
        from apps.customers import services as customers
        from apps.payments import queries
        from apps.payments.api.resources import RESOURCES
        from apps.payments.api.resources.cash import register_cash_balance
        from apps.payments.api.resources.customer_sources import register_lists
        from apps.payments.api.resources.older import OLD_LISTS
        from apps.payments.services import customer_parts, materials

        for resource in RESOURCES:
            registry.register(resource)
        for name, prop, old in OLD_LISTS:
            registry.register_old_list(name, prop, old)
        register_lists()
        register_cash_balance()
        customers.register_part(
            customers.Part(customer_parts.NAMES, customer_parts.apply, customer_parts.remove)
        )
        accounts.register_tokens(materials.account_of_token)
        registry.register_links(queries.linked_ids)
        registry.register_links(queries.linked_to_sources)
        idempotency.remember_effects(queries.has_attempt)
