"""The book that is measured, and the scripts that post to it: with the product's own statement."""

import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from django.db import connection, transaction
from psycopg import ClientCursor

from apps.core import clock, context
from apps.core.money import Money
from apps.ledger import posting_call, services
from apps.ledger.domain import Draft, Posting, chart
from benchmarks.ledger import pgbench

ACCOUNTS: Final = 10_000
BATCH: Final = 1_000
_FIRST: Final = 10_000
_FUNDED: Final = Money(10**12, "usd")
_ONE: Final = Money(1, "usd")
# In the statement, these stand where the script has variables of pgbench.
_DEBIT, _CREDIT = chart.wallet("DEBIT"), chart.wallet("CREDIT")
_COUNT: Final = "\\set n :n + 1\n"
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
    unrelated = _COUNT + _PICK + _statement([(_DEBIT, _CREDIT)])
    unrelated = unrelated.replace("DEBIT", "w:d").replace("CREDIT", "w:c")
    hot = _COUNT + _statement([_hot()])
    scripts = {"uniform": unrelated, "hot": hot}
    for name, text in list(scripts.items()):
        head, _, statement = text.rpartition("\nSELECT")
        scripts[f"{name}_open"] = f"{head}\nBEGIN;\nSELECT{statement}\\sleep 5 ms\nEND;\n"
    scripts["batch"] = _COUNT + _statement(_mixed())
    return {name: pgbench.write(folder, name, text) for name, text in scripts.items()}


def _hot() -> tuple[str, str]:
    """Return the two accounts that every payment touches."""
    own = context.current().environment.account_id
    return chart.processor_receivable("sim"), chart.account_pending(own)


def _mixed() -> list[tuple[str, str]]:
    """Return accounts for a batch: half of the lines on the hot ones, half on unrelated ones."""
    # One script for all clients: unrelated accounts have a single row, which they share in turn.
    picked = random.Random(1).sample(range(_FIRST, _FIRST + ACCOUNTS), BATCH)
    wallets = [chart.wallet(f"w{number}") for number in picked]
    return [
        _hot() if number % 2 else (wallets[number], wallets[number + 1])
        for number in range(BATCH - 1)
    ] + [_hot()]


def _statement(accounts: Sequence[tuple[str, str]]) -> str:
    """Return the statement that posts one unit between each two accounts, for a script."""
    here = context.current()
    drafts = [
        Draft((Posting(debit, credit, _ONE),), reference=f"charge:ch_REF{number:04d}")
        for number, (debit, credit) in enumerate(accounts)
    ]
    ids = [f"ltx_ID{number:04d}" for number in range(len(drafts))]
    own = here.environment.account_id
    call = posting_call.call(drafts, ids=ids, owner=own, house=own, now=clock.now())
    with connection.cursor() as cursor:
        text = ClientCursor(cursor.connection).mogrify(*call)
    text = re.sub(r"ltx_ID(\d+)", r"ltx_:run:n:client_id-\1", text)
    return re.sub(r"REF(\d+)", r":n-:client_id-:run-\1", text) + ";\n"
