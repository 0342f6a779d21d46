"""URLs of customers."""

from django.urls import path

from apps.customers.api import views

urlpatterns = [
    path("customers", views.Customers.as_view()),
    path("customers/<str:customer>", views.CustomerDetail.as_view()),
]
