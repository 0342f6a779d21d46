"""`/v1/payment_intents/search` and `/v1/charges/search`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
