"""`/v1/payouts`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
