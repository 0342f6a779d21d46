"""The parameters of `/v1/payment_methods`."""

from apps.api.params import (
    CardNumber,
    Email,
    Integer,
    Metadata,
    Param,
    Shape,
    Text,
    address,
    listing,
    operation,
)
from apps.payments.api.shapes.shared import ID

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
    number=CardNumber(),
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
CREATE = operation(**METHOD_FIELDS)
UPDATE = operation(
    allow_redisplay=ALLOW_REDISPLAY,
    billing_details=BILLING_DETAILS,
    card=Shape(exp_month=CARD.fields["exp_month"], exp_year=CARD.fields["exp_year"]),
    metadata=Metadata(),
)
ATTACH = operation(customer=Text(max_length=64, required=True))
LIST = listing(customer=ID, type=Text(choices=("card",)))
