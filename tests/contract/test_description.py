"""The API is asked for what its own description allows, and for what it does not.

Requests are made from the description by a tool that knows nothing of the code: none is answered by
a failure of ours, and every answer is what the description says. Objects that are there stand for
half of the ids in addresses, so that more than refusals is seen. `make soak` asks for more.
"""

import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from apps.api import openapi
from tests.contract.operations import undone
from tests.objects import objects_of

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    status_code_conformance,
    response_schema_conformance,
]
EXAMPLES = int(os.environ.get("SOAK_EXAMPLES") or 3)
SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    # The same requests every time, but for a soak.
    derandomize=EXAMPLES == 3,
    suppress_health_check=list(HealthCheck),
    phases=[hypothesis.Phase.generate],
)


@pytest.fixture
def described(environment) -> Any:
    """Return the description, by which the application itself is asked."""
    schema = schemathesis.openapi.from_dict(json.loads(openapi.document()))
    schema.app = get_wsgi_application()
    return schema


@contextmanager
def one_connection() -> Iterator[None]:
    """Keep the test's connection, which a server would close between requests."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.django_db
def test_every_answer_is_what_the_description_says(described, api):
    made = objects_of(api)
    problems: dict[str, str] = {}
    for found in described.get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                ask(operation, mode, api.key, made)
            except (AssertionError, schemathesis.errors.SchemathesisError) as error:
                problems[operation.label] = str(error)
            except BaseExceptionGroup as group:
                problems[operation.label] = "\n".join(map(str, group.exceptions))

    assert not problems, "\n\n".join(f"{name}: {text}" for name, text in problems.items())


def ask(operation: Any, mode: GenerationMode, key: str, made: dict[str, str]) -> None:
    """Send some requests for one operation, and check what is answered."""
    chance = random.Random(operation.label)

    @SETTINGS
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            # An account or a version that is made up is refused before anything is looked at.
            for name in ("Stripe-Account", "Stripe-Version"):
                (case.headers or {}).pop(name, None)
        for name in case.path_parameters or {}:
            if name in made and chance.random() < 0.5:
                case.path_parameters[name] = made[name]
        with one_connection(), undone():
            answer = case.call(
                base_url="http://testserver", headers={"Authorization": f"Bearer {key}"}
            )
        case.validate_response(answer, checks=CHECKS)

    run()
