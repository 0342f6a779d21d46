"""Tables of files, per environment."""

from django.db import models
from django.db.models import Q

from apps.core.models import Resource


class File(Resource):
    """A file that was uploaded. The bytes are in the storage, under the schema and the id."""

    metadata = None  # the wire has none
    purpose = models.CharField(max_length=64, help_text="What it was uploaded for.")
    filename = models.CharField(max_length=255, help_text="As the uploader called it.")
    type = models.CharField(
        max_length=8, blank=True, help_text="What the bytes are (`pdf`); empty: nobody knows."
    )
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, help_text="Of the bytes, in hex.")
    storage_name = models.CharField(max_length=200, help_text="Where the storage has the bytes.")

    class Meta:
        indexes = [models.Index(fields=["account_id", "-id"], name="file_account_newest")]
        constraints = [
            models.CheckConstraint(name="file_has_bytes", condition=Q(size_bytes__gt=0)),
        ]


class FileLink(Resource):
    """A way to a file for whoever knows the link, without a key, until it expires."""

    file = models.ForeignKey(File, on_delete=models.PROTECT, related_name="links")
    expires_at = models.DateTimeField(null=True, help_text="Null: never.")

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "-id"], name="file_link_account_newest"),
        ]
