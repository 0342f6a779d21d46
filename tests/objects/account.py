"""Files, and links to them."""

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.client import ApiClient

PDF = b"%PDF-1.7\n"


def make(api: ApiClient, made: dict[str, str]) -> dict[str, str]:
    """Upload a file, and make a link to it."""
    file = api.post(
        "files",
        {"purpose": "dispute_evidence", "file": SimpleUploadedFile("receipt.pdf", PDF)},
    )
    link = api.post("file_links", {"file": file["id"]})
    return {"file": file["id"], "link": link["id"]}


REQUIRED = {}
