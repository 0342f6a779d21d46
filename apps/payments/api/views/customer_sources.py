"""Sources, cards and bank accounts of a customer."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
