"""Findings of the verification in plain words: where, what, by how much, and where to look."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from apps.core import columns
from apps.core.money import Money
from apps.ledger.domain.findings import Check, Finding

# The sums that are amounts; the others are counts.
AMOUNTS = {"debits", "credits", "pending_debits", "pending_credits"}
WHAT = {Check.CHART: "the whole book", Check.SEAL: "the chain of seals"}


@dataclass(frozen=True, slots=True)
class Explained:
    """A finding, for people.

    :ivar place: where it is, `pages`: the address and the words of what there is to look at.
    :ivar differences: what differs, what it should be, and what is written instead.
    """

    place: str
    message: str
    differences: list[tuple[str, str, str]]
    pages: list[tuple[str, str]]


def explain(finding: Finding) -> Explained:
    """Return what a finding says."""
    currency = finding.where.get("currency")
    return Explained(
        place=_place(finding),
        message=finding.message,
        differences=[
            (
                name.replace("_", " "),
                _value(name, expected, currency),
                _value(name, found, currency),
            )
            for name, expected, found in _differences(finding)
        ],
        pages=list(_pages(finding)),
    )


def _place(finding: Finding) -> str:
    """Return the place as the beginning of a sentence: `Account wallet:wal_1, USD`."""
    names = {
        "position": "posting {}",
        "currency": "{}",
        "account": "account {}",
        "before": "before {}",
        "seal": "seal {}",
        "transaction": "transaction {}",
    }
    values = {**finding.where}
    if "currency" in values:
        values["currency"] = str(values["currency"]).upper()
    parts = [names.get(name, f"{name} {{}}").format(value) for name, value in values.items()]
    if finding.check is Check.CHART or not parts:
        parts.insert(0, WHAT.get(finding.check, finding.check.value))
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


def _differences(finding: Finding) -> list[tuple[str, Any, Any]]:
    expected, found = finding.expected, finding.found
    if expected is None and found is None:
        return []
    if isinstance(expected, dict) and isinstance(found, dict):
        names = dict.fromkeys([*expected, *found])
        pairs = [(name, expected.get(name), found.get(name)) for name in names]
        return [pair for pair in pairs if pair[1] != pair[2]]
    return [("", expected, found)]


def _value(name: str, value: Any, currency: str | None) -> str:
    is_amount = type(value) is int and currency is not None and (not name or name in AMOUNTS)
    if is_amount:
        assert currency is not None
        return str(Money(value, currency))
    return "nothing" if value is None else str(value)


def _pages(finding: Finding) -> list[tuple[str, str]]:
    named = [finding.where.get("transaction"), *finding.suspects]
    pages = [(columns.url_of_id(one) or "", one) for one in dict.fromkeys(named) if one]
    lists = {"account": "ledger_ledgeraccount", "seal": "ledger_ledgerseal"}
    for name, page in lists.items():
        if value := finding.where.get(name):
            url = reverse(f"admin:{page}_changelist", query={"q": value})
            pages.append((url, f"{name} {value}"))
    return pages
