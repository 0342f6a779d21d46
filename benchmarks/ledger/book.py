"""The book that is measured, and the scripts that post to it: with the product's own statement."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from django.db import connection, transaction
from psycopg import sql

from apps.core import clock, context
from apps.core.money import Money
from apps.ledger import posting_call, services
from apps.ledger.domain import Draft, Posting, chart
from benchmarks.ledger import pgbench

ACCOUNTS: Final = 10_000
BATCH: Final = 1_000
PARTS: Final = 10
_FIRST: Final = 10_000
_FUNDED: Final = Money(10**12, "usd")
_ONE: Final = Money(1, "usd")
# In the statement, these stand where the script has variables of pgbench.
_DEBIT, _CREDIT = chart.wallet("DEBIT"), chart.wallet("CREDIT")
_COUNT: Final = "\\set n :n + 1\n"
# What the ids and references of one run of a script have in common, and no other one has.
_ID: Final = ":run:n-:client_id"
_PICK: Final = (
    f"\\set d random({_FIRST}, {_FIRST + ACCOUNTS // 2 - 1})\n"
    f"\\set c random({_FIRST + ACCOUNTS // 2}, {_FIRST + ACCOUNTS - 1})\n"
)


def open_accounts() -> None:
    """Open the unrelated accounts, each with money, and the two hot ones."""
    for first in range(_FIRST, _FIRST + ACCOUNTS, BATCH):
        with transaction.atomic():
            services.post_many(
                [
                    Draft(
                        (Posting(chart.bank_settlement(), chart.wallet(f"w{number}"), _FUNDED),),
                        reference=f"fund:{number}",
                    )
                    for number in range(first, first + BATCH)
                ]
            )
    with transaction.atomic():
        services.post([Posting(*_hot(), _ONE)], reference="fund:hot")


def write_scripts(folder: Path) -> dict[str, str]:
    """Write the scripts of pgbench; return their paths by name."""
    unrelated = _COUNT + _PICK + _statement([(_DEBIT, _CREDIT)]).replace("_ID_", _ID)
    unrelated = unrelated.replace("DEBIT", "w:d").replace("CREDIT", "w:c")
    hot = _COUNT + _statement([_hot()]).replace("_ID_", _ID)
    scripts = {"uniform": unrelated, "hot": hot}
    for name, text in list(scripts.items()):
        head, _, statement = text.rpartition("\nSELECT")
        scripts[f"{name}_open"] = f"{head}\nBEGIN;\nSELECT{statement}\\sleep 5 ms\nEND;\n"
    scripts["batch"] = _batch()
    return {name: pgbench.write(folder, name, text) for name, text in scripts.items()}


def _hot() -> tuple[str, str]:
    """Return the two accounts that every payment touches."""
    own = context.current().environment.account_id
    return chart.processor_receivable("sim"), chart.account_pending(own)


def _batch() -> str:
    """Return the script of a batch: half of its lines on the hot accounts, half on unrelated ones.

    Of these a batch takes one part, any of them, so that batches at work rarely meet.
    """
    size = ACCOUNTS // PARTS
    pairs = [_hot()] * (BATCH // 2)
    # Wallet 10123 is number 123 of part 0.
    pairs += [
        (chart.wallet(f"w1_PART_{number:03}"), chart.wallet(f"w1_PART_{number + size // 2:03}"))
        for number in range(BATCH // 2)
    ]

    def filled_in(literal: str) -> str:
        # By the server: pgbench would go through half a megabyte for each of thousands.
        return f"replace(replace({literal}, '_ID_', '{_ID}'), '_PART_', ':part')::jsonb"

    return f"{_COUNT}\\set part random(0, {PARTS - 1})\n{_statement(pairs, lists=filled_in)}"


def _statement(accounts: Sequence[tuple[str, str]], *, lists: Callable[[str], str] = str) -> str:
    """Return the statement that posts one unit between each two accounts, for a script.

    :param lists: makes the SQL of a parameter that is a list from its literal.
    """
    drafts = [
        Draft((Posting(debit, credit, _ONE),), reference=f"charge:ch__ID_-{number:04d}")
        for number, (debit, credit) in enumerate(accounts)
    ]
    ids = [f"ltx__ID_-{number:04d}" for number in range(len(drafts))]
    own = context.current().environment.account_id
    statement, parameters = posting_call.call(
        drafts, ids=ids, owner=own, house=own, now=clock.now()
    )
    with connection.cursor() as cursor:
        literals = {
            name: sql.Literal(value).as_string(cursor.connection)
            for name, value in parameters.items()
        }
    return (
        statement
        % {
            name: lists(literal) if parameters[name].startswith("[") else literal
            for name, literal in literals.items()
        }
        + ";\n"
    )
