"""The parameters of `/v1/payment_intents`: those of the wire, and what was taken before.

A few are taken empty as well, which unsets them, because libraries send them so.
"""

from apps.api.params import Amount, Boolean, Email, Integer, Param, Text, from_wire
from apps.payments.api.shapes.methods import BILLING_DETAILS
from apps.payments.api.shapes.shared import AMOUNT_MAX, ID

_INTENT = "/v1/payment_intents/{intent}"
_CARD = "payment_method_options[card]"
# Kept as they come, and shown again: whole seconds.
MANDATE_TIMES: dict[str, Param] = {
    f"{_CARD}[mandate_options][{name}]": Integer(minimum=0) for name in ("start_date", "end_date")
}
METHOD_DATA: dict[str, Param] = {"payment_method_data[billing_details]": BILLING_DETAILS}
RETURN_URL = Text(max_length=2048)
CLIENT_SECRET = Text(max_length=120)
FUTURE_USAGE = Text(choices=("off_session", "on_session"), unset=True)
# What a confirmation may change as well.
_CHANGING: dict[str, Param] = {
    **MANDATE_TIMES,
    **METHOD_DATA,
    f"{_CARD}[capture_method]": Text(choices=("manual",), unset=True),
    f"{_CARD}[setup_future_usage]": Text(choices=("none", "off_session", "on_session"), unset=True),
    "receipt_email": Email(max_length=512, unset=True),
    "setup_future_usage": FUTURE_USAGE,
}
_TERMS: dict[str, Param] = {
    **_CHANGING,
    "customer": ID,
    "description": Text(max_length=1000, unset=True),
    "payment_method": Text(max_length=64, unset=True),
    "statement_descriptor": Text(max_length=22, unset=True),
    "statement_descriptor_suffix": Text(max_length=22, unset=True),
    "transfer_group": Text(max_length=255),
}
CREATE = from_wire(
    "POST /v1/payment_intents",
    _TERMS,
    amount=Amount(maximum=AMOUNT_MAX, required=True),
    confirm=Boolean(),
    mandate=ID,
    return_url=RETURN_URL,
)
UPDATE = from_wire(f"POST {_INTENT}", _TERMS, amount=Amount(maximum=AMOUNT_MAX))
CONFIRM = from_wire(
    f"POST {_INTENT}/confirm",
    _CHANGING,
    client_secret=CLIENT_SECRET,
    mandate=ID,
    payment_method=ID,
    return_url=RETURN_URL,
)
RETRIEVE = from_wire(f"GET {_INTENT}", client_secret=CLIENT_SECRET)
CAPTURE = from_wire(
    f"POST {_INTENT}/capture",
    amount_to_capture=Amount(maximum=AMOUNT_MAX),
    statement_descriptor=Text(max_length=22),
    statement_descriptor_suffix=Text(max_length=22),
)
INCREMENT = from_wire(
    f"POST {_INTENT}/increment_authorization", amount=Amount(maximum=AMOUNT_MAX, required=True)
)
LINE_ITEMS = from_wire(f"GET {_INTENT}/amount_details_line_items")
CANCEL = from_wire(f"POST {_INTENT}/cancel")
LIST = from_wire("GET /v1/payment_intents", customer=ID)
