"""`/v1/ledger/exports`."""

from apps.api.downloads import Download
from apps.api.paging import Page, page
from apps.api.params import Metadata, Text, listing, operation
from apps.core import clock
from apps.ledger import queries, services
from apps.ledger.api.book_view import BookView
from apps.ledger.domain.exports import Format
from apps.ledger.models import LedgerExport

CREATE = operation(
    format=Text(
        required=True,
        choices=tuple(str(form) for form in Format),
        doc="`jsonl`: the whole book, to be kept, and to be read by `manage.py import_ledger`. "
        "`csv`: its entries, for a spreadsheet.",
    ),
    metadata=Metadata(doc="Facts of your own, text to text."),
)


class LedgerExports(BookView):
    """Create, list."""

    resource = "ledger_exports"
    returns = "ledger.export"
    shapes = {"GET": listing(), "POST": CREATE}

    def get(self) -> Page:
        """List exports, the newest first."""
        return page(queries.list_exports(), self.params)

    def post(self) -> LedgerExport:
        """Make an export of everything up to the last seal.

        What was posted before is sealed first, as far as it can be: what was posted at the same
        moment may not be in it. The content is made when it is read.
        """
        return services.create_export(
            form=Format(self.params["format"]),
            metadata=self.params.get("metadata"),
            now=clock.now(),
        )


class LedgerExportDetail(BookView):
    """Retrieve."""

    resource = "ledger_exports"
    returns = "ledger.export"
    shapes = {"GET": operation()}

    def get(self, ledger_export: str) -> LedgerExport:
        """Retrieve an export, and how far its latest download is."""
        return queries.get_export(ledger_export)


class LedgerExportContent(BookView):
    """Download."""

    resource = "ledger_exports"
    returns = "ledger.export"
    shapes = {"GET": operation()}
    media_types = tuple(form.media_type for form in Format)

    def get(self, ledger_export: str) -> Download:
        """Download the content of an export, from its beginning.

        The last line tells that nothing is missing: the trailer of `jsonl` has the counts and a
        hash, the last row of `csv` the number of entries.
        """
        found = queries.get_export(ledger_export)
        form = Format(found.format)
        return Download(
            content_type=form.content_type,
            filename=f"{found.id}.{form}",
            chunks=services.export_content(found),
        )
