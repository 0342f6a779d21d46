"""`/v1/ledger/transactions/batch`, and how its answer looks on the wire."""

from collections.abc import Iterable

from django.conf import settings

from apps.api import fields
from apps.api.registry import ResourceType, Wire
from apps.api.views import WireView
from apps.core import clock, context
from apps.ledger import services
from apps.ledger.api import transaction_shapes as shapes
from apps.ledger.domain.batches import Batch, LineStatus, Mode, Outcome

STATUSES = tuple(str(status) for status in LineStatus)


class TransactionBatches(WireView):
    """Post a batch of ledger transactions: all of them or none, or each as if it came by itself.

    In the order given, and in one database transaction. An atomic batch is answered with the first
    refusal, whose `param` names the line; otherwise each line has its own result.
    """

    resource = "ledger_transactions"
    returns = "ledger.batch"
    shapes = {"POST": shapes.BATCH}
    body_bytes_max = settings.MAX_BATCH_BODY_BYTES

    def post(self) -> Batch:
        return services.post_batch(
            lines=self.params["transactions"],
            mode=Mode(self.params.get("mode", Mode.ATOMIC)),
            now=clock.now(),
        )


def render_batch(batch: Batch) -> Wire:
    """Return the wire's batch: what became of each line, and how many of them became what."""
    return {
        "object": "ledger.batch",
        "livemode": context.current().environment.livemode,
        "mode": str(batch.mode),
        **{str(status): batch.count(status) for status in LineStatus},
        "results": [_result(index, outcome) for index, outcome in enumerate(batch.outcomes)],
    }


def _result(index: int, outcome: Outcome) -> Wire:
    refusal = outcome.refusal
    return {
        "index": index,
        "error": refusal
        and {"code": refusal.code, "message": refusal.message, "param": refusal.param},
        "status": str(outcome.status),
        "transaction": outcome.transaction_id,
    }


def _find_none(_ids: Iterable[str]) -> dict[str, Batch]:
    return {}


_ERROR = {
    "code": fields.text("A stable name of the reason.", nullable=True),
    "message": fields.text("What is wrong, for the developer."),
    "param": fields.text(
        "The parameter at fault: `transactions[17][postings][0][debit]`.", nullable=True
    ),
}
_RESULT = {
    "index": fields.integer("The line, from 0.", minimum=0),
    "error": fields.part(_ERROR, doc="Why it was refused, if it was.", nullable=True),
    "status": fields.text(
        "`replayed`: the reference named a transaction with the same inputs already.",
        choices=STATUSES,
    ),
    "transaction": fields.reference("The transaction that has its reference.", nullable=True),
}
BATCH = ResourceType(
    prefix="",
    name="ledger.batch",
    model=Batch,
    render=render_batch,
    find_many=_find_none,
    about="What became of a batch of ledger transactions.",
    fields={
        "livemode": fields.boolean("Whether it is of the live environment."),
        "mode": fields.text("As it was asked for.", choices=tuple(str(mode) for mode in Mode)),
        "posted": fields.integer("How many lines were posted.", minimum=0),
        "refused": fields.integer("How many lines were refused.", minimum=0),
        "replayed": fields.integer("How many lines had been posted before.", minimum=0),
        "results": fields.list_of(
            fields.part(_RESULT), doc="What became of each line, in their order."
        ),
    },
)
