"""How files, and the links to them, look on the wire."""

from django.conf import settings

from apps.api import paging
from apps.api.registry import NestedList, ResourceType, Wire, render
from apps.core import clock, context
from apps.core.clock import to_unix
from apps.files import domain, queries, services
from apps.files.models import File, FileLink

LINKS_SHOWN = 10


def render_file(file: File) -> Wire:
    """Return the wire's file."""
    return {
        "id": file.id,
        "object": "file",
        "created": to_unix(file.created_at),
        "expires_at": None,
        "filename": file.filename,
        "purpose": file.purpose,
        "size": file.size_bytes,
        "title": None,
        "type": file.type or None,
        "url": f"{settings.BASE_URL}/v1/files/{file.id}/contents",
    }


def render_link(link: FileLink) -> Wire:
    """Return the wire's link to a file."""
    expires_at = link.expires_at
    return {
        "id": link.id,
        "object": "file_link",
        "created": to_unix(link.created_at),
        "expired": domain.is_expired(expires_at, now=clock.now()),
        "expires_at": None if expires_at is None else to_unix(expires_at),
        "file": link.file_id,
        "livemode": context.current().environment.livemode,
        "metadata": link.metadata,
        "url": f"{settings.BASE_URL}/links?token={services.link_token(link)}",
    }


def links_of(file: Wire) -> Wire:
    """Return the newest links to a file, as `expand[]=links` shows them."""
    links = queries.list_links(file=file["id"], now=clock.now())
    page = paging.page(links, {"limit": LINKS_SHOWN})
    return {
        "object": "list",
        "data": [render(link) for link in page.rows],
        "has_more": page.has_more,
        "url": f"/v1/file_links?file={file['id']}",
    }


RESOURCES = (
    ResourceType(
        prefix="file",
        name="file",
        model=File,
        render=render_file,
        find_many=queries.find_files,
        lists={"links": NestedList("file_link", links_of)},
    ),
    ResourceType(
        prefix="link",
        name="file_link",
        model=FileLink,
        render=render_link,
        find_many=queries.find_links,
        expandable={"file": ("file",)},
    ),
)
