"""A mistake in the environment stops the start, names the variable, and never repeats its value."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from fincloud.environment import Env

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda env: env.required("NAME"), None),
        (lambda env: env.required("NAME"), ""),
        (lambda env: env.int("NAME", default=1), SECRET),
        (lambda env: env.list("NAME", cast=int, default=[1]), f"5,{SECRET}"),
        (lambda env: env.choice("NAME", default="a", choices=("a", "b")), SECRET),
        (lambda env: env.bool("NAME", default=False), SECRET),
        (lambda env: env.database("NAME"), SECRET),
        (lambda env: env.database("NAME"), f"postgres://me:{SECRET}@host/"),
        (lambda env: env.database("NAME"), f"postgres://me:{SECRET}@host:port/name"),
        (lambda env: env.database("NAME"), f"mysql://me:{SECRET}@host/name"),
    ],
)
def test_a_mistake_is_named_and_its_value_is_not_repeated(monkeypatch, read, value):
    monkeypatch.delenv("NAME", raising=False)
    if value is not None:
        monkeypatch.setenv("NAME", value)

    with pytest.raises(ImproperlyConfigured) as refused:
        read(Env())

    assert "NAME" in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("word", "expected"), [("on", True), ("1", True), ("No", False), ("", False)]
)
def test_a_switch_is_on_or_off(monkeypatch, word, expected):
    monkeypatch.setenv("NAME", word)

    assert Env().bool("NAME", default=not expected) is expected


def test_a_database_may_be_on_a_socket(monkeypatch):
    monkeypatch.setenv("NAME", "postgresql://me@/name?host=/run/postgresql")

    assert Env().database("NAME")["NAME"] == "name"
