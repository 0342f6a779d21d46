"""URLs of webhook endpoints."""

from django.urls import path

from apps.webhooks.api import views

urlpatterns = [
    path("webhook_endpoints", views.WebhookEndpoints.as_view()),
    path("webhook_endpoints/<str:webhook_endpoint>", views.WebhookEndpointDetail.as_view()),
]
