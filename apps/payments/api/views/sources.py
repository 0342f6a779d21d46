"""`/v1/sources`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
