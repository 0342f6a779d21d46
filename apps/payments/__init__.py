"""Payments: payment methods, payment intents, charges, refunds, and the processors behind them.

Owns `PaymentMethod`, `PaymentIntent`, `Charge`, `Refund` and `Attempt`, per environment. Every call
of a processor is claimed, made, recorded: `services.intents` and `services.refunds` claim, then
`services.attempts.carry_out` calls outside any transaction and records. An attempt whose process
died is settled by `services.attempts.enquire`, which asks the processor under the same reference.
Invariants: at most one attempt of an intent is open; money is posted with the status that says so;
a refund never exceeds what was captured.
"""
