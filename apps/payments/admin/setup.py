"""Pages of what sets up payment methods: SetupIntents, their attempts, and mandates."""

from django.contrib import admin

from apps.core import columns
from apps.core.admin import DAYS, EnvironmentAdmin
from apps.payments.models import Mandate, SetupAttempt, SetupIntent


@admin.register(SetupIntent)
class SetupIntentAdmin(EnvironmentAdmin):
    """Payment methods that are made ready for later payments."""

    id_prefix = "seti"
    is_found = True
    change_form_outer_after_template = "payments/trail.html"
    list_display = ("id", "status_badge", "usage", "customer_link", "method_link", "created_at")
    list_filter = ("status", "usage", DAYS)
    list_select_related = ("customer", "payment_method")
    search_fields = (
        *("id__startswith", "customer__email__icontains", "customer__id__exact"),
        "payment_method__last4__exact",
    )
    search_help_text = "Id, e-mail, last four"
    fields = (
        *(("id", "created_at"), ("status_badge", "usage"), ("customer", "payment_method")),
        *(("latest_attempt", "mandate"), ("canceled_at", "cancellation_reason")),
        *(("account_id", "description"), "error_json", "metadata_json"),
    )

    status_badge = columns.badge("status")
    customer_link = columns.link("customer")
    method_link = columns.link("payment_method")
    error_json = columns.json_of("last_setup_error", "last error")
    metadata_json = columns.json_of("metadata")


@admin.register(SetupAttempt)
class SetupAttemptAdmin(EnvironmentAdmin):
    """Confirmations of SetupIntents."""

    id_prefix = "setatt"
    is_found = True
    change_form_outer_after_template = "payments/trail.html"
    list_display = ("id", "status_badge", "setup_link", "created_at")
    list_filter = ("status", DAYS)
    search_fields = ("id__startswith", "setup_intent__id__exact")
    search_help_text = "Id"
    fields = (
        *(("id", "created_at"), ("status_badge", "usage"), ("setup_intent", "payment_method")),
        *(("customer", "attempt_reference"), "error_json", "details_json"),
    )

    status_badge = columns.badge("status")
    setup_link = columns.link("setup_intent")
    error_json = columns.json_of("setup_error", "error")
    details_json = columns.json_of("payment_method_details", "payment method")


@admin.register(Mandate)
class MandateAdmin(EnvironmentAdmin):
    """Permissions to debit."""

    id_prefix = "mandate"
    is_found = True
    change_form_outer_after_template = "payments/trail.html"
    list_display = ("id", "status_badge", "type", "method_link", "created_at")
    list_filter = ("status", "type", DAYS)
    list_select_related = ("payment_method",)
    search_fields = ("id__startswith", "payment_method__id__exact")
    search_help_text = "Id"
    fields = (
        *(("id", "created_at"), ("status_badge", "type"), ("payment_method", "account_id")),
        *(("payment_intent", "setup_intent"), "acceptance_json", "details_json"),
    )

    status_badge = columns.badge("status")
    method_link = columns.link("payment_method")
    acceptance_json = columns.json_of("customer_acceptance", "acceptance")
    details_json = columns.json_of("payment_method_details", "payment method")
