"""`/v1/mandates`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
