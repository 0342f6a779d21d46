"""URLs of accounts."""

from apps.accounts.api.views import urlpatterns

__all__ = ["urlpatterns"]
