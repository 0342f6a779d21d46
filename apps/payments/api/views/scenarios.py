"""`/v1/test_helpers/scenarios`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
