"""The bank accounts that an account is paid out to."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from apps.accounts import domain, queries
from apps.accounts.models import ExternalAccount
from apps.accounts.services import tokens
from apps.api import registry
from apps.api.params import InvalidParameter, merge_metadata
from apps.core import context, ids
from apps.core.errors import Invalid
from apps.core.use_cases import use_case
from apps.events import services as events

# Parameters that are columns of the same name.
PLAIN = ("account_holder_name", "account_holder_type", "account_type")
CREATED, UPDATED, DELETED = (
    f"account.external_account.{what}" for what in ("created", "updated", "deleted")
)


@dataclass(frozen=True, slots=True)
class _Named:
    """A bank account that a request names, and what it says of the holder."""

    account: domain.BankAccount
    digits: str
    given: Mapping[str, Any]


@use_case
def create_external_account(*, given: dict[str, Any], now: datetime) -> ExternalAccount:
    """Add a bank account; the first of a currency is the default for it.

    :param given: `external_account` or `bank_account` (a token, or an account with its number),
        `default_for_currency`, `metadata`.
    :raises BankAccountRefused: it is no account that can be paid here.
    :raises Invalid: there is no such token, or the account is there already.
    """
    queries.get_account(context.current().account_id, for_update=True)
    named = _named(given, now=now)
    fingerprint = _fingerprint(named.digits)
    present = queries.list_external_accounts()
    if present.filter(fingerprint=fingerprint, currency=named.account.currency).exists():
        raise Invalid("This bank account has been added already.", code="bank_account_exists")
    known = named.account
    added = ExternalAccount(
        id=ids.new_id("ba"),
        account_id=context.current().account_id,
        created_at=now,
        metadata=merge_metadata({}, given.get("metadata", {})),
        currency=known.currency,
        country=known.country,
        bank_name=known.bank_name,
        routing_number=known.routing_number,
        last4=known.last4,
        fingerprint=fingerprint,
        token=known.token,
        **{name: named.given.get(name) for name in PLAIN},
    )
    default = present.filter(currency=known.currency, is_default=True)
    if given.get("default_for_currency") or not default.exists():
        default.update(is_default=False)
        added.is_default = True
    added.save(force_insert=True)
    events.record([events.Change(CREATED, added)])
    return added


@use_case
def update_external_account(*, external_account_id: str, given: dict[str, Any]) -> ExternalAccount:
    """Change what is given. New facts about the holder let payouts go there again.

    :raises NotFound: there is no such bank account.
    :raises InvalidParameter: it is the default, and is to be none.
    """
    queries.get_account(context.current().account_id, for_update=True)
    changed = queries.get_external_account(external_account_id, for_update=True)
    previous = registry.render(changed)
    for name in PLAIN:
        if name in given:
            setattr(changed, name, given[name])
            changed.status = "new"
    if "metadata" in given:
        changed.metadata = merge_metadata(changed.metadata, given["metadata"])
    wished = given.get("default_for_currency")
    if wished and not changed.is_default:
        others = queries.list_external_accounts().filter(currency=changed.currency)
        others.filter(is_default=True).update(is_default=False)
        changed.is_default = True
    elif wished is False and changed.is_default:
        raise InvalidParameter(
            "Make another bank account the default for the currency instead.",
            param="default_for_currency",
        )
    changed.save()
    events.record([events.Change(UPDATED, changed, previous=previous)])
    return changed


@use_case
def delete_external_account(*, external_account_id: str, now: datetime) -> ExternalAccount:
    """Remove a bank account; payouts that are on their way there go on.

    :raises NotFound: there is no such bank account.
    :raises Invalid: it is the default, and there are others in its currency.
    """
    queries.get_account(context.current().account_id, for_update=True)
    deleted = queries.get_external_account(external_account_id, for_update=True)
    others = queries.list_external_accounts().filter(currency=deleted.currency)
    if deleted.is_default and others.exclude(pk=deleted.pk).exists():
        raise Invalid("Make another bank account the default for the currency first.")
    shown = registry.render(deleted)
    deleted.is_default = False
    deleted.deleted_at = now
    deleted.save()
    events.record([events.Change(DELETED, deleted, shown=shown)])
    return deleted


def mark_errored(external_account_id: str) -> list[events.Change]:
    """Let no further payout go to a bank account, in the caller's transaction.

    :returns: what the caller tells of it.
    """
    found = queries.find_external_accounts([external_account_id], for_update=True)
    errored = found.get(external_account_id)
    if errored is None or errored.deleted_at is not None or errored.status == domain.ERRORED:
        return []
    previous = registry.render(errored)
    errored.status = domain.ERRORED
    errored.save(update_fields=["status"])
    return [events.Change(UPDATED, errored, previous=previous)]


def _named(given: dict[str, Any], *, now: datetime) -> _Named:
    """Return the account that `external_account` or `bank_account` names."""
    if context.current().environment.livemode:
        raise domain.NoBank(
            "No bank is set up for this live environment. Use a sandbox and a test account."
        )
    names = [name for name in ("external_account", "bank_account") if name in given]
    if not names:
        raise InvalidParameter(
            "Missing required parameter: external_account.",
            code="parameter_missing",
            param="external_account",
        )
    if len(names) > 1:
        raise InvalidParameter("Give either external_account or bank_account.", param=names[1])
    named = given[names[0]]
    if isinstance(named, dict):
        digits, account = domain.by_number(
            named["account_number"],
            country=named["country"],
            currency=named.get("currency"),
            routing_number=named.get("routing_number"),
            param=names[0],
        )
        return _Named(account, digits, named)
    found, holder = domain.by_token(named), dict[str, Any]()
    if found is None:
        name, holder = tokens.read(named, param=names[0], now=now)
        found = domain.by_name(name)
    if found is None:
        raise domain.BankAccountRefused("This account cannot be paid.", param=names[0])
    return _Named(found[1], found[0], holder)


def _fingerprint(digits: str) -> str:
    """Return what tells that two bank accounts are the same, for this account alone."""
    account_id = context.current().account_id
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"{account_id}:{digits}".encode(), hashlib.sha256).hexdigest()[:16]
