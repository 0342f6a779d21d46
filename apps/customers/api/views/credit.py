"""The credit of a customer: `/v1/customers/…/balance_transactions`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
