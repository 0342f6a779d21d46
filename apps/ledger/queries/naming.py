"""What a request names: accounts, and the references of transactions."""

from collections.abc import Collection

from django.db.models import Q

from apps.ledger.domain import Kind
from apps.ledger.domain.directory import Directory, KnownAccount, is_id
from apps.ledger.models import LedgerAccount, LedgerTransaction


def find_directory(names: Collection[str]) -> Directory:
    """Return the accounts of the current account with these codes and ids, read in one query."""
    ids = {name for name in names if is_id(name)}
    codes = set(names) - ids
    rows = LedgerAccount.objects.owned().filter(Q(pk__in=ids) | Q(code__in=codes))
    return Directory(
        KnownAccount(
            id=account_id,
            code=code,
            currency=currency,
            kind=Kind(kind),
            is_closed=closed_at is not None,
        )
        for account_id, code, currency, kind, closed_at in rows.values_list(
            "id", "code", "currency", "kind", "closed_at"
        )
    )


def find_fingerprints(references: Collection[str]) -> dict[str, bytes]:
    """Return the fingerprints of the transactions with these references, whoever posted them."""
    rows = LedgerTransaction.objects.filter(reference__in=set(references))
    return {
        reference: bytes(fingerprint)
        for reference, fingerprint in rows.values_list("reference", "fingerprint")
    }
