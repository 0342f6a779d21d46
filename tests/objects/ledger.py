"""Objects of the ledger."""

from tests.client import ApiClient


def make(api: ApiClient, made: dict[str, str]) -> dict[str, str]:
    """Seal and close what the payments left, and name what there is."""
    account = api.get("ledger/accounts")["data"][0]["id"]
    return {
        "ledger_account": account,
        "ledger_seal": api.post("ledger/seals")["id"],
        "ledger_period": api.post("ledger/periods", {"ends_at": 1_000_000_000})["id"],
        "ledger_transaction": api.get("ledger/transactions")["data"][0]["id"],
        "ledger_export": api.post("ledger/exports", {"format": "jsonl"})["id"],
        "ledger_entry": api.get(f"ledger/accounts/{account}/entries")["data"][0]["id"],
    }


REQUIRED = {
    "ledger/accounts/<str:ledger_account>/statement": lambda _: {"start": 1, "end": 2},
}
