"""Shapes that are read off the description of the wire."""

from datetime import UTC, datetime

import pytest

from apps.api import wire
from apps.api.params import (
    Amount,
    AnyOf,
    Currency,
    Email,
    Integer,
    InvalidParameter,
    ListOf,
    Param,
    Shape,
    Text,
    Unsupported,
    from_wire,
)
from apps.api.wire import scope
from devtools import wire as devtools_wire
from devtools.wire_objects import OBJECTS


def refusal(shape: Shape, given: object) -> tuple[str | None, str | None]:
    """Return code and parameter of the refusal that `given` meets."""
    with pytest.raises(InvalidParameter) as caught:
        shape.convert(given, "")
    return caught.value.code, caught.value.param


def test_the_files_are_what_the_description_and_the_scope_say():
    source = devtools_wire.read_source()

    for path, text in (
        (devtools_wire.OPERATIONS, devtools_wire.operations(source)),
        (devtools_wire.OUT_OF_SCOPE, devtools_wire.out_of_scope(source)),
        (OBJECTS, devtools_wire.objects_in_scope(source)),
        (devtools_wire.DOCUMENT, devtools_wire.document(source)),
    ):
        assert path.read_text(encoding="utf-8") == text, f"{path} is stale: run `make wire`"
    assert len(wire.operations()) + len(wire.out_of_scope()) == len(source)


@pytest.mark.parametrize("operation", sorted(wire.operations()))
def test_every_operation_in_scope_has_a_shape(operation):
    shape = from_wire(operation)

    assert "expand" in shape.fields
    assert shape.is_listing == ("limit" in shape.fields)
    assert shape.is_search == ("query" in shape.fields)
    assert refusal(shape, {"nonsense": "1"}) == ("parameter_unknown", "nonsense")


def test_kinds_follow_types_and_names():
    payout = from_wire("POST /v1/payouts")

    assert payout.convert(
        {"amount": "1500", "currency": "EUR", "method": "standard", "metadata": {"a": "b"}}, ""
    ) == {"amount": 1500, "currency": "eur", "method": "standard", "metadata": {"a": "b"}}
    assert refusal(payout, {"amount": "x", "currency": "eur"}) == (
        "parameter_invalid_integer",
        "amount",
    )
    assert refusal(payout, {"amount": "0", "currency": "eur"}) == ("amount_too_small", "amount")
    assert refusal(payout, {"amount": "1", "currency": "xxz"}) == ("invalid_currency", "currency")
    assert refusal(payout, {"amount": "1"}) == ("parameter_missing", "currency")
    assert refusal(payout, {"amount": "1", "currency": "eur", "method": "pigeon"})[1] == "method"
    assert refusal(
        payout, {"amount": "1", "currency": "eur", "statement_descriptor": "x" * 23}
    ) == (
        "parameter_invalid_string",
        "statement_descriptor",
    )


def test_a_value_with_alternatives_takes_each_of_them():
    intent = from_wire("POST /v1/payment_intents")
    terms = {"amount": "1", "currency": "eur"}
    for given, taken in (("true", True), ("one_off", "one_off")):
        assert intent.convert({**terms, "off_session": given}, "")["off_session"] == taken

    payouts = from_wire("GET /v1/payouts")
    at = datetime(2026, 1, 1, tzinfo=UTC)
    seconds = str(int(at.timestamp()))
    assert payouts.convert({"arrival_date": seconds}, "")["arrival_date"] == at
    assert payouts.convert({"arrival_date": {"gte": seconds}}, "")["arrival_date"] == {"gte": at}

    source = from_wire("POST /v1/customers/{customer}/cards")
    assert source.convert({"card": "tok_visa"}, "") == {"card": "tok_visa"}
    assert refusal(source, {"card": {"number": "4242"}})[1] == "card[exp_month]"

    link = from_wire("POST /v1/file_links/{link}")
    assert link.convert({"expires_at": "now"}, "") == {"expires_at": "now"}
    assert link.convert({"expires_at": ""}, "") == {"expires_at": None}


def test_what_is_out_of_scope_is_refused_with_its_path_and_never_described():
    intent = from_wire("POST /v1/payment_intents")
    terms = {"amount": "1", "currency": "eur"}

    assert refusal(intent, {**terms, "on_behalf_of": ""}) == (
        "parameter_unsupported",
        "on_behalf_of",
    )
    assert refusal(
        intent, {**terms, "payment_method_data": {"type": "card", "klarna": {"dob": "1"}}}
    ) == ("parameter_unsupported", "payment_method_data[klarna]")
    described = intent.describe()["properties"]
    assert "on_behalf_of" not in described
    assert set(described["payment_method_data"]["properties"]) & {"klarna", "card"} == {"card"}


def test_an_empty_value_unsets_only_what_can_be_unset():
    dispute = from_wire("POST /v1/disputes/{dispute}")

    assert dispute.convert({"metadata": ""}, "") == {"metadata": None}
    assert refusal(dispute, {"submit": ""}) == ("parameter_invalid_empty", "submit")


def test_an_address_is_kept_with_all_its_parts():
    customer = from_wire("POST /v1/customers")

    parts = customer.convert({"address": {"city": "Rome"}}, "")["address"]

    assert parts == {
        **dict.fromkeys(("country", "line1", "line2", "postal_code", "state")),
        "city": "Rome",
    }


def at(shape: Param, *path: str) -> Param:
    """Return the kind at `path` of a shape; an empty step goes into a list."""
    for step in path:
        if isinstance(shape, ListOf):
            shape = shape.item
        else:
            assert isinstance(shape, Shape)
            shape = shape.fields[step]
    return shape


def test_an_override_replaces_one_kind_and_leaves_what_is_around_it():
    plain = from_wire("POST /v1/sources")

    shape = from_wire(
        "POST /v1/sources",
        {
            "owner[email]": Text(max_length=7),
            "source_order[items][][amount]": Amount(minimum=50),
            "owner[nickname]": Text(),
        },
        currency=Currency(required=True),
    )

    assert refusal(shape, {}) == ("parameter_missing", "currency")
    assert isinstance(at(shape, "source_order", "items", "", "quantity"), Integer)
    amount = at(shape, "source_order", "items", "", "amount")
    assert isinstance(amount, Amount)
    assert amount.minimum == 50
    assert isinstance(at(shape, "owner", "nickname"), Text)
    assert isinstance(at(shape, "owner", "name"), Text)
    assert isinstance(at(plain, "owner", "email"), Email)


def test_an_override_goes_into_the_object_among_alternatives():
    shape = from_wire("POST /v1/tokens", {"card[exp_month]": Text()})

    card = shape.fields["card"]
    assert isinstance(card, AnyOf)
    assert isinstance(at(card.kinds[1], "exp_month"), Text)


@pytest.mark.parametrize("path", ["nothing[here]", "currency[inside]", "source_order[items][x][y]"])
def test_an_override_inside_of_nothing_is_a_mistake(path):
    with pytest.raises(KeyError):
        from_wire("POST /v1/sources", {path: Text()})


def test_every_rule_of_the_scope_is_about_something():
    source = devtools_wire.read_source()
    groups = {scope.group_of(name) for name in source}
    marked = {
        spec["reason"]
        for described in wire.operations().values()
        for spec in specs(described["fields"])
        if spec["kind"] == "unsupported"
    }

    assert groups - {None} == {name for name, group in scope.GROUPS.items() if group.operations}
    assert marked == set(scope.REASONS)
    assert isinstance(from_wire("POST /v1/tokens").fields["person"], Unsupported)


def specs(fields):
    """Yield the description of every parameter among `fields`, at any depth."""
    for spec in fields.values():
        yield spec
        yield from specs(spec.get("fields", {}))
        yield from specs(spec.get("item", {}).get("fields", {}))
        for one in spec.get("any", ()):
            yield from specs(one.get("fields", {}))
