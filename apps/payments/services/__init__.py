"""Use cases of payments: the only place with transactions.

`intents` and `refunds` claim; `attempts` calls the processor and records; `methods` keeps ways to
pay.
"""

from apps.payments.services.attempts import enquire
from apps.payments.services.canceling import cancel_payment_intent, expire_authorisation
from apps.payments.services.capturing import capture_payment_intent, increment_authorization
from apps.payments.services.cash import (
    apply_customer_balance,
    fund_cash_balance,
    pay_waiting,
    update_cash_balance,
)
from apps.payments.services.challenge_links import read as read_challenge
from apps.payments.services.challenges import Shown as ShownChallenge
from apps.payments.services.challenges import answer_challenge, get_challenge
from apps.payments.services.confirming import confirm_payment_intent
from apps.payments.services.customer_sources import (
    create_customer_source,
    delete_customer_source,
    update_customer_source,
    verify_bank_account,
)
from apps.payments.services.disputes import end_overdue_dispute
from apps.payments.services.evidence import close_dispute, update_dispute
from apps.payments.services.funding import create_funding_instructions
from apps.payments.services.giving_up import release_abandoned
from apps.payments.services.intents import create_payment_intent, update_payment_intent
from apps.payments.services.legacy_charges import (
    capture_charge,
    create_charge,
    expire_charge,
    update_charge,
)
from apps.payments.services.methods import (
    attach_payment_method,
    create_payment_method,
    detach_payment_method,
    update_payment_method,
)
from apps.payments.services.microdeposits import (
    find_deposits,
    verify_attempt,
    verify_payment_intent,
    verify_setup_intent,
)
from apps.payments.services.notifications import apply as apply_notification
from apps.payments.services.notifications import receive as receive_notification
from apps.payments.services.notifications import simulate
from apps.payments.services.reconciling import reconcile, run_reconciliation
from apps.payments.services.refund_endings import expire_refund
from apps.payments.services.refunds import (
    cancel_refund,
    create_refund,
    refund_charge,
    update_refund,
)
from apps.payments.services.scenarios import (
    advance_scenario,
    create_scenario,
    create_scenarios,
    end_scenario,
)
from apps.payments.services.setup import (
    cancel_setup_intent,
    confirm_setup_intent,
    create_setup_intent,
    update_setup_intent,
)
from apps.payments.services.sources import create_source, update_source, verify_source
from apps.payments.services.tokens import create_token

__all__ = [
    "ShownChallenge",
    "advance_scenario",
    "answer_challenge",
    "apply_customer_balance",
    "apply_notification",
    "attach_payment_method",
    "cancel_payment_intent",
    "cancel_refund",
    "cancel_setup_intent",
    "capture_charge",
    "capture_payment_intent",
    "close_dispute",
    "confirm_payment_intent",
    "confirm_setup_intent",
    "create_charge",
    "create_customer_source",
    "create_funding_instructions",
    "create_payment_intent",
    "create_payment_method",
    "create_refund",
    "create_scenario",
    "create_scenarios",
    "create_setup_intent",
    "create_source",
    "create_token",
    "delete_customer_source",
    "detach_payment_method",
    "end_overdue_dispute",
    "end_scenario",
    "enquire",
    "expire_authorisation",
    "expire_charge",
    "expire_refund",
    "find_deposits",
    "fund_cash_balance",
    "get_challenge",
    "increment_authorization",
    "pay_waiting",
    "read_challenge",
    "receive_notification",
    "reconcile",
    "refund_charge",
    "release_abandoned",
    "run_reconciliation",
    "simulate",
    "update_cash_balance",
    "update_charge",
    "update_customer_source",
    "update_dispute",
    "update_payment_intent",
    "update_payment_method",
    "update_refund",
    "update_setup_intent",
    "update_source",
    "verify_attempt",
    "verify_bank_account",
    "verify_payment_intent",
    "verify_setup_intent",
    "verify_source",
]
