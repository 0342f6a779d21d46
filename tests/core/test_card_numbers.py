"""What is taken for a card number, and what is not."""

import uuid

import pytest

from apps.core import card_numbers, ids

NUMBERS = [
    "4242424242424242",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "6011111111111117",
    "3056930009020004",
    "36227206271667",
    "3566002020360505",
    "6200000000000005",
    "4000000760000002",
]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "spelled",
    [
        "{}",
        "card {}, please",
        "a={}&b=1",
        "no{}no",
        "12 {} 7",
        "4111,{}",
        "{}\n",
    ],
)
def test_a_number_is_found_in_any_text(number, spelled):
    text = spelled.format(number)

    assert card_numbers.has_number(text)
    assert card_numbers.remove(text) == spelled.format("[removed]")


@pytest.mark.parametrize(
    "spelling",
    [
        "4242 4242 4242 4242",
        "4242-4242-4242-4242",
        "4242.4242.4242.4242",
        "4242 – 4242 – 4242 – 4242",
        "4242\u00a04242\u00a04242\u00a04242",
        "\uff14\uff12" * 8,  # full width
        "\u0664\u0662" * 8,  # Arabic-Indic
        "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
    ],
)
def test_a_number_is_found_however_it_is_spelled(spelling):
    assert card_numbers.remove(f"<{spelling}>") == "<[removed]>"


def test_every_number_of_a_text_is_removed():
    text = "4242424242424242 and 5555 5555 5555 4444, 4242424242424242"

    assert card_numbers.remove(text) == "[removed] and [removed], [removed]"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "42",
        "4242424242424241",  # no check digit
        "9999999999999995",  # no network
        "42424242424242424242424242",  # no length
        "2026-11-24T03:00:00.123456+00:00",
        "1795486103123456",  # microseconds
        "1795486103123456789",  # nanoseconds
        "4006381333931",  # a trade item
        "+1 (415) 555-2671 ext. 12",
        "490154203237518",  # the serial number of a telephone
        "550e8400-e29b-41d4-4242-424242424242",
        "stripe-node-retry-4242a242-4242-4242-4242-424242424242",
        "e3b0c4424242424242424242f3b0c44298fc1c14",
        "pi_4242424242424242AbCdEfGh",
    ],
)
def test_what_is_no_card_number_is_left_alone(text):
    assert not card_numbers.has_number(text)
    assert card_numbers.remove(text) == text


def test_identifiers_are_never_taken_for_one():
    many = [ids.new_id("pi") for _ in range(2_000)] + [str(uuid.uuid4()) for _ in range(20_000)]

    assert [one for one in many if card_numbers.has_number(one)] == []


def test_a_long_text_of_digits_is_read_in_no_time():
    assert not card_numbers.has_number("1 " * 50_000)
    assert not card_numbers.has_number("1" * 100_000)
