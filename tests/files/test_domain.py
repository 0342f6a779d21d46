"""What may be uploaded for what."""

import pytest

from apps.api import wire
from apps.files import domain
from apps.files.domain import FileRefused, LinkRefused
from tests.files.uploads import NOW


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7", "pdf"),
        (b"\x89PNG\r\n\x1a\n....", "png"),
        (b"\xff\xd8\xff\xe0", "jpg"),
        (b"GIF89a", "gif"),
        (b"PK\x03\x04", "zip"),
        (b"<html><script>", ""),
        (b" %PDF-1.7", ""),
        (b"", ""),
    ],
)
def test_a_file_is_what_it_begins_with(head, kind):
    assert domain.type_of(head) == kind


@pytest.mark.parametrize(
    ("purpose", "kind", "size", "code"),
    [
        ("dispute_evidence", "pdf", 0, "invalid_file"),
        ("dispute_evidence", "pdf", 5 * domain.MIB + 1, "file_too_large"),
        ("dispute_evidence", "gif", 100, "invalid_file_type"),
        ("dispute_evidence", "", 100, "invalid_file_type"),
        ("business_icon", "pdf", 100, "invalid_file_type"),
        ("business_icon", "png", 512 * domain.KIB + 1, "file_too_large"),
    ],
)
def test_what_a_purpose_does_not_take_is_refused(purpose, kind, size, code):
    with pytest.raises(FileRefused) as refused:
        domain.check_file(purpose, kind=kind, size_bytes=size)

    assert (refused.value.code, refused.value.param) == (code, "file")


def test_the_largest_file_and_any_type_where_none_is_asked_for_are_taken():
    domain.check_file("dispute_evidence", kind="jpg", size_bytes=5 * domain.MIB)
    domain.check_file("issuing_regulatory_reporting", kind="", size_bytes=1)


def test_papers_that_prove_who_somebody_is_have_no_links():
    with pytest.raises(LinkRefused):
        domain.check_link("identity_document", expires_at=None, now=NOW, param="expires_at")

    domain.check_link("dispute_evidence", expires_at=None, now=NOW, param="expires_at")


def test_every_purpose_of_the_wire_is_known():
    described = wire.operations()["POST /v1/files"]["fields"]["purpose"]["choices"]

    assert sorted(domain.PURPOSES) == described
