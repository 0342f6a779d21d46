"""Files through the door."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError

from apps.core import clock, context, jobs
from apps.core.models import Job
from apps.files import services
from apps.files.models import File, FileLink
from tests.files.uploads import PDF, PNG, upload

pytestmark = pytest.mark.django_db


def test_a_file_is_uploaded_shown_and_read_back(api, environment):
    file = upload(api)

    assert (file["object"], file["purpose"], file["filename"], file["type"], file["size"]) == (
        *("file", "dispute_evidence", "receipt.pdf", "pdf"),
        len(PDF),
    )
    assert file["url"] == f"{settings.BASE_URL}/v1/files/{file['id']}/contents"
    assert api.get(f"files/{file['id']}") == file
    contents = api.get(f"files/{file['id']}/contents")
    assert contents.body == PDF
    assert contents.headers["Content-Type"] == "application/pdf"
    assert "receipt.pdf" in contents.headers["Content-Disposition"]
    kept = File.objects.get(pk=file["id"])
    assert kept.storage_name == f"{environment.schema_name}/{file['id']}"
    assert (Path(settings.MEDIA_ROOT) / kept.storage_name).read_bytes() == PDF
    told = api.get("events", {"type": "file.created"})["data"]
    assert [event["data"]["object"]["id"] for event in told] == [file["id"]]


def test_the_type_is_what_the_bytes_say_and_not_the_name(api):
    file = upload(api, PNG, name="evidence.html", more={"file_link_data": {"create": True}})

    assert file["type"] == "png"
    assert api.get(f"files/{file['id']}/contents").headers["Content-Type"] == "image/png"


def test_a_link_is_made_with_the_file(api):
    expires_at = int((clock.now() + timedelta(days=1)).timestamp())
    file = upload(
        api,
        more={
            "file_link_data": {"create": True, "expires_at": expires_at, "metadata": {"k": "v"}},
            "expand": ["links"],
        },
    )

    (link,) = file["links"]["data"]
    assert (link["file"], link["expires_at"], link["metadata"]) == (
        *(file["id"], expires_at),
        {"k": "v"},
    )
    assert api.get("file_links", {"file": file["id"]})["data"] == [link]


def test_files_are_listed_by_purpose(api):
    evidence = upload(api)
    logo = upload(api, PNG, purpose="business_logo")

    assert [one["id"] for one in api.get("files")["data"]] == [logo["id"], evidence["id"]]
    listed = api.get("files", {"purpose": "business_logo"})["data"]
    assert [one["id"] for one in listed] == [logo["id"]]


@pytest.mark.parametrize(
    ("content", "more", "param", "code"),
    [
        (b"<script>", {}, "file", "invalid_file_type"),
        (PDF, {"purpose": "no_such_purpose"}, "purpose", None),
        (PDF, {"nonsense": 1}, "nonsense", "parameter_unknown"),
        (
            PDF,
            {"file_link_data": {"metadata": {"k": "v"}}},
            "file_link_data[create]",
            "parameter_missing",
        ),
        (
            PDF,
            {"file_link_data": {"create": True, "expires_at": 1_000_000_000}},
            "file_link_data[expires_at]",
            "invalid_file_link",
        ),
        (
            PDF,
            {"purpose": "identity_document", "file_link_data": {"create": True}},
            "file",
            "invalid_file_link",
        ),
    ],
)
def test_what_is_refused_names_its_parameter(api, content, more, param, code):
    error = upload(api, content, more=more, status=400).error

    assert (error.get("param"), error.get("code")) == (param, code)
    assert not File.objects.exists()


def test_an_empty_file_is_refused(api):
    error = upload(api, b"", status=400).error

    assert (error["param"], error["code"]) == ("file", "invalid_file")


def test_a_file_that_is_no_file_is_refused(api):
    error = api.post("files", {"purpose": "dispute_evidence", "file": "x"}, status=400).error
    missing = api.post("files", {"purpose": "dispute_evidence"}, status=400).error

    assert (error["param"], error["code"]) == ("file", "parameter_invalid_file")
    assert (missing["param"], missing["code"]) == ("file", "parameter_missing")


def test_a_file_where_none_belongs_is_refused(api):
    error = api.post("customers", {"name": SimpleUploadedFile("a.pdf", PDF)}, status=400).error

    assert (error["param"], error["code"]) == ("name", "parameter_invalid_string")


def test_a_file_that_is_too_large_is_refused_before_anything_is_kept(api, monkeypatch):
    from apps.files.api.views import Files

    monkeypatch.setattr(Files, "body_bytes_max", 2_000)

    error = upload(api, PDF * 20, status=400).error

    assert error["code"] == "request_too_large"
    assert not File.objects.exists()


def test_a_card_number_in_a_name_is_refused_and_not_repeated(api):
    answer = upload(api, name="4242424242424242.pdf", status=400)

    assert (answer.error["param"], answer.error["code"]) == ("file", "card_number_refused")
    assert b"4242424242424242" not in answer.body


def test_the_same_upload_again_is_one_file_and_another_is_refused(api):
    first = upload(api, idempotency_key="the-upload")
    again = upload(api, idempotency_key="the-upload")

    assert again.body == first.body
    assert again.headers["Idempotent-Replayed"] == "true"
    assert File.objects.count() == 1
    for other in (
        upload(api, PDF + b"more", idempotency_key="the-upload", status=400),
        upload(api, name="other.pdf", idempotency_key="the-upload", status=400),
    ):
        assert other.error["type"] == "idempotency_error"


def test_what_is_kept_is_not_deleted(api, environment):
    file = upload(api)

    assert not Job.objects.filter(task=services.FORGET).exists()
    services.forget_unless_kept(File.objects.get(pk=file["id"]).storage_name)
    assert api.get(f"files/{file['id']}/contents").body == PDF


def test_bytes_whose_row_never_came_are_deleted_later(api, environment, monkeypatch):
    def die(*_args, **_kwargs):
        raise DatabaseError("The server is gone.")

    monkeypatch.setattr(File, "save", die)
    assert upload(api, status=500).status == 500

    job = Job.objects.get(task=services.FORGET)
    name = job.kwargs["storage_name"]
    assert default_storage.exists(name)
    assert jobs.run_due(now=clock.now()) == 0
    assert jobs.run_due(now=clock.now() + 2 * services.FORGOTTEN_AFTER) == 1
    assert not default_storage.exists(name)
    assert not Job.objects.filter(pk=job.pk).exists()


def test_a_restricted_key_needs_the_permission(api, environment):
    from apps.identity import services as identity
    from apps.identity.domain import KeyKind
    from tests.client import ApiClient

    key = identity.create_api_key(
        environment=environment,
        kind=KeyKind.RESTRICTED,
        permissions=["files:read"],
        by="test",
        now=clock.now(),
    )
    file = upload(api)
    reader = ApiClient(key.secret)

    assert reader.get(f"files/{file['id']}/contents").body == PDF
    assert upload(reader, status=403).status == 403
    assert reader.get("file_links", status=403).status == 403


def test_an_upload_costs_few_statements(api, environment, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        upload(api)
    assert context.current().environment == environment
    assert FileLink.objects.count() == 0
