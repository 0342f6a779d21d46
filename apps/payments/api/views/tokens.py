"""`/v1/tokens`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
