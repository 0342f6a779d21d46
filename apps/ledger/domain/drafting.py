"""From what a request gives to the draft of a transaction; every refusal names its parameter."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from apps.core.errors import DomainError, Invalid
from apps.core.money import Money
from apps.ledger.domain import exchange as exchanges
from apps.ledger.domain import journal, references
from apps.ledger.domain.chart import Side
from apps.ledger.domain.directory import Directory, KnownAccount
from apps.ledger.domain.postings import Draft, Posting, validate
from apps.ledger.domain.refusals import AccountClosed, ExpiryInvalid

# What the API takes, as its shapes parse it (`api.transaction_shapes`): absent is absent.
Given = Mapping[str, Any]
# Longer than anything is reserved, and well before the end of the calendar.
PENDING_FOR: Final = timedelta(days=3_653)
MOVES: Final = ("postings", "entries", "exchange")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request names an account: the path of the parameter, and the side that is meant."""

    param: str
    account: KnownAccount
    side: Side


@dataclass(frozen=True, slots=True)
class Plan:
    """A draft, and what is known of it.

    :ivar objection: why it cannot be posted now. If it was posted before, that is no matter: the
        same reference returns the first transaction, also when an account was closed since.
    """

    draft: Draft
    places: tuple[Place, ...]
    objection: DomainError | None

    def param_of(self, account_id: str | None) -> str | None:
        """Return the parameter by which the account becomes less, or else that names it."""
        of_account = [place for place in self.places if place.account.id == account_id]
        lowering = [place for place in of_account if place.side is not place.account.side]
        found = (lowering or of_account)[:1]
        return found[0].param if found else None


def named(given: Given) -> Iterator[str]:
    """Yield the accounts that a request names, by code or id."""
    for posting in given.get("postings", ()):
        yield posting["debit"]
        yield posting["credit"]
    for entry in given.get("entries", ()):
        yield entry["account"]
    if "exchange" in given:
        yield given["exchange"]["from"]
        yield given["exchange"]["to"]


def plan(
    given: Given,
    *,
    reference: str,
    metadata: dict[str, str],
    directory: Directory,
    now: datetime,
) -> Plan:
    """Return the plan of a transaction.

    :param reference: the one that was given, or one that was made for it.
    :param directory: has the accounts that are `named`.
    :raises DomainError: it cannot be posted, now or ever.
    """
    if "reference" in given:
        references.check(reference)
    there = [name for name in MOVES if name in given]
    if not there:
        raise Invalid(
            "Give postings, entries, or an exchange.", code="parameter_missing", param="postings"
        )
    if len(there) > 1:
        raise Invalid(
            f"Give one of {', '.join(MOVES)}: not both {there[0]} and {there[1]}.",
            code="parameters_exclusive",
            param=there[1],
        )
    postings, places, details = _MAKERS[there[0]](given[there[0]], directory)
    draft = Draft(
        postings=postings,
        reference=reference,
        effective_at=given.get("effective_at"),
        is_pending=given.get("pending", False),
        expires_at=given.get("expires_at"),
        details=details,
        metadata=metadata,
    )
    validate(draft)
    return Plan(draft, tuple(places), _objection(draft, places, now=now))


Made = tuple[tuple[Posting, ...], list[Place], dict[str, Any] | None]


def of_postings(given: Sequence[Given], directory: Directory) -> Made:
    """Return the postings that were given, with the places of their accounts."""
    postings: list[Posting] = []
    places: list[Place] = []
    for index, one in enumerate(given):
        debit, credit = (
            directory.find(one[side], currency=one["currency"], param=f"postings[{index}][{side}]")
            for side in Side
        )
        places.append(Place(f"postings[{index}][debit]", debit, Side.DEBIT))
        places.append(Place(f"postings[{index}][credit]", credit, Side.CREDIT))
        money = Money(one["amount"], one["currency"])
        postings.append(Posting(debit=debit.code, credit=credit.code, money=money))
    return tuple(postings), places, None


def _of_entries(given: Sequence[Given], directory: Directory) -> Made:
    places = []
    lines = []
    for index, one in enumerate(given):
        param = f"entries[{index}][account]"
        account = directory.find(one["account"], currency=one["currency"], param=param)
        side = Side(one["direction"])
        places.append(Place(param, account, side))
        lines.append(journal.Line(account.code, side, Money(one["amount"], one["currency"])))
    return journal.to_postings(lines), places, None


def _of_exchange(given: Given, directory: Directory) -> Made:
    accounts = {
        name: directory.find(
            given[name], currency=given[f"{name}_currency"], param=f"exchange[{name}]"
        )
        for name in ("from", "to")
    }
    agreed = exchanges.agree(
        from_account=accounts["from"],
        to_account=accounts["to"],
        sold=Money(given["from_amount"], given["from_currency"]),
        currency=given["to_currency"],
        rate=given["rate"],
        rate_source=given.get("rate_source"),
        expected_minor=given.get("to_amount"),
    )
    grows = agreed.from_account.side
    lowers = Side.DEBIT if grows is Side.CREDIT else Side.CREDIT
    places = [
        Place("exchange[from]", agreed.from_account, lowers),
        Place("exchange[to]", agreed.to_account, grows),
    ]
    return exchanges.postings(agreed), places, {"exchange": agreed.facts()}


_MAKERS: dict[str, Callable[[Any, Directory], Made]] = {
    "postings": of_postings,
    "entries": _of_entries,
    "exchange": _of_exchange,
}


def _objection(draft: Draft, places: Sequence[Place], *, now: datetime) -> DomainError | None:
    """Return what stands against posting it at this moment."""
    for place in places:
        if place.account.is_closed:
            return AccountClosed(
                f"The ledger account {place.account.code} is closed.", param=place.param
            )
    if draft.expires_at is not None and not now < draft.expires_at <= now + PENDING_FOR:
        return ExpiryInvalid(
            f"A pending transaction expires in the future, within {PENDING_FOR.days} days.",
            param="expires_at",
        )
    return None


def under(prefix: str, param: str | None) -> str:
    """Return the path of `param` within what is at `prefix`: `a[0]`, under `b[1]`, `b[1][a][0]`."""
    if param is None:
        return prefix
    name, bracket, rest = param.partition("[")
    return f"{prefix}[{name}]{bracket}{rest}"
