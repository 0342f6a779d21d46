"""Which schema a model's table lives in."""

from typing import Any

from django.conf import settings
from django_tenants.routers import TenantSyncRouter
from django_tenants.utils import get_public_schema_name


class SchemaRouter(TenantSyncRouter):  # type: ignore[misc]  # the library is not typed
    """Send each model of an app that lives on both sides to the one side it belongs to.

    The events of an environment are in its schema; the queue of what has to be sent is in `public`,
    so that one dispatcher reads one table. Both belong to one app, so the app alone does not tell.
    """

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool | None:
        """Return False for a table that belongs to the other schema."""
        allowed: bool | None = super().allow_migrate(db, app_label, model_name, **hints)
        if allowed is False or app_label not in settings.APPS_ON_BOTH_SIDES:
            return allowed
        is_public: bool = self.connection_schema(db) == get_public_schema_name()
        if model_name is None:
            return bool(hints.get("public", False)) == is_public
        return (f"{app_label}.{model_name}" in settings.PUBLIC_MODELS) == is_public

    @staticmethod
    def connection_schema(db: str) -> str:
        """Return the schema that the connection `db` works in."""
        from django.db import connections

        return str(connections[db].schema_name)  # type: ignore[attr-defined]
