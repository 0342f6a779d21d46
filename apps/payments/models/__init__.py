"""Tables of payments, per environment."""

from apps.payments.models.attempts import Attempt
from apps.payments.models.cash import CashBalance, CashTransaction, FundingAddress
from apps.payments.models.charges import Charge
from apps.payments.models.disputes import Dispute
from apps.payments.models.intents import PaymentIntent
from apps.payments.models.mandates import Mandate
from apps.payments.models.methods import PaymentMethod
from apps.payments.models.notifications import ReceivedNotification
from apps.payments.models.refunds import Refund
from apps.payments.models.setup import SetupAttempt, SetupIntent
from apps.payments.models.simulator import Scenario, SimulatedEvent, SimulatedOrder
from apps.payments.models.sources import Source, Token

__all__ = [
    "Attempt",
    "CashBalance",
    "CashTransaction",
    "Charge",
    "Dispute",
    "FundingAddress",
    "Mandate",
    "PaymentIntent",
    "PaymentMethod",
    "ReceivedNotification",
    "Refund",
    "Scenario",
    "SetupAttempt",
    "SetupIntent",
    "SimulatedEvent",
    "SimulatedOrder",
    "Source",
    "Token",
]
