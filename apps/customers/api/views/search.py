"""`/v1/customers/search`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
