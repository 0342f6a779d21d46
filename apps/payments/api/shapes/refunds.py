"""The parameters of `/v1/refunds`, and of the refunds of a charge."""

from apps.api.params import Unsupported, from_wire

# A refund is of a charge; the cash balance of a customer is given back by no refund.
_ORIGIN = Unsupported("a refund is of a charge: name the charge or the payment_intent")

CREATE = from_wire("POST /v1/refunds", origin=_ORIGIN)
RETRIEVE = from_wire("GET /v1/refunds/{refund}")
UPDATE = from_wire("POST /v1/refunds/{refund}")
CANCEL = from_wire("POST /v1/refunds/{refund}/cancel")
EXPIRE = from_wire("POST /v1/test_helpers/refunds/{refund}/expire")
LIST = from_wire("GET /v1/refunds")

REFUND_CHARGE = from_wire("POST /v1/charges/{charge}/refund")
CREATE_OF_CHARGE = from_wire("POST /v1/charges/{charge}/refunds", origin=_ORIGIN)
RETRIEVE_OF_CHARGE = from_wire("GET /v1/charges/{charge}/refunds/{refund}")
UPDATE_OF_CHARGE = from_wire("POST /v1/charges/{charge}/refunds/{refund}")
LIST_OF_CHARGE = from_wire("GET /v1/charges/{charge}/refunds")
