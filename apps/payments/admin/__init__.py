"""Pages of payments: what was wanted, what was asked of processors, what came of it."""

from apps.payments.admin import (
    attempts,
    cash,
    charges,
    disputes,
    intents,
    methods,
    processors,
    refunds,
    setup,
    sources,
)

__all__ = [
    "attempts",
    "cash",
    "charges",
    "disputes",
    "intents",
    "methods",
    "processors",
    "refunds",
    "setup",
    "sources",
]
