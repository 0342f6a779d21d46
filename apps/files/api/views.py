"""`/v1/files` and `/v1/file_links`."""

from django.conf import settings
from django.urls import path

from apps.api.downloads import Download
from apps.api.paging import Page, page
from apps.api.params import from_wire, operation
from apps.api.views import WireView
from apps.core import clock
from apps.files import domain, queries, services
from apps.files.models import File, FileLink


class Files(WireView):
    """Create, list."""

    resource = "files"
    returns = "file"
    shapes = {"GET": from_wire("GET /v1/files"), "POST": from_wire("POST /v1/files")}
    body_bytes_max = settings.MAX_FILE_BODY_BYTES

    def get(self) -> Page:
        return page(queries.list_files(purpose=self.params.get("purpose")), self.params)

    def post(self) -> File:
        return services.create_file(
            purpose=self.params["purpose"],
            upload=self.params["file"],
            link=self.params.get("file_link_data"),
            now=clock.now(),
        )


class FileDetail(WireView):
    """Retrieve."""

    resource = "files"
    returns = "file"
    shapes = {"GET": operation()}

    def get(self, file: str) -> File:
        return queries.get_file(file)


class FileContents(WireView):
    """Download."""

    resource = "files"
    returns = "file"
    shapes = {"GET": operation()}
    media_types = (*domain.MEDIA_TYPES.values(), domain.UNKNOWN_MEDIA_TYPE)

    def get(self, file: str) -> Download:
        """Download the bytes of a file."""
        found = queries.get_file(file)
        return Download(
            content_type=domain.MEDIA_TYPES.get(found.type, domain.UNKNOWN_MEDIA_TYPE),
            filename=found.filename,
            chunks=services.content(found),
        )


class FileLinks(WireView):
    """Create, list."""

    resource = "file_links"
    returns = "file_link"
    shapes = {"GET": from_wire("GET /v1/file_links"), "POST": from_wire("POST /v1/file_links")}

    def get(self) -> Page:
        links = queries.list_links(
            file=self.params.get("file"), is_expired=self.params.get("expired"), now=clock.now()
        )
        return page(links, self.params)

    def post(self) -> FileLink:
        return services.create_link(given=self.params, now=clock.now())


class FileLinkDetail(WireView):
    """Retrieve, update."""

    resource = "file_links"
    returns = "file_link"
    shapes = {"GET": operation(), "POST": from_wire("POST /v1/file_links/{link}")}

    def get(self, link: str) -> FileLink:
        return queries.get_link(link)

    def post(self, link: str) -> FileLink:
        return services.update_link(link_id=link, given=self.params, now=clock.now())


urlpatterns = [
    path("files", Files.as_view()),
    path("files/<str:file>", FileDetail.as_view()),
    path("files/<str:file>/contents", FileContents.as_view()),
    path("file_links", FileLinks.as_view()),
    path("file_links/<str:link>", FileLinkDetail.as_view()),
]
