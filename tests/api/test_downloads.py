"""Answers that are files: made piece by piece, in the environment of the request."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import RequestFactory

from apps.api.downloads import Download
from apps.api.params import operation
from apps.api.views import WireView
from apps.core import clock, context
from apps.core.errors import not_found
from apps.customers import queries, services

pytestmark = pytest.mark.django_db


def current_schema() -> str:
    """Return the schema in which a query would run now."""
    schema: str = connection.tenant.schema_name  # type: ignore[attr-defined]
    return schema


def get(view: type[WireView], key: str):
    """Ask a view as a client does, through the door of keys."""
    request = RequestFactory().get("/v1/file", headers={"Authorization": f"Bearer {key}"})
    connection.set_schema_to_public()  # type: ignore[attr-defined]  # as the middleware does
    return view.as_view()(request)


def file_of(make_chunks) -> type[WireView]:
    """Return a view that answers with what `make_chunks` yields."""

    class File(WireView):
        """A file."""

        resource = "customers"
        returns = "customer"
        shapes = {"GET": operation()}
        media_types = ("text/csv",)

        def get(self) -> Download:
            return Download(
                content_type="text/csv; charset=utf-8",
                filename="naïve list.csv",
                chunks=make_chunks(),
            )

    return File


def test_every_piece_is_made_in_the_environment_of_the_request(environment, opened):
    made = services.create_customer(given={"name": "Ada"}, now=clock.now())

    def names() -> Iterator[bytes]:
        for _ in range(3):
            here = context.current()
            (row,) = queries.list_customers(email=None)
            yield f"{row.id},{here.account_id},{current_schema()}\n".encode()

    answer = get(file_of(names), opened.sandbox.secret_key)

    assert current_schema() == "public"
    line = f"{made.id},{environment.account_id},{environment.schema_name}\n"
    pieces = []
    for piece in answer:
        assert current_schema() == "public"
        pieces.append(piece.decode())
    assert pieces == [line] * 3
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''na%C3%AFve%20list.csv"


def test_what_the_first_piece_refuses_is_a_refusal(environment, opened):
    def missing() -> Iterator[bytes]:
        if not queries.list_customers(email=None).exists():
            raise not_found("customer", "cus_none")
        yield b"not reached"

    answer = get(file_of(missing), opened.sandbox.secret_key)

    assert answer.status_code == 404
    assert b"resource_missing" in answer.content


def test_what_breaks_later_breaks_off(environment, opened):
    def broken() -> Iterator[bytes]:
        yield b"first"
        raise ZeroDivisionError

    answer = get(file_of(broken), opened.sandbox.secret_key)

    pieces = iter(answer)
    assert next(pieces) == b"first"
    with pytest.raises(ZeroDivisionError):
        next(pieces)


@pytest.mark.parametrize("taken", [0, 1])
def test_a_client_that_leaves_ends_what_was_being_made(environment, opened, taken):
    ended = []

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield b"more"
        finally:
            ended.append(current_schema())

    answer = get(file_of(endless), opened.sandbox.secret_key)
    for _ in range(taken):
        next(iter(answer))
    answer.close()

    assert ended == [environment.schema_name]


def test_an_empty_file_is_a_file(environment, opened):
    answer = get(file_of(lambda: ()), opened.sandbox.secret_key)

    assert (answer.status_code, b"".join(answer)) == (200, b"")
