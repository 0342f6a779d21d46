"""URLs of events."""

from django.urls import path

from apps.events.api import views

urlpatterns = [
    path("events", views.Events.as_view()),
    path("events/<str:event>", views.EventDetail.as_view()),
]
