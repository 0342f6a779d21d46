"""Links to files: who knows one sees the file, until it expires."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from apps.core import clock
from apps.files.models import File, FileLink
from tests.files.uploads import PDF, PNG, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(api):
    return api.post("file_links", {"file": upload(api)["id"], "metadata": {"case": "7"}})


def follow(url):
    """Follow a link as a browser without any key does."""
    return Client().get("/" + url.split("/", 3)[3])


def test_whoever_knows_the_link_gets_the_file_and_nothing_that_could_run(link):
    answer = follow(link["url"])

    assert (answer.status_code, answer.getvalue()) == (200, PDF)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "Set-Cookie" not in answer


def test_a_link_shows_its_file_when_expanded(api, link):
    shown = api.get(f"file_links/{link['id']}", {"expand": ["file"]})

    assert shown["file"]["filename"] == "receipt.pdf"
    assert (shown["expired"], shown["expires_at"], shown["metadata"]) == (
        False,
        None,
        {"case": "7"},
    )


def test_an_expired_link_is_gone(api, link):
    expired = api.post(f"file_links/{link['id']}", {"expires_at": "now"})

    assert expired["expired"] is True
    assert follow(link["url"]).status_code == 410
    assert api.get("file_links", {"expired": True})["data"] == [expired]
    assert api.get("file_links", {"expired": False})["data"] == []
    error = api.post(f"file_links/{link['id']}", {"expires_at": None}, status=400).error
    assert error["code"] == "invalid_file_link"


def test_an_expiry_is_changed_and_taken_away(api, link):
    later = int((clock.now() + timedelta(hours=1)).timestamp())
    changed = api.post(f"file_links/{link['id']}", {"expires_at": later, "metadata": {"a": "b"}})

    assert changed["expires_at"] == later
    assert changed["metadata"] == {"case": "7", "a": "b"}
    assert api.get("file_links", {"expired": False})["data"] == [changed]
    assert api.post(f"file_links/{link['id']}", {"expires_at": ""})["expires_at"] is None


@pytest.mark.parametrize(
    ("given", "param"),
    [({"expires_at": 1_000_000_000}, "expires_at"), ({"expires_at": "soon"}, "expires_at")],
)
def test_an_expiry_in_the_past_is_refused(api, link, given, param):
    assert api.post(f"file_links/{link['id']}", given, status=400).error["param"] == param
    file = upload(api)["id"]
    assert api.post("file_links", {"file": file, **given}, status=400).error["param"] == param


def test_a_link_needs_a_file_that_may_have_one(api, other_api):
    theirs = upload(other_api)["id"]
    passport = upload(api, PNG, purpose="identity_document")["id"]

    missing = api.post("file_links", {"file": theirs}, status=400).error
    assert (missing["code"], missing["param"]) == ("resource_missing", "file")
    refused = api.post("file_links", {"file": passport}, status=400).error
    assert (refused["code"], refused["param"]) == ("invalid_file_link", "file")


def test_a_changed_token_opens_nothing(link, other_environment):
    token = link["url"].partition("?token=")[2]
    environment, link_id, signature = token.split(".")

    for forged in (
        token[:-1],
        f"{other_environment.id}.{link_id}.{signature}",
        f"{environment}.link_0.{signature}",
        "",
        "nonsense",
    ):
        assert Client().get("/links", {"token": forged}).status_code == 404
    assert Client().get("/links").status_code == 404


def test_a_link_says_nothing_of_where_the_file_is(api, link):
    file = File.objects.get()

    assert file.storage_name not in link["url"]
    assert file.pk not in link["url"]
    assert default_storage.exists(file.storage_name)
    FileLink.objects.all().delete()
    assert follow(link["url"]).status_code == 404


def test_a_link_cannot_be_posted_to(link):
    assert Client().post("/links?token=x").status_code == 405
