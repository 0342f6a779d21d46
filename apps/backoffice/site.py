"""What unfold asks of us: names, colours, the sidebar, the chosen environment."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy

from apps.core import context
from apps.ledger import queries as ledger

# A deep teal. Number 600 carries white text, 500 stands on dark ground.
_TEAL = {
    "50": "oklch(98.2% .014 185)",
    "100": "oklch(95.0% .044 183)",
    "200": "oklch(90.3% .082 182)",
    "300": "oklch(84.0% .108 182)",
    "400": "oklch(76.0% .122 183)",
    "500": "oklch(70.0% .118 183)",
    "600": "oklch(52.0% .094 187)",
    "700": "oklch(45.5% .082 188)",
    "800": "oklch(39.5% .068 189)",
    "900": "oklch(34.0% .056 190)",
    "950": "oklch(25.0% .042 192)",
}

INSTALLATION = (
    ("Tenants", "domain", "tenants_tenant"),
    ("Environments", "dns", "tenants_environment"),
    ("API keys", "key", "identity_apikey"),
    ("Plans", "sell", "tenants_plan"),
    ("Domains", "language", "tenants_domain"),
    ("Users", "person", "identity_user"),
    ("Memberships", "group", "identity_membership"),
    ("Audit trail", "history", "identity_auditentry"),
)
PAYMENTS = (
    ("Payments", "payments", "payments_paymentintent"),
    ("Charges", "credit_card", "payments_charge"),
    ("Refunds", "undo", "payments_refund"),
    ("Attempts", "sync_alt", "payments_attempt"),
    ("Customers", "groups", "customers_customer"),
    ("Payment methods", "wallet", "payments_paymentmethod"),
)
LEDGER = (
    ("Transactions", "receipt_long", "ledger_ledgertransaction"),
    ("Postings", "compare_arrows", "ledger_ledgerposting"),
    ("Entries", "list_alt", "ledger_ledgerentry"),
    ("Periods", "event_available", "ledger_ledgerperiod"),
    ("Seals", "approval", "ledger_ledgerseal"),
    ("Verification", "verified", "ledger_ledgerverification"),
    ("Balance transactions", "savings", "balances_release"),
    ("Payouts", "outbound", "balances_payout"),
    ("Bank accounts", "account_balance_wallet", "accounts_externalaccount"),
    ("Merchant accounts", "storefront", "accounts_account"),
    ("Files", "attach_file", "files_file"),
    ("Links to files", "link", "files_filelink"),
)
EVENTS = (
    ("Events", "bolt", "events_event"),
    ("Webhook endpoints", "webhook", "webhooks_webhookendpoint"),
    ("Deliveries", "outbox", "webhooks_delivery"),
    ("Delivery attempts", "send", "webhooks_deliveryattempt"),
    ("Outbox", "inbox", "events_outboxrow"),
    ("Jobs", "schedule", "core_job"),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of the sidebar."""
    home = {"title": "Home", "icon": "home", "link": reverse_lazy("admin:index")}
    book = _group("Ledger", LEDGER)
    book["items"] = [
        *_accounts(request),
        *book["items"][:3],
        _proposals(request),
        *book["items"][3:],
    ]
    return [
        {"items": [home]},
        _group("Payments", PAYMENTS),
        book,
        _group("Events and jobs", EVENTS),
        _group("Installation", INSTALLATION),
    ]


def _accounts(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the tree of accounts, with whose pages it is active, and the trial balance."""
    trial_balance = reverse("admin:ledger_ledgeraccount_trial_balance")
    is_account = request.path.startswith(reverse("admin:ledger_ledgeraccount_changelist"))
    return [
        {
            "title": "Accounts",
            "icon": "account_balance",
            "link": reverse("admin:ledger_ledgeraccount_tree"),
            "active": is_account and request.path != trial_balance,
        },
        {"title": "Trial balance", "icon": "balance", "link": trial_balance},
    ]


def _proposals(request: HttpRequest) -> dict[str, Any]:
    """Return the queue of proposed reversals, with how many wait for a decision."""
    queue = reverse("admin:ledger_ledgerproposal_changelist")
    waiting = 0 if context.maybe_current() is None else ledger.count_open_proposals()
    item = {
        "title": "Proposals",
        "icon": "how_to_vote",
        "link": f"{queue}?status=proposed",
        "active": request.path.startswith(queue),
    }
    return {**item, "badge": waiting, "badge_variant": "primary"} if waiting else item


def _group(title: str, items: tuple[tuple[str, str, str], ...]) -> dict[str, Any]:
    return {
        "title": title,
        "separator": True,
        "items": [
            {"title": name, "icon": icon, "link": reverse_lazy(f"admin:{page}_changelist")}
            for name, icon, page in items
        ],
    }


def primary_colour(_request: HttpRequest) -> dict[str, str]:
    """Return the shades of the installation's colour."""
    return dict(_TEAL)


def badge(_request: HttpRequest) -> tuple[str, str] | None:
    """Return the chosen environment for the top of every page: its tenant and kind, its colour."""
    here = context.maybe_current()
    if here is None:
        return None
    return str(here.environment), "success" if here.environment.livemode else "warning"


def more_context(_request: HttpRequest) -> dict[str, Any]:
    """Return what every page's template may use: our sidebar instead of unfold's."""
    return {"templates": {"navigation": "backoffice/navigation.html"}}


def icon(_request: HttpRequest) -> str:
    """Return the address of the logo."""
    return static("backoffice/logo.svg")


def style(_request: HttpRequest) -> str:
    """Return the address of our styles."""
    return static("backoffice/backoffice.css")
