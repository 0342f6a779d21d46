"""Processors, behind one protocol (`base.Processor`)."""

from apps.payments.processors.base import Processor
from apps.payments.processors.calling import call, enquire
from apps.payments.processors.choosing import NoProcessor, current, named

__all__ = ["NoProcessor", "Processor", "call", "current", "enquire", "named"]
