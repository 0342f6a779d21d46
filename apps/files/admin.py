"""The pages of files, and of the links to them."""

from django.contrib import admin

from apps.core import columns
from apps.core.admin import DAYS, EnvironmentAdmin
from apps.files.models import File, FileLink


@admin.register(File)
class FileAdmin(EnvironmentAdmin):
    """What was uploaded. The bytes are not shown: they are the merchant's."""

    id_prefix = "file"
    list_display = ("id", "filename", "purpose", "type", "size_bytes", "created_at")
    list_filter = ("purpose", DAYS)
    search_fields = ("id__startswith", "filename__icontains")
    search_help_text = "Id or name"
    fields = (
        *("id", "filename", "purpose", "type", "size_bytes", "sha256", "storage_name"),
        *("account_id", "created_at"),
    )


@admin.register(FileLink)
class FileLinkAdmin(EnvironmentAdmin):
    """Links to files; where they lead is signed, and not shown."""

    id_prefix = "link"
    list_display = ("id", "file_link", "expires_at", "created_at")
    list_filter = (DAYS,)
    search_fields = ("id__startswith", "file__id__startswith")
    search_help_text = "Id, or that of the file"
    fields = ("id", "file_link", "expires_at", "account_id", "created_at", "metadata_json")

    file_link = columns.id_link("file_id", "file")
    metadata_json = columns.json_of("metadata")
