"""The cash of customers: money that they transferred, and the payments that take it.

A transfer is one transaction; every payment that it pays is one more, so that each holds its locks
for a moment only. Should the process die between them, a job goes on.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from apps.core import context, ids, jobs
from apps.core.errors import Invalid, NotFound
from apps.core.money import Money
from apps.core.use_cases import use_case
from apps.customers import queries as customers
from apps.events import services as events
from apps.ledger import services as ledger
from apps.payments import domain, processors, queries
from apps.payments.domain import AttemptStatus, Notification
from apps.payments.models import Attempt, CashBalance, CashTransaction, PaymentIntent
from apps.payments.processors import simulator
from apps.payments.services import funding, purses, recording
from apps.payments.services.recording import cash as recorded

# When a job looks after a transfer whose process may have died before it paid what was open.
_LOOK_AFTER: Final = timedelta(minutes=1)


@use_case
def update_cash_balance(*, customer_id: str, given: dict[str, Any]) -> CashBalance:
    """Say whether transfers pay by themselves what is open.

    :raises NotFound: there is no such customer.
    """
    customers.get_living_customer(customer_id)
    purses.set_mode(customer_id, settings=given.get("settings") or {})
    return queries.get_cash_balance(customer_id)


def fund_cash_balance(
    *, customer_id: str, money: Money, reference: str | None, now: datetime
) -> CashTransaction:
    """Let a customer transfer money, in a sandbox; it pays what is open, the oldest first.

    :param reference: what the customer wrote: a payment that it names is paid before others.
    :raises NotFound: there is no such customer.
    :raises NoProcessor: the environment is live, where money comes from banks alone.
    """
    bank = processors.current(livemode=context.current().environment.livemode)
    customers.get_living_customer(customer_id)
    claim_id = context.current().claim_id
    # The same request again is the same transfer.
    transfer = ids.new_id("transfer") if claim_id is None else f"transfer_{claim_id}"
    simulator.receive_transfer(transfer, customer=customer_id, money=money, note=reference, now=now)
    received = _receive(
        customer_id=customer_id,
        money=money,
        transfer=transfer,
        reference=reference,
        processor=bank.name,
        now=now,
    )
    pay_waiting(customer_id=customer_id, now=now)
    return received


def receive_notice(notification: Notification, *, processor: str, now: datetime) -> None:
    """Take in a transfer that a processor tells of; once it is known, nothing happens.

    :raises Invalid: it is of nobody here.
    """
    facts = notification.facts
    try:
        # A job runs as the environment's own account: whose the customer is, the row says.
        account_id = customers.get_account_of_customer(facts["customer"])
        with context.amended(account_id=account_id):
            _receive(
                customer_id=facts["customer"],
                money=Money(facts["amount"], facts["currency"]),
                transfer=notification.reference,
                reference=facts["note"],
                processor=processor,
                now=now,
            )
    except NotFound as missing:
        raise Invalid(missing.message, code=missing.code) from None
    with context.amended(account_id=account_id):
        pay_waiting(customer_id=facts["customer"], now=now)


@use_case
def apply_customer_balance(
    *, intent_id: str, amount: int | None, currency: str | None, now: datetime
) -> PaymentIntent:
    """Let a payment take of its customer's cash what it still needs, or as much as is said.

    :raises IllegalMove: it does not wait for a bank transfer.
    :raises NotEnoughCash: the customer has less.
    """
    intent = queries.get_payment_intent(intent_id, for_update=True)
    attempt = _waiting(intent)
    if currency is not None and currency != intent.currency:
        raise Invalid(
            f"This PaymentIntent is in {intent.currency}.",
            code="parameter_invalid",
            param="currency",
        )
    assert intent.customer_id is not None
    purse = purses.lock(intent.customer_id, currency=intent.currency)
    money = domain.amount_to_apply(
        amount, remaining=recorded.remaining(intent), available=purse.available
    )
    return recorded.apply(attempt, money=money, purse=purse, now=now)


def pay_waiting(*, customer_id: str, now: datetime) -> None:
    """Pay out of a customer's cash what waits for it, the oldest first. Safe to repeat."""
    if not queries.is_cash_automatic(customer_id):
        return
    for currency in queries.get_available_cash(customer_id):
        waiting = queries.list_waiting_for_cash(customer_id, currency=currency)
        named = _last_reference(customer_id, currency)
        # Sorting keeps the order of what is alike.
        for attempt in sorted(waiting, key=lambda one: _reference(one) != named):
            if not _pay_one(attempt, now=now):
                break


@use_case
def _receive(
    *,
    customer_id: str,
    money: Money,
    transfer: str,
    reference: str | None,
    processor: str,
    now: datetime,
) -> CashTransaction:
    """Add a transfer to a customer's cash, once; a deleted one has their money, too."""
    customers.get_customer(customer_id)
    purse = purses.lock(customer_id, currency=money.currency)
    known = queries.find_transfer(transfer)
    if known is not None:
        return known
    received, draft = purse.receive(
        money,
        transfer=transfer,
        processor=processor,
        details={"reference": reference},
        now=now,
    )
    ledger.post_many([draft])
    job = jobs.Due(
        key=f"cash:{received.id}",
        task="payments.pay_waiting",
        due_at=now + _LOOK_AFTER,
        kwargs={"account_id": received.account_id, "customer_id": customer_id},
    )
    events.record([events.Change(purses.TOLD, received)], schedule=[job])
    return received


@transaction.atomic(durable=True)
def _pay_one(attempt: Attempt, *, now: datetime) -> bool:
    """Let a payment take what the customer has; return whether anything may be left for others."""
    locked = recording.lock(attempt)
    if locked.status != AttemptStatus.ACTING:
        return True
    intent = locked.payment_intent
    assert intent is not None
    assert intent.customer_id is not None
    purse = purses.lock(intent.customer_id, currency=intent.currency)
    left = recorded.remaining(intent)
    money = min(left, purse.available)
    if not money:
        return False
    recorded.apply(locked, money=money, purse=purse, now=now)
    return money == left


def _waiting(intent: PaymentIntent) -> Attempt:
    """Return the attempt of a payment that waits for a bank transfer.

    :raises IllegalMove: it does not.
    """
    found = intent.attempts.filter(
        status=AttemptStatus.ACTING.value, action__type="bank_transfer"
    ).first()
    if found is None:
        raise domain.IllegalMove(
            "This PaymentIntent does not wait for a bank transfer: confirm it with a "
            f"customer_balance payment method first. Its status is {intent.status}.",
            payment_intent=intent,
        )
    return recording.lock(found)


def _last_reference(customer_id: str, currency: str) -> str | None:
    """Return what the customer wrote on their last transfer."""
    last = queries.list_cash_transactions(customer_id).filter(type="funded", currency=currency)
    received = last.order_by("-id").first()
    reference = received.details.get("reference") if received is not None else None
    return reference.strip().upper() if reference else None


def _reference(attempt: Attempt) -> str:
    assert attempt.payment_intent_id is not None
    return funding.reference_of(attempt.payment_intent_id)
