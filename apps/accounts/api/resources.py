"""How an account, and the bank accounts that it is paid out to, look on the wire."""

from apps.accounts import queries
from apps.accounts.models import Account, ExternalAccount
from apps.api import paging
from apps.api.registry import NestedList, ResourceType, Wire, render
from apps.core import context
from apps.core.clock import to_unix

EXTERNAL_ACCOUNTS_SHOWN = 10
# What an account can do that has a processor and a bank.
_CAPABILITIES = (
    *("bank_transfer_payments", "card_payments", "sepa_debit_payments", "transfers"),
    "us_bank_account_ach_payments",
)
_NOTHING_DUE: Wire = {
    "alternatives": [],
    "current_deadline": None,
    "currently_due": [],
    "disabled_reason": None,
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}
_OF_A_BUSINESS = (
    *("mcc", "product_description", "support_address", "support_email", "support_phone"),
    *("support_url", "url"),
)


def render_account(account: Account) -> Wire:
    """Return the wire's account: the environment's own."""
    # Neither a processor nor a bank is there that could move real money.
    is_working = not context.current().environment.livemode
    return {
        "id": account.id,
        "object": "account",
        "business_profile": {
            "name": account.business_name,
            **dict.fromkeys(_OF_A_BUSINESS),
        },
        "business_type": None,
        "capabilities": dict.fromkeys(_CAPABILITIES, "active" if is_working else "inactive"),
        "charges_enabled": is_working,
        "controller": {"type": "account"},
        "country": account.country,
        "created": to_unix(account.created_at),
        "default_currency": account.default_currency,
        "details_submitted": True,
        "email": account.email or None,
        "future_requirements": _NOTHING_DUE,
        "metadata": account.metadata,
        "payouts_enabled": is_working,
        "requirements": _NOTHING_DUE,
        "settings": _settings(account),
        "type": "standard",
    }


def _settings(account: Account) -> Wire:
    terms = queries.payout_terms(account)
    schedule = {"delay_days": queries.delay_days(), **terms.schedule()}
    if terms.interval == "weekly":
        schedule["weekly_anchor"] = terms.weekdays[0]
    if terms.interval == "monthly":
        schedule["monthly_anchor"] = terms.days[0]
    return {
        "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
        "card_payments": {
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": account.business_name, "timezone": "Etc/UTC"},
        "payments": dict.fromkeys(
            ("statement_descriptor", "statement_descriptor_kana", "statement_descriptor_kanji")
        ),
        "payouts": {
            "debit_negative_balances": False,
            "schedule": schedule,
            "statement_descriptor": terms.descriptor or None,
        },
    }


def render_external_account(external: ExternalAccount) -> Wire:
    """Return the wire's bank account, or what is left to say of a deleted one."""
    if external.deleted_at is not None:
        return {"id": external.id, "object": "bank_account", "deleted": True}
    return {
        "id": external.id,
        "object": "bank_account",
        "account": external.account_id,
        "account_holder_name": external.account_holder_name,
        "account_holder_type": external.account_holder_type,
        "account_type": external.account_type,
        "available_payout_methods": ["standard", "instant"],
        "bank_name": external.bank_name,
        "country": external.country,
        "currency": external.currency,
        "default_for_currency": external.is_default,
        "fingerprint": external.fingerprint,
        "last4": external.last4,
        "metadata": external.metadata,
        "routing_number": external.routing_number or None,
        "status": external.status,
    }


def external_accounts_of(account: Wire) -> Wire:
    """Return the newest bank accounts of an account, as `expand[]=external_accounts` shows them."""
    page = paging.page(queries.list_external_accounts(), {"limit": EXTERNAL_ACCOUNTS_SHOWN})
    return {
        "object": "list",
        "data": [render(one) for one in page.rows],
        "has_more": page.has_more,
        "url": f"/v1/accounts/{account['id']}/external_accounts",
    }


RESOURCES = (
    ResourceType(
        prefix="acct",
        name="account",
        model=Account,
        render=render_account,
        find_many=queries.find_accounts,
        lists={"external_accounts": NestedList("bank_account", external_accounts_of)},
        is_hub=True,
    ),
    ResourceType(
        prefix="ba",
        name="bank_account",
        model=ExternalAccount,
        render=render_external_account,
        find_many=queries.find_external_accounts,
        expandable={"account": ("account",)},
    ),
)
