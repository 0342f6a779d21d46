"""Spending tokens: each is used once, whoever asks first."""

from datetime import datetime

from apps.core import ids
from apps.core.errors import Invalid
from apps.payments.models import Token

# What follows the prefix of an id is longer than any name of a card that every sandbox has.
_SUFFIX_LENGTH = ids.TIME_LENGTH + ids.TAIL_LENGTH


class TokenAlreadyUsed(Invalid):
    """A token was used before: it is for one use."""

    code = "token_already_used"


def is_token(name: str | None) -> bool:
    """Return whether this is the id of a token, and not a name like `tok_visa`."""
    prefix, _, suffix = (name or "").partition("_")
    return prefix == "tok" and len(suffix) == _SUFFIX_LENGTH and suffix.isalnum()


def spend(token_id: str, *, kind: str, param: str, now: datetime) -> Token:
    """Return a token of the account that nobody has used, and mark it as used.

    Part of the caller's transaction: what is refused afterwards leaves the token unused.

    :param kind: what the token has to be of, `card` or `bank_account`; empty: either.
    :raises Invalid: there is no such token, or it is of something else.
    :raises TokenAlreadyUsed: it was used before.
    """
    rows = Token.objects.owned().select_for_update(no_key=True)
    token = rows.filter(pk=token_id).first()
    if token is None:
        raise Invalid(f"No such token: '{token_id}'", code="resource_missing", param=param)
    if not token.token or kind not in ("", token.type):
        raise Invalid(
            f"The token {token_id} is of the type {token.type}, which cannot be used here.",
            code="token_wrong_type",
            param=param,
        )
    if token.used_at is not None:
        raise TokenAlreadyUsed(
            f"You cannot use a token more than once: {token_id} was used before.", param=param
        )
    token.used_at = now
    token.save(update_fields=["used_at"])
    return token
