"""The cash of a customer: `/v1/customers/…/cash_balance`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
