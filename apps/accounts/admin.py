"""The pages of merchant accounts, and of the bank accounts that they are paid out to."""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps.accounts.models import Account, ExternalAccount
from apps.core import columns
from apps.core.admin import DAYS, EnvironmentAdmin


@admin.register(Account)
class AccountAdmin(EnvironmentAdmin):
    """The merchants of the environment."""

    id_prefix = "acct"
    list_display = ("business_name", "id", "country", "default_currency", "created_at")
    search_fields = ("id__startswith", "business_name__icontains")
    search_help_text = "Id or name"
    fields = (
        *("id", "business_name", "email", "country", "default_currency", "created_at"),
        *("payout_interval", "weekdays_json", "days_json", "minimum_balances_json"),
        *("payout_descriptor", "metadata_json"),
    )

    weekdays_json = columns.json_of("payout_weekdays")
    days_json = columns.json_of("payout_days")
    minimum_balances_json = columns.json_of("minimum_balances")
    metadata_json = columns.json_of("metadata")


@admin.register(ExternalAccount)
class ExternalAccountAdmin(EnvironmentAdmin):
    """Where payouts go. Of a number, its end is all there is."""

    id_prefix = "ba"
    list_display = ("id", "bank_name", "last4", "currency", "is_default", "state", "created_at")
    list_filter = ("status", "currency", "is_default", DAYS)
    search_fields = ("id__startswith", "last4", "account_holder_name__icontains")
    search_help_text = "Id, last four digits, or holder"
    fields = (
        *("id", "bank_name", "routing_number", "last4", "country", "currency", "is_default"),
        *("state", "account_holder_name", "account_holder_type", "account_type", "fingerprint"),
        *("deleted_at", "account_id", "created_at", "metadata_json"),
    )

    metadata_json = columns.json_of("metadata")

    @admin.display(description="status", ordering="status")
    def state(self, external: ExternalAccount) -> SafeString:
        """Return whether it is paid."""
        return columns.badge_html(external.status)
