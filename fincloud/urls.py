"""Every door of the installation. The environment of `/v1` comes from the key, not from the URL."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from apps.api.openapi.views import openapi_json
from apps.api.trail_views import TrailDetail
from apps.api.views import UnknownUrl
from apps.files.api.followed import follow
from apps.payments.api.views.challenge import ChallengePage
from apps.payments.api.views.microdeposits import DepositsPage
from apps.payments.api.views.notifications import urlpatterns as notifications
from fincloud.health import healthz, readyz
from fincloud.metrics import metrics

v1: list[URLPattern | URLResolver] = [
    path("openapi.json", openapi_json),
    path("trail/<str:object_id>", TrailDetail.as_view()),
    path("", include("apps.customers.api.urls")),
    path("", include("apps.payments.api.urls")),
    path("", include("apps.balances.api.urls")),
    path("", include("apps.accounts.api.urls")),
    path("", include("apps.files.api.urls")),
    path("", include("apps.ledger.api.urls")),
    path("", include("apps.events.api.urls")),
    path("", include("apps.webhooks.api.urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    # No id is "search": whoever searches where there is no search hears that, and not of an id.
    re_path(r"^v1/(?!charges/|customers/|payment_intents/)[a-z_]+/search$", UnknownUrl.as_view()),
    path("v1/", include(v1)),
    re_path(r"^v1(?:/[\s\S]*)?$", UnknownUrl.as_view()),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", include("apps.backoffice.urls")),
    path("admin/", admin.site.urls),
    path("links", follow),
    path("challenge", ChallengePage.as_view()),
    path("microdeposits", DepositsPage.as_view()),
    path("processors/", include(notifications)),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
]
