"""How a token looks on the wire."""

from apps.api.registry import ResourceType, Wire
from apps.core.clock import to_unix
from apps.payments.api.resources.customer_sources import show_bank_account, show_card
from apps.payments.api.resources.shared import finder, livemode
from apps.payments.models import Token

_SHOW = {"card": show_card, "bank_account": show_bank_account}


def render_token(token: Token) -> Wire:
    """Return the wire's token. Where it was made is not kept."""
    shown: Wire = {
        "id": token.id,
        "object": "token",
        "client_ip": None,
        "created": to_unix(token.created_at),
        "livemode": livemode(),
        "type": token.type,
        "used": token.used_at is not None,
    }
    if token.type in _SHOW:
        facts = token.facts
        shown[token.type] = _SHOW[token.type](
            token.object_id, facts["columns"], owner=facts["owner"], facts=facts["facts"]
        )
    return shown


RESOURCES = (
    ResourceType(
        prefix="tok",
        name="token",
        model=Token,
        render=render_token,
        # Whoever made it knows the card: a browser sees what it has just sent.
        render_public=render_token,
        find_many=finder(Token),
    ),
)
