from django.apps import AppConfig


class BalancesConfig(AppConfig):
    name = "apps.balances"
    label = "balances"
