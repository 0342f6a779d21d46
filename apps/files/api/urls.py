"""URLs of files, under `/v1`. What links lead to is in `followed`."""

from apps.files.api.views import urlpatterns

__all__ = ["urlpatterns"]
