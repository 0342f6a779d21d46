"""`/v1/disputes`, and the dispute of a charge."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
