"""The parameters of `/v1/charges`."""

from apps.api.params import Amount, Currency, Text, from_wire, listing
from apps.payments.api.shapes.shared import AMOUNT_MAX, ID

# A card with its number is taken under either name.
_CARD = from_wire("POST /v1/charges").fields["card"]

CREATE = from_wire(
    "POST /v1/charges",
    amount=Amount(maximum=AMOUNT_MAX, required=True),
    currency=Currency(required=True),
    source=_CARD,
)
UPDATE = from_wire("POST /v1/charges/{charge}")
CAPTURE = from_wire("POST /v1/charges/{charge}/capture")
LIST = listing(customer=ID, payment_intent=ID, transfer_group=Text(max_length=255))
