"""The names of events: what `type` may be, and what an endpoint may ask for."""

from typing import Final

EVENT_TYPES: Final = frozenset(
    """
    account.application.authorized account.application.deauthorized
    account.external_account.created account.external_account.deleted
    account.external_account.updated account.updated application_fee.created
    application_fee.refund.updated application_fee.refunded balance.available
    billing.alert.triggered billing.credit_balance_transaction.created
    billing.credit_grant.created billing.credit_grant.updated billing.meter.created
    billing.meter.deactivated billing.meter.reactivated billing.meter.updated
    billing_portal.configuration.created billing_portal.configuration.updated
    billing_portal.session.created capability.updated charge.captured charge.dispute.closed
    charge.dispute.created charge.dispute.funds_reinstated charge.dispute.funds_withdrawn
    charge.dispute.updated charge.expired charge.failed charge.pending charge.refund.updated
    charge.refunded charge.succeeded charge.updated checkout.session.async_payment_failed
    checkout.session.async_payment_succeeded checkout.session.completed checkout.session.expired
    coupon.created coupon.deleted coupon.updated credit_note.created credit_note.updated
    credit_note.voided customer.created customer.deleted customer.discount.created
    customer.discount.deleted customer.discount.updated customer.source.created
    customer.source.deleted customer.source.expiring customer.source.updated
    customer.subscription.created customer.subscription.deleted customer.subscription.paused
    customer.subscription.pending_update_applied customer.subscription.pending_update_expired
    customer.subscription.resumed customer.subscription.trial_will_end
    customer.subscription.updated customer.tax_id.created customer.tax_id.deleted
    customer.tax_id.updated customer.updated customer_cash_balance_transaction.created
    file.created invoice.created invoice.deleted
    invoice.finalization_failed invoice.finalized invoice.marked_uncollectible invoice.overdue
    invoice.overpaid invoice.paid invoice.payment_action_required
    invoice.payment_attempt_required invoice.payment_failed invoice.payment_succeeded
    invoice.sent invoice.upcoming invoice.updated invoice.voided invoice.will_be_due
    invoice_payment.paid invoiceitem.created invoiceitem.deleted mandate.updated
    payment_intent.amount_capturable_updated payment_intent.canceled payment_intent.created
    payment_intent.partially_funded payment_intent.payment_failed payment_intent.processing
    payment_intent.requires_action payment_intent.succeeded payment_link.created
    payment_link.updated payment_method.attached payment_method.automatically_updated
    payment_method.detached payment_method.updated payout.canceled payout.created payout.failed
    payout.paid payout.reconciliation_completed payout.updated person.created person.deleted
    person.updated plan.created plan.deleted plan.updated price.created price.deleted
    price.updated product.created product.deleted product.updated promotion_code.created
    promotion_code.updated refund.created refund.failed refund.updated setup_intent.canceled
    setup_intent.created setup_intent.requires_action setup_intent.setup_failed
    setup_intent.succeeded subscription_schedule.aborted subscription_schedule.canceled
    subscription_schedule.completed subscription_schedule.created subscription_schedule.expiring
    subscription_schedule.released subscription_schedule.updated tax_rate.created
    tax_rate.updated test_helpers.test_clock.advancing test_helpers.test_clock.created
    test_helpers.test_clock.deleted test_helpers.test_clock.internal_failure
    test_helpers.test_clock.ready topup.canceled topup.created topup.failed topup.reversed
    topup.succeeded transfer.created transfer.reversed transfer.updated
    """.split()
)
