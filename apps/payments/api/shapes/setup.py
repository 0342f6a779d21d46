"""The parameters of `/v1/setup_intents` and `/v1/setup_attempts`."""

from apps.api.params import Param, Text, from_wire
from apps.payments.api.shapes.intents import CLIENT_SECRET, MANDATE_TIMES, METHOD_DATA, RETURN_URL
from apps.payments.api.shapes.shared import ID

_INTENT = "/v1/setup_intents/{intent}"
_TERMS: dict[str, Param] = {**METHOD_DATA, **MANDATE_TIMES, "payment_method": ID}
CREATE = from_wire("POST /v1/setup_intents", _TERMS, customer=ID, return_url=RETURN_URL)
RETRIEVE = from_wire(f"GET {_INTENT}", client_secret=CLIENT_SECRET)
UPDATE = from_wire(f"POST {_INTENT}", _TERMS, customer=ID)
CONFIRM = from_wire(
    f"POST {_INTENT}/confirm", _TERMS, client_secret=CLIENT_SECRET, return_url=RETURN_URL
)
CANCEL = from_wire(f"POST {_INTENT}/cancel")
LIST = from_wire("GET /v1/setup_intents", customer=ID, payment_method=ID)
ATTEMPTS = from_wire("GET /v1/setup_attempts", setup_intent=Text(max_length=64, required=True))
