"""The parameters of telling micro-deposits."""

from apps.api.params import Text, from_wire

_CODE = Text(max_length=20)
OF_PAYMENT = from_wire(
    "POST /v1/payment_intents/{intent}/verify_microdeposits", descriptor_code=_CODE
)
OF_SETUP = from_wire("POST /v1/setup_intents/{intent}/verify_microdeposits", descriptor_code=_CODE)
