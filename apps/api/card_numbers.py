"""No card number where none belongs: requests that carry one elsewhere are refused whole.

What is never taken can never be stored, logged or sent on. The one place for a number is a
parameter of the kind `CardNumber`; what becomes of it there, the room says whose parameter it is.
"""

from collections.abc import Mapping
from typing import Any

from apps.api.params import AccountNumber, AnyOf, CardNumber, ListOf, MapOf, Param, Shape
from apps.api.uploads import Upload
from apps.core import card_numbers
from apps.core.errors import Invalid

ADVICE = (
    "This looks like the number of a card. Numbers are taken in test mode alone, of the published "
    "test cards, and as the number of a card alone. Elsewhere, and with real cards, send the token "
    "or the payment method that the card's data was exchanged for."
)


class CardNumberMisplaced(Invalid):
    """A card number was sent where none belongs. It is not repeated."""

    code = "card_number_refused"


def check_parameters(given: Mapping[str, Any], shape: Shape) -> None:
    """Look through all names and values of a request.

    :param shape: says which parameters may be a card number.
    :raises CardNumberMisplaced: there is one elsewhere; `param` is its path, without digits of it.
    """
    for name, value in given.items():
        _check_named(name, value, shape.fields.get(name), name)


def check_text(text: str | None, *, where: str, param: str | None = None) -> None:
    """Look at a header, or at a part of the address.

    :raises CardNumberMisplaced: it is, or holds, a card number.
    """
    if text and card_numbers.has_number(text):
        raise CardNumberMisplaced(f"{where}: {ADVICE}", param=param)


def _check_named(name: str, value: Any, kind: Param | None, path: str) -> None:
    if len(name) >= card_numbers.LENGTHS.start and card_numbers.has_number(name):
        raise _refusal(path)
    _check(value, kind, path)


def _check(value: Any, kind: Param | None, path: str) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            _check_named(name, inner, _inside(kind, name), f"{path}[{name}]")
    elif isinstance(value, list):
        item = kind.item if isinstance(kind, ListOf) else None
        for index, inner in enumerate(value):
            _check(inner, item, f"{path}[{index}]")
    elif not isinstance(kind, (CardNumber, AccountNumber)) and _is_suspicious(value):
        raise _refusal(path)


def _is_suspicious(value: Any) -> bool:
    if isinstance(value, str):
        return card_numbers.has_number(value)
    if isinstance(value, Upload):
        return card_numbers.has_number(value.filename)
    # JSON may carry it as a number.
    return type(value) is int and card_numbers.has_number(str(value))


def _inside(kind: Param | None, name: str) -> Param | None:
    """Return what a value of this name inside of an object must be, as far as anybody knows."""
    if isinstance(kind, MapOf):
        return kind.item
    shapes = kind.kinds if isinstance(kind, AnyOf) else (kind,)
    return next(
        (one.fields[name] for one in shapes if isinstance(one, Shape) and name in one.fields), None
    )


def _refusal(path: str) -> CardNumberMisplaced:
    shown = card_numbers.remove(path)[:200]
    return CardNumberMisplaced(f"{shown}: {ADVICE}", param=shown)
