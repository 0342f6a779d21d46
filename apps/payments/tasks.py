"""What is due in payments: enquiries, notifications, and what happens when a time is over."""

from datetime import datetime

from celery import shared_task

from apps.core import clock, context
from apps.payments import services


@shared_task(name="payments.enquire")
def enquire(*, attempt_id: str, **_: object) -> None:
    services.enquire(attempt_id=attempt_id, now=clock.now())


@shared_task(name="payments.expire")
def expire(*, intent_id: str, **_: object) -> None:
    services.expire_authorisation(intent_id=intent_id, now=clock.now())


@shared_task(name="payments.release_abandoned")
def release_abandoned(*, attempt_id: str, **_: object) -> None:
    services.release_abandoned(attempt_id=attempt_id, now=clock.now())


@shared_task(name="payments.dispute_due")
def end_overdue_dispute(*, dispute_id: str, **_: object) -> None:
    services.end_overdue_dispute(dispute_id=dispute_id, now=clock.now())


@shared_task(name="payments.pay_waiting")
def pay_waiting(*, account_id: str, customer_id: str, **_: object) -> None:
    with context.amended(account_id=account_id):
        services.pay_waiting(customer_id=customer_id, now=clock.now())


@shared_task(name="payments.notice")
def apply_notification(*, notification_id: int, **_: object) -> None:
    services.apply_notification(notification_id=notification_id, now=clock.now())


@shared_task(name="payments.simulate")
def simulate(*, event_id: int, **_: object) -> None:
    services.simulate(event_id=event_id, now=clock.now())


@shared_task(name="payments.expire_charge")
def expire_charge(*, charge_id: str, **_: object) -> None:
    services.expire_charge(charge_id=charge_id, now=clock.now())


@shared_task(name="payments.reconcile")
def reconcile(*, since: str | None = None, **_: object) -> None:
    begin = None if since is None else datetime.fromisoformat(since)
    services.run_reconciliation(since=begin, now=clock.now())
