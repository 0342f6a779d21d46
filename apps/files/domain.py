"""What may be uploaded for which purpose, and how a file is known by its first bytes. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from apps.core.errors import Invalid

KIB: Final = 1024
MIB: Final = 1024 * KIB
# As many bytes of the beginning say what a file is.
HEAD_BYTES: Final = 16

IMAGES: Final = ("jpg", "png")
DOCUMENTS: Final = ("jpg", "pdf", "png")
# By how a file begins. Other files are taken where the purpose does not ask for a type.
_BEGINNINGS: Final = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"PK\x03\x04", "zip"),
)
MEDIA_TYPES: Final = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "zip": "application/zip",
}
UNKNOWN_MEDIA_TYPE: Final = "application/octet-stream"


class FileRefused(Invalid):
    """A file is empty, too large, or not of a type that its purpose takes."""

    code = "invalid_file"


class LinkRefused(Invalid):
    """A file of this purpose has no links, or the link has expired."""

    code = "invalid_file_link"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a purpose asks of a file.

    :ivar types: of `MEDIA_TYPES`; empty: any.
    :ivar is_linked: whether a link may show it to whoever knows the link. Papers that prove who
        somebody is are for the merchant alone.
    """

    bytes_max: int
    types: Collection[str] = ()
    is_linked: bool = True


PURPOSES: Final = {
    "account_requirement": Purpose(10 * MIB, DOCUMENTS, is_linked=False),
    "additional_verification": Purpose(10 * MIB, DOCUMENTS, is_linked=False),
    "business_icon": Purpose(512 * KIB, IMAGES),
    "business_logo": Purpose(512 * KIB, IMAGES),
    "customer_signature": Purpose(4 * MIB, DOCUMENTS),
    "dispute_evidence": Purpose(5 * MIB, DOCUMENTS),
    "identity_document": Purpose(10 * MIB, DOCUMENTS, is_linked=False),
    "issuing_regulatory_reporting": Purpose(16 * MIB),
    "pci_document": Purpose(16 * MIB, DOCUMENTS),
    "platform_terms_of_service": Purpose(16 * MIB, DOCUMENTS),
    "tax_document_user_upload": Purpose(16 * MIB, DOCUMENTS),
    "terminal_android_apk": Purpose(16 * MIB),
    "terminal_reader_splashscreen": Purpose(2 * MIB, (*IMAGES, "gif")),
    "terminal_wifi_certificate": Purpose(16 * KIB),
    "terminal_wifi_private_key": Purpose(16 * KIB, is_linked=False),
}


def type_of(head: bytes) -> str:
    """Return the type of a file by its first bytes; empty: it is none that is known.

    What the uploader says of it is not asked: the type decides how a browser is told to treat it.
    """
    return next((name for beginning, name in _BEGINNINGS if head.startswith(beginning)), "")


def check_file(purpose: str, *, kind: str, size_bytes: int) -> None:
    """Check a file that is uploaded for `purpose`.

    :param kind: as `type_of` says it.
    :raises FileRefused: it is empty, too large, or of a type that the purpose does not take.
    """
    asked = PURPOSES[purpose]
    if not size_bytes:
        raise FileRefused("The file is empty.", param="file")
    if size_bytes > asked.bytes_max:
        raise FileRefused(
            f"A file for {purpose} has at most {asked.bytes_max} bytes.",
            code="file_too_large",
            param="file",
        )
    if asked.types and kind not in asked.types:
        raise FileRefused(
            f"A file for {purpose} is one of {', '.join(sorted(asked.types))}.",
            code="invalid_file_type",
            param="file",
        )


def check_link(purpose: str, *, expires_at: datetime | None, now: datetime, param: str) -> None:
    """Check a link to a file of `purpose` that is to be made.

    :param param: the parameter that holds the expiry.
    :raises LinkRefused: such files have no links, or the expiry is over.
    """
    if not PURPOSES[purpose].is_linked:
        raise LinkRefused(f"A file for {purpose} has no links.", param="file")
    if expires_at is not None and expires_at <= now:
        raise LinkRefused(f"{param} must be in the future.", param=param)


def is_expired(expires_at: datetime | None, *, now: datetime) -> bool:
    """Return whether a link shows nothing any more."""
    return expires_at is not None and expires_at <= now
