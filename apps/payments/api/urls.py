"""URLs of payments."""

from django.urls import path

from apps.payments.api import views

INTENT = "payment_intents/<str:intent>"
METHOD = "payment_methods/<str:payment_method>"

urlpatterns = [
    path("payment_intents", views.PaymentIntents.as_view()),
    path(INTENT, views.PaymentIntentDetail.as_view()),
    path(f"{INTENT}/confirm", views.ConfirmPaymentIntent.as_view()),
    path(f"{INTENT}/capture", views.CapturePaymentIntent.as_view()),
    path(f"{INTENT}/cancel", views.CancelPaymentIntent.as_view()),
    path("payment_methods", views.PaymentMethods.as_view()),
    path(METHOD, views.PaymentMethodDetail.as_view()),
    path(f"{METHOD}/attach", views.AttachPaymentMethod.as_view()),
    path(f"{METHOD}/detach", views.DetachPaymentMethod.as_view()),
    path("customers/<str:customer>/payment_methods", views.CustomerPaymentMethods.as_view()),
    path(
        "customers/<str:customer>/payment_methods/<str:payment_method>",
        views.CustomerPaymentMethodDetail.as_view(),
    ),
    path("charges", views.Charges.as_view()),
    path("charges/<str:charge>", views.ChargeDetail.as_view()),
    path("charges/<str:charge>/refunds", views.ChargeRefunds.as_view()),
    path("refunds", views.Refunds.as_view()),
    path("refunds/<str:refund>", views.RefundDetail.as_view()),
]
