"""Opening of tenants and environments; what an account is paid out to, and when."""

from apps.accounts.services.external import (
    create_external_account,
    delete_external_account,
    mark_errored,
    update_external_account,
)
from apps.accounts.services.opening import (
    COUNTRY,
    CURRENCY,
    NAME_LENGTH,
    OpenedEnvironment,
    OpenedTenant,
    create_environment,
    create_tenant,
)
from apps.accounts.services.terms import change_payout_terms
from apps.accounts.services.tokens import register_tokens

__all__ = [
    "COUNTRY",
    "CURRENCY",
    "NAME_LENGTH",
    "OpenedEnvironment",
    "OpenedTenant",
    "change_payout_terms",
    "create_environment",
    "create_external_account",
    "create_tenant",
    "delete_external_account",
    "mark_errored",
    "register_tokens",
    "update_external_account",
]
