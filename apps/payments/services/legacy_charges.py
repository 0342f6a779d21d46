"""Charges without a payment, as integrations make them that are older than PaymentIntents."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.api import registry
from apps.api.params import InvalidParameter, merge_metadata
from apps.core import context, ids, jobs
from apps.core.errors import Conflict, Invalid
from apps.core.money import Money
from apps.core.use_cases import use_case
from apps.customers import queries as customers
from apps.events import services as events
from apps.payments import domain, processors, queries
from apps.payments.domain import AttemptKind, accounts
from apps.payments.models import Attempt, Charge, PaymentMethod, Token
from apps.payments.services import attempts, materials, methods, other_doors
from apps.payments.services.materials import Material
from apps.payments.services.recording import legacy
from apps.payments.services.recording.details import payment_method_details

# Parameters that are columns of the same name.
PLAIN = (
    "description",
    "receipt_email",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
# When an authorisation is looked at again that could not be let go when its time had come.
LOOK_AGAIN = timedelta(hours=1)
Shown = dict[str, Any]


class NotCapturable(Invalid):
    """There is no authorisation of this charge that could be captured."""

    code = "charge_not_capturable"


class AlreadyCaptured(NotCapturable):
    """The charge was captured before."""

    code = "charge_already_captured"


class ChargeBusy(Conflict):
    """The processor has not said yet what became of the last order about this charge."""

    code = "charge_in_progress"


def create_charge(*, given: dict[str, Any], now: datetime) -> Charge:
    """Charge a card or a bank account, or authorise for a capture later.

    :param given: `amount`, `currency`; `source` or `card` (a token, or a card with its number), or
        `customer`, perhaps with the `source` of theirs; `capture` and what is kept with a charge.
    :raises CardDeclined: the processor declined; the charge is kept, `failed`.
    :raises Invalid: a parameter names nothing of the caller's, or does not fit the others.
    """
    charged: Charge = attempts.carry_out(_claim(given=given, now=now))
    return charged


def capture_charge(*, charge_id: str, given: dict[str, Any], now: datetime) -> Charge:
    """Take what was authorised, or a part of it; the rest is released.

    :raises NotCapturable: it was not authorised, or the charge belongs to a PaymentIntent.
    :raises AmountTooLarge: more than was authorised.
    """
    captured: Charge = attempts.carry_out(_claim_capture(charge_id, given, now=now))
    return captured


@use_case
def update_charge(*, charge_id: str, given: dict[str, Any]) -> Charge:
    """Change what is given; the rest stays. A customer is set once.

    :raises Invalid: the charge has another customer, or there is none with this id.
    """
    charge = queries.get_charge(charge_id, for_update=True)
    before = registry.render(charge)
    changed = [name for name in PLAIN if name in given]
    for name in changed:
        setattr(charge, name, given[name])
    if "metadata" in given:
        charge.metadata = merge_metadata(charge.metadata, given["metadata"])
    if "fraud_details" in given:
        charge.fraud_details = {**charge.fraud_details, **given["fraud_details"]}
    if given.get("customer", charge.customer_id) != charge.customer_id:
        if charge.customer_id is not None:
            raise InvalidParameter("This charge has a customer already.", param="customer")
        charge.customer = customers.require_customer(given["customer"])
    # Others change the amounts of a charge, so no more is written than what was changed here.
    charge.save(update_fields=[*changed, "metadata", "fraud_details", "customer"])
    events.record([events.Change("charge.updated", charge, previous=before)])
    return charge


def expire_charge(*, charge_id: str, now: datetime) -> None:
    """Let an authorisation go that was not captured in its time. Safe to repeat."""
    account_id = Charge.objects.values_list("account_id", flat=True).get(pk=charge_id)
    with context.amended(account_id=account_id):
        charge = queries.get_charge(charge_id)
        if charge.capture_before is None or charge.is_captured or charge.is_released:
            return
        due_at = charge.capture_before
        if due_at <= now:
            try:
                attempts.carry_out(_claim_release(charge_id, now=now))
            except NotCapturable:
                return
            except ChargeBusy:
                pass  # it is captured or released right now: what becomes of that is looked at
        charge = queries.get_charge(charge_id)
        if not (charge.is_captured or charge.is_released):
            jobs.schedule(legacy.expiry(charge, due_at=max(due_at, now + LOOK_AGAIN)))


def check_authorised(charge: Charge) -> None:
    """Check that there is something to capture or release; the charge is locked.

    :raises AlreadyCaptured: it was captured.
    :raises NotCapturable: there is no authorisation, or it is another's to capture.
    :raises ChargeBusy: an order about it is with the processor.
    """
    if charge.payment_intent_id is not None:
        raise NotCapturable(
            f"This charge belongs to {charge.payment_intent_id}: capture that PaymentIntent."
        )
    if charge.is_captured:
        raise AlreadyCaptured("This charge has already been captured.")
    if charge.status != "succeeded" or charge.is_released:
        raise NotCapturable("There is no authorisation of this charge that could be captured.")
    if charge.attempts.filter(status__in=domain.UNSETTLED).exists():
        raise ChargeBusy("The processor is working on this charge. Try again in a moment.")


@transaction.atomic(durable=True)
def _claim(*, given: dict[str, Any], now: datetime) -> Attempt:
    customer_id, method, source = _paid_with(given, now=now)
    if method.type != "card":
        _check_debit(method, given)
    money = Money(given["amount"], given["currency"])
    processor = processors.current(livemode=context.current().environment.livemode).name
    reference = ids.new_id("att")
    charge = Charge(
        id=ids.new_id("ch"),
        account_id=context.current().account_id,
        created_at=now,
        metadata=merge_metadata({}, given.get("metadata")),
        payment_method=method,
        customer_id=customer_id,
        attempt_reference=reference,
        processor=processor,
        amount_minor=money.minor,
        currency=money.currency,
        status="pending",
        payment_method_details=payment_method_details(method, mandate_id=None),
        billing_details=method.billing_details,
        source=source,
        **{name: given[name] for name in PLAIN if name in given},
    )
    charge.save(force_insert=True)
    return attempts.open_attempt(
        AttemptKind.CHARGE,
        reference=reference,
        charge=charge,
        money=money,
        processor=processor,
        details={
            "token": method.token,
            "capture": given.get("capture", True),
            "method_type": method.type,
            # Whoever charges in this way cannot show the payer a challenge.
            "off_session": True,
            "is_authenticated": (method.authenticated_at or method.verified_at) is not None,
            "context": order_context(charge),
        },
        now=now,
        changes=[],
    )


def _check_debit(method: PaymentMethod, given: dict[str, Any]) -> None:
    """Check that a bank account may be debited in this way.

    :raises WrongCurrency: the account has another currency.
    :raises InvalidParameter: it is to be captured later, or the account is not verified.
    """
    accounts.check_debit_currency(method.type, given["currency"])
    if not given.get("capture", True):
        raise InvalidParameter(
            "A debit of a bank account is captured at once: nothing is authorised first.",
            param="capture",
        )
    if method.type == "us_bank_account" and method.verified_at is None:
        raise InvalidParameter(
            "This bank account is not verified, so it cannot be charged.",
            code="bank_account_unverified",
            param="source",
        )


def order_context(charge: Charge) -> dict[str, str]:
    """Return what an order about a charge belongs to: see `domain.Order`."""
    of = {"payment_method": charge.payment_method_id, "customer": charge.customer_id}
    return {name: value for name, value in of.items() if value is not None}


@transaction.atomic(durable=True)
def _claim_capture(charge_id: str, given: dict[str, Any], *, now: datetime) -> Attempt:
    charge = queries.get_charge(charge_id, for_update=True)
    check_authorised(charge)
    asked, whole = given.get("amount"), Money(charge.amount_minor, charge.currency)
    if asked is not None and asked > whole.minor:
        raise domain.AmountTooLarge(
            f"amount is more than the {whole} that can be captured.", param="amount"
        )
    changed = [name for name in PLAIN if name in given]
    for name in changed:
        setattr(charge, name, given[name])
    charge.save(update_fields=changed)
    return attempts.open_attempt(
        AttemptKind.CAPTURE,
        charge=charge,
        money=whole if asked is None else Money(asked, whole.currency),
        processor=charge.processor,
        details={"original": charge.attempt_reference, "context": order_context(charge)},
        now=now,
        changes=[],
    )


@transaction.atomic(durable=True)
def _claim_release(charge_id: str, *, now: datetime) -> Attempt:
    charge = queries.get_charge(charge_id, for_update=True)
    check_authorised(charge)
    return attempts.open_attempt(
        AttemptKind.VOID,
        charge=charge,
        money=Money(charge.amount_minor, charge.currency),
        processor=charge.processor,
        details={"original": charge.attempt_reference, "context": order_context(charge)},
        now=now,
        changes=[],
    )


def _paid_with(given: dict[str, Any], *, now: datetime) -> tuple[str | None, PaymentMethod, Shown]:
    """Return the customer, what is charged, and how that was named.

    :raises Invalid: nothing is named, or nothing that can be charged.
    """
    named = [name for name in ("source", "card") if name in given]
    if len(named) == 2:
        raise InvalidParameter("Give either source or card, not both.", param="card")
    param = named[0] if named else "source"
    what = given.get(param)
    customer = customers.require_customer(given["customer"]) if "customer" in given else None
    if what is None and customer is not None:
        what = customer.default_source_id
    if what is None:
        raise InvalidParameter(
            "Give a source to charge, or a customer who has one.",
            code="parameter_missing",
            param=param,
        )
    customer_id = None if customer is None else customer.id
    if isinstance(what, str) and what.startswith(("src_", "card_", "ba_")):
        return customer_id, *_of_source(what, customer_id, param=param)
    if customer is not None:
        raise _no_source(what, param=param)
    if isinstance(what, str):
        material = materials.from_token(what, param=param, now=now)
    else:
        material = materials.from_card(what, path=param, now=now)
    return None, *_of_material(material, now=now)


def _of_source(
    source_id: str, customer_id: str | None, *, param: str
) -> tuple[PaymentMethod, Shown]:
    """Return the payment method of a card, a bank account or a source that may be charged.

    What belongs to a customer is charged with the customer named.
    """
    source = queries.find_source(source_id, for_update=True)
    if source is None or source.customer_id != customer_id or source.payment_method is None:
        raise _no_source(source_id, param=param)
    method = source.payment_method
    methods.check_not_detached(method)
    shown = registry.render(source)
    other_doors.use(source, param=param)
    return method, shown


def _of_material(material: Material, *, now: datetime) -> tuple[PaymentMethod, Shown]:
    """Make the payment method of a card or a bank account that is nobody's."""
    method = methods.create(**material.columns, billing_details=material.owner, now=now)
    token = Token(
        id="",
        created_at=now,
        type=material.kind,
        object_id=material.object_id or ids.new_id(materials.PREFIXES[material.kind]),
        facts={"columns": material.columns, "owner": material.owner, "facts": material.facts},
    )
    shown: Shown = registry.render(token)[material.kind]
    return method, shown


def _no_source(what: Any, *, param: str) -> Invalid:
    named = f": '{what}'" if isinstance(what, str) else ""
    return Invalid(
        f"There is no such source to be charged{named}. What a customer has is charged with the "
        "customer; a token is charged without one.",
        code="resource_missing",
        param=param,
    )
