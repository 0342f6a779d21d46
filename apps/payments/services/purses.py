"""The cash of a customer, locked: every change of it is written here, and posted by the caller.

Whoever holds an intent and a purse took the intent first.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from apps.core import context, ids
from apps.core.money import Money
from apps.events import services as events
from apps.ledger.domain import Draft, Posting, chart
from apps.payments import queries
from apps.payments.models import CashBalance, CashTransaction, Charge, Refund

# The event that tells of a change.
TOLD: Final = "customer_cash_balance_transaction.created"


@dataclass(slots=True)
class Purse:
    """What a customer has in one currency, locked until the caller's transaction ends.

    :ivar available: what no payment took; it follows the changes that are made here.
    :ivar is_automatic: a transfer pays what is open by itself.
    """

    customer_id: str
    available: Money
    is_automatic: bool

    def receive(
        self, money: Money, *, transfer: str, processor: str, details: dict[str, Any], now: datetime
    ) -> tuple[CashTransaction, Draft]:
        """Note that `money` came by a bank transfer.

        :param transfer: how the processor knows it.
        """
        moved = self._note("funded", money, now=now, transfer=transfer, details=details)
        receivable = chart.processor_receivable(processor)
        posting = Posting(debit=receivable, credit=self._cash, money=money)
        return moved, _draft(f"funding:{moved.id}", posting, moved)

    def apply(
        self, money: Money, *, intent_id: str, now: datetime
    ) -> tuple[CashTransaction, Draft]:
        """Note that a payment takes `money`."""
        moved = self._note("applied_to_payment", -money, now=now, intent_id=intent_id)
        posting = Posting(debit=self._cash, credit=self._applied, money=money)
        return moved, _draft(f"applied:{moved.id}", posting, moved)

    def give_back(
        self, money: Money, *, intent_id: str, now: datetime
    ) -> tuple[CashTransaction, Draft]:
        """Note that a payment gives back what it took."""
        moved = self._note("unapplied_from_payment", money, now=now, intent_id=intent_id)
        posting = Posting(debit=self._applied, credit=self._cash, money=money)
        return moved, _draft(f"unapplied:{moved.id}", posting, moved)

    def refund(self, money: Money, *, refund_id: str, now: datetime) -> CashTransaction:
        """Note that a payment was refunded; the postings are those of the refund."""
        return self._note("refunded_from_payment", money, now=now, refund_id=refund_id)

    @property
    def _cash(self) -> str:
        return chart.customer_cash(self.customer_id)

    @property
    def _applied(self) -> str:
        return chart.customer_applied(self.customer_id)

    def _note(
        self,
        kind: str,
        net: Money,
        *,
        now: datetime,
        intent_id: str | None = None,
        refund_id: str | None = None,
        transfer: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> CashTransaction:
        self.available += net
        return CashTransaction.objects.create(
            id=ids.new_id("ccsbtxn"),
            account_id=context.current().account_id,
            created_at=now,
            customer_id=self.customer_id,
            type=kind,
            currency=net.currency,
            net_minor=net.minor,
            ending_minor=self.available.minor,
            payment_intent_id=intent_id,
            refund_id=refund_id,
            transfer=transfer,
            details=details or {},
        )


def lock(customer_id: str, *, currency: str) -> Purse:
    """Lock what a customer has, in the caller's transaction, and return it."""
    balance = lock_settings(customer_id)
    return Purse(
        customer_id=customer_id,
        available=queries.get_cash(customer_id, currency),
        is_automatic=balance.mode == "automatic",
    )


def take_rest(charge: Charge, *, money: Money, now: datetime) -> Draft:
    """Let a payment take what it still needs of its customer's cash, and tell of it.

    :returns: what the caller has to post before the charge itself.
    """
    assert charge.customer_id is not None
    assert charge.payment_intent_id is not None
    rest = money - queries.get_applied(charge.payment_intent_id, money.currency)
    purse = lock(charge.customer_id, currency=money.currency)
    moved, draft = purse.apply(rest, intent_id=charge.payment_intent_id, now=now)
    events.record([events.Change(TOLD, moved)])
    return draft


def note_refund(refund: Refund, *, now: datetime) -> None:
    """Add to a customer's cash what a refund brings back, and tell of it.

    The caller posts the money, with the refund.
    """
    assert refund.charge.customer_id is not None
    purse = lock(refund.charge.customer_id, currency=refund.currency)
    moved = purse.refund(refund.money, refund_id=refund.id, now=now)
    events.record([events.Change(TOLD, moved)])


def lock_settings(customer_id: str) -> CashBalance:
    """Lock how the cash of a customer is used, and so all that moves it."""
    CashBalance.objects.get_or_create(
        customer_id=customer_id, defaults={"account_id": context.current().account_id}
    )
    return CashBalance.objects.select_for_update(no_key=True).get(pk=customer_id)


def set_mode(customer_id: str, *, settings: dict[str, Any]) -> None:
    """Say whether transfers of a customer pay by themselves what is open; part of a transaction.

    :param settings: `reconciliation_mode`, or nothing.
    """
    mode = settings.get("reconciliation_mode")
    if mode is not None:
        balance = lock_settings(customer_id)
        balance.reconciliation_mode = "" if mode == "merchant_default" else mode
        balance.save(update_fields=["reconciliation_mode"])


def _draft(reference: str, posting: Posting, moved: CashTransaction) -> Draft:
    return Draft(postings=(posting,), reference=reference, source_id=moved.id)
