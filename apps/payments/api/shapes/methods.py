"""The parameters of `/v1/payment_methods`."""

from apps.api.params import (
    CREATED,
    Email,
    Integer,
    Param,
    Shape,
    Text,
    address,
    from_wire,
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
TYPES = ("card", "customer_balance", "sepa_debit", "us_bank_account")
# In a request of its own, and as `payment_method_data` of what is to be paid or set up.
METHOD_FIELDS: dict[str, Param] = from_wire(
    "POST /v1/payment_methods",
    billing_details=BILLING_DETAILS,
    type=Text(choices=TYPES, required=True),
).fields
METHOD_FIELDS.pop("expand")
CREATE = operation(**METHOD_FIELDS)
UPDATE = from_wire(
    "POST /v1/payment_methods/{payment_method}",
    {
        "billing_details": BILLING_DETAILS,
        "card[exp_month]": Integer(minimum=1, maximum=12),
        "card[exp_year]": Integer(minimum=2000, maximum=2100),
    },
)
ATTACH = from_wire(
    "POST /v1/payment_methods/{payment_method}/attach",
    customer=Text(max_length=64, required=True),
)
DETACH = from_wire("POST /v1/payment_methods/{payment_method}/detach")
LIST = from_wire("GET /v1/payment_methods", customer=ID, created=CREATED)
OF_CUSTOMER = from_wire(
    "GET /v1/customers/{customer}/payment_methods", customer=ID, created=CREATED
)
