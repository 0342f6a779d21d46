"""Files for the tests."""

from datetime import UTC, datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.client import ApiClient

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PDF = b"%PDF-1.7\n" + b"A receipt.\n" * 20
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def upload(
    api: ApiClient,
    content: bytes = PDF,
    *,
    name: str = "receipt.pdf",
    purpose: str = "dispute_evidence",
    more: dict[str, Any] | None = None,
    **options: Any,
) -> Any:
    """Send a file; the keyword arguments are those of `ApiClient.post`."""
    given = {"purpose": purpose, "file": SimpleUploadedFile(name, content), **(more or {})}
    return api.post("files", given, **options)
