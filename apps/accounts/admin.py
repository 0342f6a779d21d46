"""The page of merchant accounts."""

from django.contrib import admin

from apps.accounts.models import Account
from apps.core import columns
from apps.core.admin import EnvironmentAdmin


@admin.register(Account)
class AccountAdmin(EnvironmentAdmin):
    """The merchants of the environment."""

    id_prefix = "acct"
    list_display = ("business_name", "id", "country", "default_currency", "created_at")
    search_fields = ("id__startswith", "business_name__icontains")
    search_help_text = "Id or name"
    fields = (
        *("id", "business_name", "country", "default_currency", "created_at"),
        "metadata_json",
    )

    metadata_json = columns.json_of("metadata")
