"""Banks that pay out, behind one protocol (`base.Bank`)."""

from apps.balances.processors.base import Bank
from apps.balances.processors.calling import enquire, transfer
from apps.balances.processors.choosing import current, named

__all__ = ["Bank", "current", "enquire", "named", "transfer"]
