"""Money that a charge brings: posted, less the fee of the hosting plan."""

from datetime import datetime, timedelta

from apps.balances import services as balances
from apps.core import jobs
from apps.core.money import Money
from apps.ledger.domain import chart
from apps.payments.domain import accounts
from apps.payments.models import Charge
from apps.payments.services import purses
from apps.tenants import queries as tenants


def take(
    charge: Charge, *, money: Money, now: datetime, at_once: bool, reference: str = ""
) -> jobs.Due:
    """Post what was captured, less the fee of the hosting plan; return the job of its release.

    :param reference: of a capture after the first one; each is a balance transaction of its own.
    """
    plan = tenants.current_plan()
    method_type = charge.payment_method_details["type"]
    # A debit may be sent back for some days: until then its money is not available.
    delay = max(plan.available_after, accounts.DEBIT_AVAILABLE_AFTER.get(method_type, timedelta(0)))
    available_on = now if at_once else now + delay
    is_cash = method_type == "customer_balance"
    wanted = balances.NewTransaction(
        kind="charge" if method_type == "card" else "payment",
        source=charge.id,
        money=money,
        fee=plan.fee_schedule.fee(money),
        processor=charge.processor,
        reference=reference or f"charge:{charge.id}",
        description=charge.description,
        available_on=available_on,
        against=chart.customer_applied(charge.customer_id or "") if is_cash else "",
    )
    first = [purses.take_rest(charge, money=money, now=now)] if is_cash else []
    (posted,) = balances.post_balance_transactions([wanted], now=now, after=first)
    charge.amount_captured_minor += money.minor
    charge.is_captured = True
    charge.available_on = available_on
    charge.balance_transaction_id = charge.balance_transaction_id or posted.id
    return posted.release
