"""`/v1/payment_intents`, `/v1/payment_methods`, `/v1/charges`, `/v1/refunds`."""

import hmac

from apps.api.paging import Page, page
from apps.api.params import InvalidParameter, operation
from apps.api.views import WireView
from apps.core import clock, context
from apps.core.errors import Invalid, not_found
from apps.customers import queries as customers
from apps.payments import queries, services
from apps.payments.api import shapes
from apps.payments.models import Charge, PaymentIntent, PaymentMethod, Refund

RETRIEVE = operation()


class IntentView(WireView):
    """Base of the views of one intent, which a browser may see if it knows the client secret."""

    resource = "payment_intents"
    returns = "payment_intent"

    def get_intent(self, intent_id: str) -> PaymentIntent:
        """Return the intent; without its secret, a browser learns not even that it exists.

        :raises NotFound: there is none, or the secret is missing or wrong.
        """
        secret = self.params.pop("client_secret", None)
        intent = queries.get_payment_intent(intent_id)
        is_secret_needed = context.current().is_public or secret is not None
        if is_secret_needed and not hmac.compare_digest(
            (secret or "").encode(), intent.client_secret.encode()
        ):
            raise not_found("payment_intent", intent_id)
        return intent


class PaymentIntents(WireView):
    """Create, list."""

    resource = "payment_intents"
    returns = "payment_intent"
    shapes = {"GET": shapes.LIST_INTENTS, "POST": shapes.CREATE_INTENT}

    def get(self) -> Page:
        return page(queries.list_payment_intents(**self.params), self.params)

    def post(self) -> PaymentIntent:
        return services.create_payment_intent(given=self.params, now=clock.now())


class PaymentIntentDetail(IntentView):
    """Retrieve, update."""

    shapes = {"GET": shapes.RETRIEVE_INTENT, "POST": shapes.UPDATE_INTENT}
    publishable_methods = frozenset({"GET"})

    def get(self, intent: str) -> PaymentIntent:
        return self.get_intent(intent)

    def post(self, intent: str) -> PaymentIntent:
        return services.update_payment_intent(intent_id=intent, given=self.params, now=clock.now())


class ConfirmPaymentIntent(IntentView):
    """Confirm: by the merchant, or by the customer's browser with the client secret."""

    shapes = {"POST": shapes.CONFIRM_INTENT}
    publishable_methods = frozenset({"POST"})

    def post(self, intent: str) -> PaymentIntent:
        if context.current().is_public or "client_secret" in self.params:
            found = self.get_intent(intent)
            if context.current().is_public:
                self.check_browser_may(found)
        return services.confirm_payment_intent(intent_id=intent, given=self.params, now=clock.now())

    def check_browser_may(self, intent: PaymentIntent) -> None:
        """Refuse what the merchant's server decides: when and how the money is taken.

        :raises InvalidParameter: a parameter is not for browsers, or confirming is not.
        """
        for name in ("capture_method", "error_on_requires_action", "off_session"):
            if name in self.params:
                raise InvalidParameter(
                    f"{name} needs a secret key.", code="secret_key_required", param=name
                )
        if intent.confirmation_method == "manual":
            raise Invalid(
                "This PaymentIntent has a confirmation_method of manual: confirm it on a server, "
                "with a secret key.",
                code="secret_key_required",
            )


class CapturePaymentIntent(WireView):
    """Capture."""

    resource = "payment_intents"
    returns = "payment_intent"
    shapes = {"POST": shapes.CAPTURE_INTENT}

    def post(self, intent: str) -> PaymentIntent:
        return services.capture_payment_intent(intent_id=intent, given=self.params, now=clock.now())


class CancelPaymentIntent(WireView):
    """Cancel."""

    resource = "payment_intents"
    returns = "payment_intent"
    shapes = {"POST": shapes.CANCEL_INTENT}

    def post(self, intent: str) -> PaymentIntent:
        reason = self.params.get("cancellation_reason")
        return services.cancel_payment_intent(intent_id=intent, reason=reason, now=clock.now())


class PaymentMethods(WireView):
    """Create, list."""

    resource = "payment_methods"
    returns = "payment_method"
    shapes = {"GET": shapes.LIST_METHODS, "POST": shapes.CREATE_METHOD}
    publishable_methods = frozenset({"POST"})

    def get(self) -> Page:
        return page(queries.list_payment_methods(**self.params), self.params)

    def post(self) -> PaymentMethod:
        return services.create_payment_method(given=self.params, now=clock.now())


class PaymentMethodDetail(WireView):
    """Retrieve, update."""

    resource = "payment_methods"
    returns = "payment_method"
    shapes = {"GET": RETRIEVE, "POST": shapes.UPDATE_METHOD}

    def get(self, payment_method: str) -> PaymentMethod:
        return queries.get_payment_method(payment_method)

    def post(self, payment_method: str) -> PaymentMethod:
        return services.update_payment_method(
            payment_method_id=payment_method, given=self.params, now=clock.now()
        )


class AttachPaymentMethod(WireView):
    """Attach to a customer."""

    resource = "payment_methods"
    returns = "payment_method"
    shapes = {"POST": shapes.ATTACH_METHOD}

    def post(self, payment_method: str) -> PaymentMethod:
        return services.attach_payment_method(
            payment_method_id=payment_method,
            customer_id=self.params["customer"],
            now=clock.now(),
        )


class DetachPaymentMethod(WireView):
    """Detach from its customer."""

    resource = "payment_methods"
    returns = "payment_method"
    shapes = {"POST": RETRIEVE}

    def post(self, payment_method: str) -> PaymentMethod:
        return services.detach_payment_method(payment_method_id=payment_method, now=clock.now())


class CustomerPaymentMethods(WireView):
    """List the payment methods of a customer."""

    resource = "payment_methods"
    returns = "payment_method"
    shapes = {"GET": shapes.LIST_METHODS}

    def get(self, customer: str) -> Page:
        customers.get_customer(customer)
        filters = {**self.params, "customer": customer}
        return page(queries.list_payment_methods(**filters), self.params)


class CustomerPaymentMethodDetail(WireView):
    """Retrieve a payment method of a customer."""

    resource = "payment_methods"
    returns = "payment_method"
    shapes = {"GET": RETRIEVE}

    def get(self, customer: str, payment_method: str) -> PaymentMethod:
        method = queries.get_payment_method(payment_method)
        if method.customer_id != customer:
            raise not_found("PaymentMethod", payment_method)
        return method


class Charges(WireView):
    """List."""

    resource = "charges"
    returns = "charge"
    shapes = {"GET": shapes.LIST_CHARGES}

    def get(self) -> Page:
        return page(queries.list_charges(**self.params), self.params)


class ChargeDetail(WireView):
    """Retrieve."""

    resource = "charges"
    returns = "charge"
    shapes = {"GET": RETRIEVE}

    def get(self, charge: str) -> Charge:
        return queries.get_charge(charge)


class ChargeRefunds(WireView):
    """List the refunds of a charge."""

    resource = "refunds"
    returns = "refund"
    shapes = {"GET": shapes.LIST_REFUNDS}

    def get(self, charge: str) -> Page:
        queries.get_charge(charge)
        return page(queries.list_refunds(**{**self.params, "charge": charge}), self.params)


class Refunds(WireView):
    """Create, list."""

    resource = "refunds"
    returns = "refund"
    shapes = {"GET": shapes.LIST_REFUNDS, "POST": shapes.CREATE_REFUND}

    def get(self) -> Page:
        return page(queries.list_refunds(**self.params), self.params)

    def post(self) -> Refund:
        return services.create_refund(given=self.params, now=clock.now())


class RefundDetail(WireView):
    """Retrieve, update."""

    resource = "refunds"
    returns = "refund"
    shapes = {"GET": RETRIEVE, "POST": shapes.UPDATE_REFUND}

    def get(self, refund: str) -> Refund:
        return queries.get_refund(refund)

    def post(self, refund: str) -> Refund:
        return services.update_refund(refund_id=refund, given=self.params)
