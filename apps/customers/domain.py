"""Tax ids: where they are from, what they look like, who verifies them. Pure."""

import re
from enum import StrEnum
from typing import Final

from apps.core.errors import Invalid

# As many as the wire allows a customer.
TAX_IDS_MAX: Final = 5


class InvalidTaxId(Invalid):
    """A tax id does not have the form that its type prescribes."""

    code = "tax_id_invalid"


class TooManyTaxIds(Invalid):
    """A customer has as many tax ids as one may have."""

    code = "tax_id_limit_reached"


class CreditInAnotherCurrency(Invalid):
    """The credit of a customer is in one currency, which its first change decides."""

    code = "currency_mismatch"


class Verification(StrEnum):
    """What became of asking the authority.

    `unavailable`: nobody can be asked about such a number.
    """

    PENDING = "pending"
    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    UNAVAILABLE = "unavailable"


_EU: Final = "AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI"
# What the common types look like, without blanks, dots and dashes; other types are taken as given.
FORMS: Final = {
    "au_abn": r"\d{11}",
    "br_cnpj": r"[0-9A-Z]{12}\d{2}",
    "br_cpf": r"\d{11}",
    "ca_bn": r"\d{9}",
    "ch_vat": r"CHE\d{9}(MWST|TVA|IVA)",
    "eu_vat": rf"({_EU})[0-9A-Z+*]{{2,12}}",
    "gb_vat": r"(GB)?(\d{9}|\d{12}|GD\d{3}|HA\d{3})",
    "in_gst": r"\d{2}[0-9A-Z]{13}",
    "us_ein": r"\d{9}",
}
# The types about which an authority can be asked.
VERIFIED_TYPES: Final = frozenset({"au_abn", "eu_vat", "gb_vat"})
# The published test numbers: with them a sandbox has each outcome. The third stays pending.
TEST_OUTCOMES: Final = {
    "000000000": Verification.VERIFIED,
    "111111111": Verification.UNVERIFIED,
    "222222222": Verification.PENDING,
}
_PUNCTUATION = re.compile(r"[\s.\-/]")
_DIGITS = re.compile(r"\D")
# The European Union writes EL where ISO 3166 writes GR; its tax on services knows no country.
_COUNTRIES: Final = {"EL": "GR", "EU": None}


def check_tax_id(kind: str, value: str, *, param: str, is_test: bool) -> None:
    """Check what a tax id looks like.

    :param is_test: the published test numbers are taken for every type.
    :raises InvalidTaxId: it has not the form of its type.
    """
    plain = _plain(value)
    form = FORMS.get(kind)
    if form is None or (is_test and plain in TEST_OUTCOMES):
        return
    if re.fullmatch(form, plain, re.ASCII) is None:
        raise InvalidTaxId(f"This is not a valid tax id of type {kind}.", param=param)


def country_of(kind: str, value: str) -> str | None:
    """Return the country (ISO 3166) of a tax id: its type begins with it, or the number does."""
    code = kind[:2].upper()
    if kind == "eu_vat":
        code = _plain(value)[:2]
        if not code.isalpha():
            return None
    return _COUNTRIES.get(code, code)


def first_verification(kind: str, *, is_test: bool) -> Verification:
    """Return how far the verification of a new tax id has come.

    No authority is connected to a live environment as yet, so nothing is pending there.
    """
    if kind in VERIFIED_TYPES and is_test:
        return Verification.PENDING
    return Verification.UNAVAILABLE


def test_outcome(value: str) -> Verification:
    """Return what a sandbox says of a tax id that is pending."""
    digits = _DIGITS.sub("", value)
    return TEST_OUTCOMES.get(digits[:9], Verification.UNAVAILABLE)


def _plain(value: str) -> str:
    return _PUNCTUATION.sub("", value).upper()
