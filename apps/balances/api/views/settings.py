"""`/v1/balance_settings`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
