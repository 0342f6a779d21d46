"""The parameters of the operations of payments."""

from apps.api.params import (
    Amount,
    AnyOf,
    Boolean,
    Currency,
    Email,
    Integer,
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

AMOUNT_MAX = 999_999_999_999
ID = Text(max_length=64)
BILLING_DETAILS = Shape(
    address=address(unset=True),
    email=Email(max_length=512, unset=True),
    name=Text(unset=True),
    phone=Text(unset=True),
    tax_id=Text(unset=True),
)
CARD = Shape(
    cvc=Text(max_length=5),
    exp_month=Integer(minimum=1, maximum=12),
    exp_year=Integer(minimum=2000, maximum=2100),
    number=Text(max_length=40),
    token=Text(max_length=80),
)
ALLOW_REDISPLAY = Text(choices=("always", "limited", "unspecified"))
METHOD_FIELDS: dict[str, Param] = {
    "allow_redisplay": ALLOW_REDISPLAY,
    "billing_details": BILLING_DETAILS,
    "card": CARD,
    "metadata": Metadata(),
    "type": Text(choices=("card",), required=True),
}
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

CREATE_INTENT = operation(
    **TERMS,
    **CONFIRMING,
    amount=Amount(maximum=AMOUNT_MAX, required=True),
    automatic_payment_methods=Shape(
        allow_redirects=Text(choices=("always", "never")), enabled=Boolean(required=True)
    ),
    confirm=Boolean(),
    currency=Currency(required=True),
)
UPDATE_INTENT = operation(**TERMS, amount=Amount(maximum=AMOUNT_MAX), currency=Currency())
CONFIRM_INTENT = operation(
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
RETRIEVE_INTENT = operation(client_secret=Text(max_length=120))
CAPTURE_INTENT = operation(
    amount_to_capture=Amount(maximum=AMOUNT_MAX),
    final_capture=Boolean(),
    metadata=Metadata(),
    statement_descriptor=Text(max_length=22),
    statement_descriptor_suffix=Text(max_length=22),
)
CANCEL_INTENT = operation(
    cancellation_reason=Text(
        choices=("abandoned", "duplicate", "fraudulent", "requested_by_customer")
    )
)
LIST_INTENTS = listing(customer=ID)

CREATE_METHOD = operation(**METHOD_FIELDS)
UPDATE_METHOD = operation(
    allow_redisplay=ALLOW_REDISPLAY,
    billing_details=BILLING_DETAILS,
    card=Shape(exp_month=CARD.fields["exp_month"], exp_year=CARD.fields["exp_year"]),
    metadata=Metadata(),
)
ATTACH_METHOD = operation(customer=Text(max_length=64, required=True))
LIST_METHODS = listing(customer=ID, type=Text(choices=("card",)))

LIST_CHARGES = listing(customer=ID, payment_intent=ID, transfer_group=Text(max_length=255))

CREATE_REFUND = operation(
    amount=Amount(maximum=AMOUNT_MAX),
    charge=ID,
    metadata=Metadata(),
    payment_intent=ID,
    reason=Text(choices=("duplicate", "fraudulent", "requested_by_customer")),
)
UPDATE_REFUND = operation(metadata=Metadata())
LIST_REFUNDS = listing(charge=ID, payment_intent=ID)
