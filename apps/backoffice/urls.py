"""Pages of the admin that belong to no model."""

from django.contrib import admin
from django.urls import URLPattern, path

from apps.backoffice import views

urlpatterns: list[URLPattern] = [
    path(
        "trail/<str:object_id>/", admin.site.admin_view(views.show_trail), name="backoffice_trail"
    ),
    path("find/", admin.site.admin_view(views.find), name="backoffice_find"),
]
