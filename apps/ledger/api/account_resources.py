"""How a ledger account, its balance and its entries look on the wire."""

from apps.api import fields
from apps.api.registry import ObjectType, ResourceType, Wire
from apps.core import context
from apps.core.clock import to_unix
from apps.ledger import queries
from apps.ledger.api.transaction_resource import LAYER_DOC, LAYERS
from apps.ledger.domain import Balance, Kind, Side
from apps.ledger.models import LedgerAccount
from apps.ledger.queries import Entry

KINDS = tuple(str(kind) for kind in Kind)
SIDES = tuple(str(side) for side in Side)


def render_account(account: LedgerAccount) -> Wire:
    """Return the wire's account, of a row of `queries.list_accounts`."""
    return {
        "id": account.id,
        "object": "ledger.account",
        "balance": render_balance(queries.balance_of(account)),
        "closed_at": None if account.closed_at is None else to_unix(account.closed_at),
        "code": account.code,
        "created": to_unix(account.created_at),
        "currency": account.currency,
        "floor": account.floor_minor,
        "kind": account.kind,
        "livemode": context.current().environment.livemode,
        "metadata": account.metadata,
        "name": account.name or None,
        "normal_side": str(account.normal_side),
        "status": "open" if account.closed_at is None else "closed",
    }


def render_balance(balance: Balance) -> Wire:
    """Return the wire's balance."""
    return {
        "object": "ledger.balance",
        "account": balance.account_id,
        "at": None if balance.at is None else to_unix(balance.at),
        "available": balance.available_minor,
        "credits": balance.credits_minor,
        "currency": balance.currency,
        "debits": balance.debits_minor,
        "known_at": None if balance.known_at is None else to_unix(balance.known_at),
        "pending": balance.pending_minor,
        "pending_in": balance.pending_in_minor,
        "pending_out": balance.pending_out_minor,
        "posted": balance.posted_minor,
    }


def render_entry(entry: Entry) -> Wire:
    """Return the wire's entry: its amount is positive, its side says where it is."""
    return {
        "id": entry.id,
        "object": "ledger.entry",
        "account": entry.account_id,
        "amount": abs(entry.amount_minor),
        "balance": entry.balance_minor,
        "code": entry.code,
        "created": to_unix(entry.created_at),
        "currency": entry.currency,
        "effective_at": to_unix(entry.effective_at),
        "layer": str(entry.layer),
        "side": str(entry.side),
        "transaction": entry.transaction_id,
    }


ACCOUNT = ResourceType(
    prefix="lacct",
    name="ledger.account",
    model=LedgerAccount,
    render=render_account,
    find_many=queries.find_accounts,
    about="An account of the ledger: what is debited and credited, in one currency.",
    fields={
        "balance": fields.embedded("ledger.balance", doc="What it has: all that is recorded."),
        "closed_at": fields.time("Since when it takes no more postings.", nullable=True),
        "code": fields.text("Its name in the book: one account has it, in one currency."),
        "created": fields.time("When it was opened."),
        "currency": fields.currency("What it holds."),
        "floor": fields.amount("What its balance may not fall below, if anything.", nullable=True),
        "kind": fields.text(
            "What it is in the books. Assets and expenses grow by debits, the others by credits.",
            choices=KINDS,
        ),
        "livemode": fields.boolean("Whether it is of the live environment."),
        "metadata": fields.metadata(),
        "name": fields.text("What people call it.", nullable=True),
        "normal_side": fields.text("The side on which it grows.", choices=SIDES),
        "status": fields.text("A closed one takes no more postings.", choices=("open", "closed")),
    },
)
BALANCE = ObjectType(
    name="ledger.balance",
    about="What a ledger account has. Amounts are in the direction in which the account grows.",
    fields={
        "account": fields.reference("The ledger account."),
        "at": fields.time(
            "It counts what is effective until then; null: all that is recorded, also what takes "
            "effect later.",
            nullable=True,
        ),
        "available": fields.total("What can be spent: `posted` without `pending_out`."),
        "credits": fields.total("The sum of the posted credits.", minimum=0),
        "currency": fields.currency("That of the account."),
        "debits": fields.total("The sum of the posted debits.", minimum=0),
        "known_at": fields.time(
            "It counts what was recorded until then; null: all.",
            nullable=True,
        ),
        "pending": fields.total("`pending_in` without `pending_out`."),
        "pending_in": fields.total("What is on its way in."),
        "pending_out": fields.total("What is reserved, to go out."),
        "posted": fields.total("What it has."),
    },
)
ENTRY = ResourceType(
    prefix="len",
    name="ledger.entry",
    model=Entry,
    render=render_entry,
    find_many=queries.find_entries,
    expandable={"account": ("ledger.account",), "transaction": ("ledger.transaction",)},
    about="One side of a posting: what it did to an account.",
    fields={
        "account": fields.reference("The ledger account."),
        "amount": fields.amount("In minor units of the currency.", minimum=1),
        "balance": fields.total(
            "What the account had after it, in the direction in which the account grows. Entries "
            "count in the order in which they are effective; pending ones do not move it."
        ),
        "code": fields.text("The code of the account."),
        "created": fields.time("When it was recorded."),
        "currency": fields.currency("That of the account."),
        "effective_at": fields.time("When it counts."),
        "layer": fields.text(LAYER_DOC, choices=LAYERS),
        "side": fields.text("The side of the account.", choices=SIDES),
        "transaction": fields.reference("The transaction that it is of."),
    },
)
