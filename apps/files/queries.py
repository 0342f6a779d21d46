"""Reads of files and of the links to them, limited to the account of the current context."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from apps.core.errors import not_found
from apps.files.models import File, FileLink


def list_files(*, purpose: str | None = None) -> QuerySet[File]:
    """Return the files, of a purpose if one is given."""
    found = File.objects.owned()
    return found if purpose is None else found.filter(purpose=purpose)


def find_files(ids: Iterable[str]) -> dict[str, File]:
    """Return the files with these ids, by id; others are left out."""
    return File.objects.owned().in_bulk(list(ids))


def get_file(file_id: str) -> File:
    """Return the file.

    :raises NotFound: there is none with this id.
    """
    found = File.objects.owned().filter(pk=file_id).first()
    if found is None:
        raise not_found("file", file_id)
    return found


def is_kept(storage_name: str) -> bool:
    """Return whether what the storage has under this name is a file of anybody here."""
    return File.objects.filter(storage_name=storage_name).exists()


def list_links(
    *, file: str | None = None, is_expired: bool | None = None, now: datetime
) -> QuerySet[FileLink]:
    """Return the links, of one file, or those that have expired, or have not, by `now`."""
    found = FileLink.objects.owned()
    if file is not None:
        found = found.filter(file=file)
    if is_expired is not None:
        expired = Q(expires_at__lte=now)
        found = found.filter(expired if is_expired else ~expired | Q(expires_at=None))
    return found


def find_links(ids: Iterable[str]) -> dict[str, FileLink]:
    """Return the links with these ids, by id; others are left out."""
    return FileLink.objects.owned().in_bulk(list(ids))


def get_link(link_id: str, *, for_update: bool = False) -> FileLink:
    """Return the link.

    :raises NotFound: there is none with this id.
    """
    found = FileLink.objects.owned()
    if for_update:
        found = found.select_for_update()
    link = found.filter(pk=link_id).first()
    if link is None:
        raise not_found("file link", link_id)
    return link


def find_followed_link(link_id: str) -> FileLink | None:
    """Return a link with its file for whoever follows it, whoever made it."""
    return FileLink.objects.select_related("file").filter(pk=link_id).first()


def linked_ids(ids: Collection[str], *, limit: int) -> set[str]:
    """Return the files of links among `ids`, and the links of files."""
    rows = FileLink.objects.owned().filter(Q(pk__in=ids) | Q(file__in=ids)).order_by("id")
    return {one for row in rows.values_list("id", "file_id")[:limit] for one in row}
