"""Pages of seals: the chain of closed ranges, to look at."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core.admin import DayFilter, EnvironmentAdmin
from apps.ledger.models import LedgerSeal


@admin.register(LedgerSeal)
class LedgerSealAdmin(EnvironmentAdmin):
    """Closed ranges of postings, each hashed over the one before it."""

    id_prefix = "lseal"
    list_display = ("number", "id", "postings", "posting_count", "short_hash", "created_at")
    list_filter = (("created_at", DayFilter),)
    ordering = ("-number",)
    search_fields = ("id__exact", "number__exact", "hash__startswith", "root__startswith")
    search_help_text = "Id, number, or the beginning of a hash"
    fields = (
        *(("number", "created_at"), ("postings", "posting_count")),
        *("root", "previous_hash", "hash", "id"),
    )

    @admin.display(description="postings", ordering="last_posting")
    def postings(self, seal: LedgerSeal) -> str:
        """Return which postings it is of, by their numbers."""
        return f"after {seal.after_posting}, up to {seal.last_posting}"

    @admin.display(description="hash")
    def short_hash(self, seal: LedgerSeal) -> SafeString:
        """Return the beginning of its hash."""
        return format_html('<code title="{}">{}…</code>', seal.hash, seal.hash[:16])
