"""The parameters of `/v1/payment_intents`."""

from apps.api.params import (
    Amount,
    AnyOf,
    Boolean,
    Currency,
    Email,
    ListOf,
    Metadata,
    Param,
    Shape,
    Text,
    Whole,
    address,
    listing,
    operation,
)
from apps.payments.api.shapes.methods import METHOD_FIELDS
from apps.payments.api.shapes.shared import AMOUNT_MAX, ID

SHIPPING = Whole(
    address=address(required=True),
    carrier=Text(),
    name=Text(required=True),
    phone=Text(),
    tracking_number=Text(),
    unset=True,
)
FUTURE_USAGE = Text(choices=("off_session", "on_session"), unset=True)
CARD_OPTIONS = Shape(
    capture_method=Text(choices=("manual",), unset=True),
    request_three_d_secure=Text(choices=("any", "automatic", "challenge")),
    setup_future_usage=Text(choices=("none", "off_session", "on_session"), unset=True),
)
# What describes a payment, in create, update and confirm alike.
DESCRIBING: dict[str, Param] = {
    "description": Text(max_length=1000, unset=True),
    "metadata": Metadata(),
    "payment_method_options": Shape(card=CARD_OPTIONS),
    "receipt_email": Email(max_length=512, unset=True),
    "setup_future_usage": FUTURE_USAGE,
    "shipping": SHIPPING,
    "statement_descriptor": Text(max_length=22, unset=True),
    "statement_descriptor_suffix": Text(max_length=22, unset=True),
    "transfer_group": Text(max_length=255),
}
TERMS: dict[str, Param] = {
    **DESCRIBING,
    "capture_method": Text(choices=("automatic", "automatic_async", "manual")),
    "confirmation_method": Text(choices=("automatic", "manual")),
    "customer": ID,
    "payment_method": Text(max_length=64, unset=True),
    "payment_method_data": Shape(METHOD_FIELDS),
    "payment_method_types": ListOf(Text(choices=("card",)), max_items=10),
}
CONFIRMING: dict[str, Param] = {
    "error_on_requires_action": Boolean(),
    "off_session": AnyOf(Boolean(), Text(choices=("one_off", "recurring"))),
    "return_url": Text(max_length=2048),
    "use_stripe_sdk": Boolean(),
}
CREATE = operation(
    **TERMS,
    **CONFIRMING,
    amount=Amount(maximum=AMOUNT_MAX, required=True),
    automatic_payment_methods=Shape(
        allow_redirects=Text(choices=("always", "never")), enabled=Boolean(required=True)
    ),
    confirm=Boolean(),
    currency=Currency(required=True),
)
UPDATE = operation(**TERMS, amount=Amount(maximum=AMOUNT_MAX), currency=Currency())
CONFIRM = operation(
    **CONFIRMING,
    capture_method=TERMS["capture_method"],
    client_secret=Text(max_length=120),
    payment_method=Text(max_length=64),
    payment_method_data=TERMS["payment_method_data"],
    payment_method_options=TERMS["payment_method_options"],
    payment_method_types=TERMS["payment_method_types"],
    receipt_email=DESCRIBING["receipt_email"],
    setup_future_usage=FUTURE_USAGE,
    shipping=SHIPPING,
)
RETRIEVE = operation(client_secret=Text(max_length=120))
CAPTURE = operation(
    amount_to_capture=Amount(maximum=AMOUNT_MAX),
    final_capture=Boolean(),
    metadata=Metadata(),
    statement_descriptor=Text(max_length=22),
    statement_descriptor_suffix=Text(max_length=22),
)
CANCEL = operation(
    cancellation_reason=Text(
        choices=("abandoned", "duplicate", "fraudulent", "requested_by_customer")
    )
)
LIST = listing(customer=ID)
