"""What an update changed."""

import pytest

from apps.events.domain import previous_attributes


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, {"b": 2}),
        ({"a": None}, {"a": "x"}, {"a": None}),
        ({"a": "x"}, {}, {"a": "x"}),
        ({}, {"a": "x"}, {"a": None}),
        ({"m": {"k": "1", "l": "2"}}, {"m": {"k": "1", "l": "3"}}, {"m": {"l": "2"}}),
        ({"m": {}}, {"m": {"k": "1"}}, {"m": {"k": None}}),
        ({"m": {"k": "1"}}, {"m": None}, {"m": {"k": "1"}}),
        ({"l": [1, 2]}, {"l": [1, 3]}, {"l": [1, 2]}),
        ({"a": 0}, {"a": None}, {"a": 0}),
    ],
)
def test_only_what_differs_is_told_as_it_was(before, after, changed):
    assert previous_attributes(before, after) == changed
