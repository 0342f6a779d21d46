"""The tax ids of a customer, and `/v1/tax_ids`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
