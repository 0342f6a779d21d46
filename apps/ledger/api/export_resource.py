"""How an export looks on the wire."""

from django.conf import settings

from apps.api import fields
from apps.api.registry import ResourceType, Wire
from apps.core import context
from apps.core.clock import to_unix
from apps.ledger import queries
from apps.ledger.domain.exports import ExportStatus, Format
from apps.ledger.models import LedgerExport


def render_export(export: LedgerExport) -> Wire:
    """Return the wire's export."""
    return {
        "id": export.id,
        "object": "ledger.export",
        "created": to_unix(export.created_at),
        "entry_count": export.entry_count,
        "finished_at": None if export.finished_at is None else to_unix(export.finished_at),
        "format": export.format,
        "livemode": context.current().environment.livemode,
        "metadata": export.metadata,
        "progress": _progress(export),
        "status": export.status,
        "until_seal": export.until_seal,
        "url": f"{settings.BASE_URL}/v1/ledger/exports/{export.id}/content",
        "written_count": export.written_count,
    }


def _progress(export: LedgerExport) -> float:
    """Return how much of it the latest download has had, from 0 to 1."""
    if export.status == ExportStatus.COMPLETE or not export.entry_count:
        return float(export.status == ExportStatus.COMPLETE)
    return round(export.written_count / export.entry_count, 4)


EXPORT = ResourceType(
    prefix="lexp",
    name="ledger.export",
    model=LedgerExport,
    render=render_export,
    find_many=queries.find_exports,
    about=(
        "The book up to a seal, as a file. What it covers is fixed when it is made, and never "
        "changes; the file is made while it is downloaded, as often as you like."
    ),
    fields={
        "created": fields.time("When it was made."),
        "entry_count": fields.integer("How many entries are in it.", minimum=0),
        "finished_at": fields.time(
            "When the latest download had all of it; null if it has not.", nullable=True
        ),
        "format": fields.text(
            "`jsonl`: the whole book, to be kept, and to be read by `manage.py import_ledger`. "
            "`csv`: its entries, for a spreadsheet.",
            choices=tuple(str(form) for form in Format),
        ),
        "livemode": fields.boolean("Whether it is of the live environment."),
        "metadata": fields.metadata(),
        "progress": fields.share("How much of it the latest download has had, from 0 to 1."),
        "status": fields.text(
            "What became of the latest download. `pending`: there was none. `running`: it goes on, "
            "or broke off. `complete`: it had all.",
            choices=tuple(str(status) for status in ExportStatus),
        ),
        "until_seal": fields.integer("The number of the last seal in it; 0: none.", minimum=0),
        "url": fields.text("Where its content is, for the same key."),
        "written_count": fields.integer("How many entries the latest download has had.", minimum=0),
    },
)
