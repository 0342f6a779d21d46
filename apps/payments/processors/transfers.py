"""The accounts of the simulator's bank that customers transfer money to: they exist in no bank.

Every customer has one of their own in each currency, so that what arrives says whose it is.
"""

from typing import Any, Final

BANK_NAME: Final = "FINCLOUD TEST BANK"
HOLDER: Final = "FINCLOUD SANDBOX"
# How an IBAN of a country begins after its check digits, and how long it is.
_IBANS: Final = {
    "BE": ("539", 16),
    "DE": ("37040044", 22),
    "ES": ("21000418", 24),
    "FR": ("2004101005", 27),
    "IE": ("FINC931152", 22),
    "NL": ("FINC", 18),
}

Wire = dict[str, Any]


def financial_addresses(kind: str, *, country: str, number: int) -> list[Wire]:
    """Return where to transfer to, as the wire shows it.

    :param kind: `us_bank_transfer`, `eu_bank_transfer`, …
    :param number: tells the account from all others; the account number is made of it.
    """
    account = f"{number:012}"

    def address(name: str, networks: list[str], **facts: str) -> Wire:
        place = {
            **dict.fromkeys(("city", "line1", "line2", "postal_code", "state")),
            "country": country,
        }
        shown = {"account_holder_address": place, "account_holder_name": HOLDER, **facts}
        return {
            "supported_networks": networks,
            "type": name,
            name: {**shown, "bank_address": place},
        }

    match kind:
        case "us_bank_transfer":
            named = {"account_number": account, "bank_name": BANK_NAME}
            checking = {**named, "account_type": "checking"}
            return [
                address("aba", ["ach", "domestic_wire_us"], routing_number="999999999", **checking),
                address("swift", ["swift"], swift_code="FINCUS00XXX", **checking),
            ]
        case "gb_bank_transfer":
            facts = {"account_number": account[-8:], "sort_code": "000000"}
            return [address("sort_code", ["bacs", "fps"], **facts)]
        case "jp_bank_transfer":
            branch = {"branch_code": "000", "branch_name": "TEST", "bank_code": "0000"}
            facts = {"account_number": account[-7:], "account_type": "futsu", **branch}
            return [address("zengin", ["zengin"], bank_name=BANK_NAME, **facts)]
        case "mx_bank_transfer":
            facts = {"bank_code": "000", "clabe": f"000000{account}", "bank_name": BANK_NAME}
            return [address("spei", ["spei"], **facts)]
        case _:
            facts = {"bic": f"FINC{country}00XXX", "country": country}
            return [address("iban", ["sepa"], iban=_iban(country, account), **facts)]


def _iban(country: str, account: str) -> str:
    """Return an IBAN whose check digits are right."""
    beginning, length = _IBANS[country]
    rest = length - 4 - len(beginning)
    number = beginning + account[-rest:].zfill(rest)
    digits = "".join(str(int(character, 36)) for character in f"{number}{country}00")
    return f"{country}{98 - int(digits) % 97:02}{number}"
