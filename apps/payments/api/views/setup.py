"""`/v1/setup_intents` and `/v1/setup_attempts`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
