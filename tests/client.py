"""An in-process client of `/v1` that writes requests as the `stripe` libraries do."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests import wire_check

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


class Answer(dict[str, Any]):
    """The JSON of an answer, with its HTTP status and headers; of a file, its `body` alone."""

    def __init__(self, response: HttpResponse) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.body = response.getvalue()
        is_json = response.headers["Content-Type"] == "application/json"
        super().__init__(json.loads(self.body) if is_json else {})

    @property
    def error(self) -> dict[str, Any]:
        """The error object of a refusal."""
        error: dict[str, Any] = self["error"]
        return error


class ApiClient:
    """Calls the API with one key; a 2xx answer is checked against the wire."""

    def __init__(self, key: str | None) -> None:
        self.key = key
        self._client = Client(raise_request_exception=False)

    def get(self, path: str, params: Mapping[str, Any] | None = None, **options: Any) -> Answer:
        """GET with `params` in the query; see `request`."""
        return self.request("GET", path, params, **options)

    def post(self, path: str, params: Mapping[str, Any] | None = None, **options: Any) -> Answer:
        """POST with `params` as a form; see `request`."""
        return self.request("POST", path, params, **options)

    def delete(self, path: str, params: Mapping[str, Any] | None = None, **options: Any) -> Answer:
        """DELETE with `params` in the query; see `request`."""
        return self.request("DELETE", path, params, **options)

    def request(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        status: int | None = 200,
        idempotency_key: str | None = None,
        headers: Mapping[str, str] | None = None,
        is_whole: bool = True,
        is_json: bool = False,
    ) -> Answer:
        """Send a request, and return its answer, which must have `status` (None: whichever).

        :param path: with or without `/v1/` in front.
        :param params: nested dicts and lists, as a library of the wire takes them.
        :param is_whole: whether the answer has all fields of the wire. (A browser sees fewer.)
        :param is_json: send the body as JSON, and not as a form.
        """
        path = path if path.startswith("/") else f"/v1/{path}"
        encoded, content_type = encode(params or {}, is_json=is_json)
        sent = dict(headers or {})
        if self.key is not None:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        if idempotency_key is not None:
            sent["Idempotency-Key"] = idempotency_key
        body, query = (encoded, "") if method == "POST" else ("", encoded)
        answer = Answer(self._send(method, path, body, query, sent, content_type))
        assert status in (None, answer.status), f"{method} {path}: {answer.status} {dict(answer)}"
        if answer.status < 300 and is_whole and answer:
            wire_check.check(answer)
        return answer

    def _send(
        self,
        method: str,
        path: str,
        body: str | bytes,
        query: str | bytes,
        headers: dict[str, str],
        content_type: str,
    ) -> HttpResponse:
        # A request leaves `public` current; the test goes on where it was.
        tenant = connection.tenant  # type: ignore[attr-defined]
        try:
            return self._client.generic(  # type: ignore[return-value]  # of the test client
                method, path, body, content_type=content_type, QUERY_STRING=query, headers=headers
            )
        finally:
            connection.set_tenant(tenant)  # type: ignore[attr-defined]


def encode(params: Mapping[str, Any], *, is_json: bool) -> tuple[str | bytes, str]:
    """Return a body, or a query, and its type: with a file, the parts of a multipart one."""
    if is_json:
        return json.dumps(params), JSON
    fields = list(flatten(params))
    if any(isinstance(value, SimpleUploadedFile) for _, value in fields):
        return encode_multipart(BOUNDARY, dict(fields)), MULTIPART_CONTENT
    return urlencode(fields), FORM


def flatten(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the form's fields of nested parameters: `{"a": {"b": [1]}}` is `a[b][0]=1`."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from flatten(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from flatten(inner, f"{name}[{index}]")
    elif value is None:
        yield name, ""
    elif isinstance(value, SimpleUploadedFile):
        yield name, value
    else:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)
