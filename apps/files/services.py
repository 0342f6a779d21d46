"""Keeping of files, and the links to them.

The bytes come first and the row second: a row never names bytes that are not there. Before either,
a job is written that deletes the bytes should the row never come.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.files import File as StoredFile
from django.core.files.storage import default_storage
from django.core.signing import BadSignature, Signer
from django.db import transaction

from apps.api.params import merge_metadata
from apps.api.uploads import Upload
from apps.core import context, ids, jobs
from apps.core.errors import Invalid
from apps.core.use_cases import use_case
from apps.events import services as events
from apps.files import domain, queries
from apps.files.models import File, FileLink

FORGET = "files.forget"
# No request works for so long.
FORGOTTEN_AFTER = timedelta(hours=1)
CHUNK_BYTES = 64 * 1024
_SIGNER = Signer(salt="apps.files.link", sep=".")


def create_file(
    *, purpose: str, upload: Upload, link: dict[str, Any] | None, now: datetime
) -> File:
    """Keep a file that was uploaded; with `link[create]`, make a link to it as well.

    :param purpose: of `domain.PURPOSES`.
    :raises FileRefused: the purpose does not take such a file.
    :raises LinkRefused: files of this purpose have no links, or the link would have expired.
    """
    kind = domain.type_of(upload.head(domain.HEAD_BYTES))
    domain.check_file(purpose, kind=kind, size_bytes=upload.size_bytes)
    wants_link = link is not None and link["create"]
    if link is not None and wants_link:
        domain.check_link(
            purpose,
            expires_at=link.get("expires_at"),
            now=now,
            param="file_link_data[expires_at]",
        )
    here = context.current()
    file_id = ids.new_id("file")
    file = File(
        id=file_id,
        account_id=here.account_id,
        created_at=now,
        purpose=purpose,
        filename=upload.filename,
        type=kind,
        size_bytes=upload.size_bytes,
        sha256=upload.sha256,
        storage_name=f"{here.environment.schema_name}/{file_id}",
    )
    _expect(file, now=now)
    default_storage.save(file.storage_name, upload.content)
    return _keep(file, link=link if wants_link else None, now=now)


def forget_unless_kept(storage_name: str) -> None:
    """Delete bytes whose upload was never finished."""
    if not queries.is_kept(storage_name):
        default_storage.delete(storage_name)


def open_file(file: File) -> "StoredFile[bytes]":
    """Return the bytes of a file, to be read and closed."""
    return default_storage.open(file.storage_name)


def content(file: File) -> Iterator[bytes]:
    """Yield the bytes of a file, piece by piece."""
    with open_file(file) as stored:
        yield from stored.chunks(CHUNK_BYTES)


@use_case
def create_link(*, given: dict[str, Any], now: datetime) -> FileLink:
    """Make a link to a file.

    :raises Invalid: there is no such file.
    :raises LinkRefused: such files have no links, or the link would have expired.
    """
    file = queries.find_files([given["file"]]).get(given["file"])
    if file is None:
        raise Invalid(
            f"No such file: '{given['file'][:64]}'", code="resource_missing", param="file"
        )
    expires_at = given.get("expires_at")
    domain.check_link(file.purpose, expires_at=expires_at, now=now, param="expires_at")
    return _new_link(file, given, now=now)


@use_case
def update_link(*, link_id: str, given: dict[str, Any], now: datetime) -> FileLink:
    """Change when a link expires (`now`: at once; None: never), and its metadata.

    :raises NotFound: there is no such link.
    :raises LinkRefused: it has expired, or the expiry is over.
    """
    link = queries.get_link(link_id, for_update=True)
    if domain.is_expired(link.expires_at, now=now):
        raise domain.LinkRefused("The link has expired: it cannot be changed any more.")
    if "expires_at" in given:
        wanted = given["expires_at"]
        if wanted != "now" and domain.is_expired(wanted, now=now):
            raise domain.LinkRefused("expires_at must be in the future.", param="expires_at")
        link.expires_at = now if wanted == "now" else wanted
    if "metadata" in given:
        link.metadata = merge_metadata(link.metadata, given["metadata"])
    link.save()
    return link  # the wire has no event for this


def link_token(link: FileLink) -> str:
    """Return what a link's address ends with: its environment and id, signed."""
    return _SIGNER.sign(f"{context.current().environment.id}.{link.id}")


def read_link_token(token: str) -> tuple[str, str] | None:
    """Return the ids of the environment and the link that a token names; None: it is no token."""
    try:
        environment_id, _, link_id = _SIGNER.unsign(token).partition(".")
    except BadSignature:
        return None
    return environment_id, link_id


@transaction.atomic(durable=True)
def _expect(file: File, *, now: datetime) -> None:
    """Have the bytes of a file deleted some time, unless it is kept."""
    jobs.schedule(
        jobs.Due(
            key=_forget_key(file),
            task=FORGET,
            due_at=now + FORGOTTEN_AFTER,
            kwargs={"storage_name": file.storage_name},
        )
    )


@use_case
def _keep(file: File, *, link: dict[str, Any] | None, now: datetime) -> File:
    file.save(force_insert=True)
    if link is not None:
        _new_link(file, link, now=now)
    events.record([events.Change("file.created", file)], cancel=[_forget_key(file)])
    return file


def _new_link(file: File, given: dict[str, Any], *, now: datetime) -> FileLink:
    link = FileLink(
        id=ids.new_id("link"),
        account_id=file.account_id,
        created_at=now,
        metadata=merge_metadata({}, given.get("metadata", {})),
        file=file,
        expires_at=given.get("expires_at"),
    )
    link.save(force_insert=True)
    return link


def _forget_key(file: File) -> str:
    return f"file:{file.id}"
