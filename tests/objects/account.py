"""Files, and what an account is paid out, and to where."""

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.client import ApiClient

PDF = b"%PDF-1.7\n"


def make(api: ApiClient, made: dict[str, str]) -> dict[str, str]:
    """Upload a file, make a link to it, add a bank account, and pay out to it."""
    file = api.post(
        "files",
        {"purpose": "dispute_evidence", "file": SimpleUploadedFile("receipt.pdf", PDF)},
    )
    link = api.post("file_links", {"file": file["id"]})
    # A payment whose money can be paid out at once.
    api.post(
        "payment_intents",
        {
            "amount": 10_000,
            "currency": "usd",
            "payment_method": "pm_card_bypassPending",
            "confirm": True,
        },
    )
    account = api.get("account")["id"]
    bank_account = api.post(
        f"accounts/{account}/external_accounts", {"external_account": "btok_us_verified"}
    )
    payout = api.post("payouts", {"amount": 1, "currency": "usd"})
    return {
        "file": file["id"],
        "link": link["id"],
        "account": account,
        "external_account": bank_account["id"],
        "payout": payout["id"],
    }


def _another_account(_: ApiClient) -> dict[str, str]:
    return {"external_account": "btok_us_verified_noAccount"}


REQUIRED = {
    "POST accounts/<str:account>/external_accounts": _another_account,
    "POST accounts/<str:account>/bank_accounts": _another_account,
}
