"""Files, and what an account is paid out to."""

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.client import ApiClient

PDF = b"%PDF-1.7\n"


def make(api: ApiClient, made: dict[str, str]) -> dict[str, str]:
    """Upload a file, make a link to it, and add a bank account."""
    file = api.post(
        "files",
        {"purpose": "dispute_evidence", "file": SimpleUploadedFile("receipt.pdf", PDF)},
    )
    link = api.post("file_links", {"file": file["id"]})
    account = api.get("account")["id"]
    bank_account = api.post(
        f"accounts/{account}/external_accounts", {"external_account": "btok_us_verified"}
    )
    return {
        "file": file["id"],
        "link": link["id"],
        "account": account,
        "external_account": bank_account["id"],
    }


def _another_account(_: ApiClient) -> dict[str, str]:
    return {"external_account": "btok_us_verified_noAccount"}


REQUIRED = {
    "POST accounts/<str:account>/external_accounts": _another_account,
    "POST accounts/<str:account>/bank_accounts": _another_account,
}
