"""The parameters of `/v1/refunds`."""

from apps.api.params import Amount, Metadata, Text, listing, operation
from apps.payments.api.shapes.shared import AMOUNT_MAX, ID

CREATE = operation(
    amount=Amount(maximum=AMOUNT_MAX),
    charge=ID,
    metadata=Metadata(),
    payment_intent=ID,
    reason=Text(choices=("duplicate", "fraudulent", "requested_by_customer")),
)
UPDATE = operation(metadata=Metadata())
LIST = listing(charge=ID, payment_intent=ID)
