"""Tables of payments, per environment."""

from apps.payments.models.attempts import Attempt
from apps.payments.models.charges import Charge
from apps.payments.models.intents import PaymentIntent
from apps.payments.models.methods import PaymentMethod
from apps.payments.models.refunds import Refund
from apps.payments.models.simulator import SimulatedOrder

__all__ = [
    "Attempt",
    "Charge",
    "PaymentIntent",
    "PaymentMethod",
    "Refund",
    "SimulatedOrder",
]
