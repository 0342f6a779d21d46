"""Pages of payments: what was wanted, what was asked of processors, what came of it."""

from apps.payments.admin import attempts, charges, intents, methods, refunds

__all__ = ["attempts", "charges", "intents", "methods", "refunds"]
