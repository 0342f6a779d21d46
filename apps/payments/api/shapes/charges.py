"""The parameters of `/v1/charges`."""

from apps.api.params import Text, listing
from apps.payments.api.shapes.shared import ID

LIST = listing(customer=ID, payment_intent=ID, transfer_group=Text(max_length=255))
