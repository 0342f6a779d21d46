"""`/v1/payment_methods`, and those of a customer."""

from django.urls import path

from apps.api.paging import Page, page
from apps.api.views import WireView
from apps.core import clock
from apps.core.errors import not_found
from apps.customers import queries as customers
from apps.payments import queries, services
from apps.payments.api.shapes import methods as shapes
from apps.payments.api.shapes.shared import RETRIEVE
from apps.payments.models import PaymentMethod


class PaymentMethods(WireView):
    """Create, list."""

    resource = "payment_methods"
    returns = "payment_method"
    shapes = {"GET": shapes.LIST, "POST": shapes.CREATE}
    publishable_methods = frozenset({"POST"})

    def get(self) -> Page:
        return page(queries.list_payment_methods(**self.params), self.params)

    def post(self) -> PaymentMethod:
        return services.create_payment_method(given=self.params, now=clock.now())


class PaymentMethodDetail(WireView):
    """Retrieve, update."""

    resource = "payment_methods"
    returns = "payment_method"
    shapes = {"GET": RETRIEVE, "POST": shapes.UPDATE}

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
    shapes = {"POST": shapes.ATTACH}

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
    shapes = {"POST": shapes.DETACH}

    def post(self, payment_method: str) -> PaymentMethod:
        return services.detach_payment_method(payment_method_id=payment_method, now=clock.now())


class CustomerPaymentMethods(WireView):
    """List the payment methods of a customer."""

    resource = "payment_methods"
    returns = "payment_method"
    shapes = {"GET": shapes.OF_CUSTOMER}

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


METHOD = "payment_methods/<str:payment_method>"
OF_CUSTOMER = "customers/<str:customer>/payment_methods"
urlpatterns = [
    path("payment_methods", PaymentMethods.as_view()),
    path(METHOD, PaymentMethodDetail.as_view()),
    path(f"{METHOD}/attach", AttachPaymentMethod.as_view()),
    path(f"{METHOD}/detach", DetachPaymentMethod.as_view()),
    path(OF_CUSTOMER, CustomerPaymentMethods.as_view()),
    path(f"{OF_CUSTOMER}/<str:payment_method>", CustomerPaymentMethodDetail.as_view()),
]
