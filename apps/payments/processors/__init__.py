"""Processors, behind one protocol (`base.Processor`)."""

from apps.payments.processors.base import Processor
from apps.payments.processors.calling import (
    ProcessorUnavailable,
    call,
    check_available,
    enquire,
)
from apps.payments.processors.choosing import NoProcessor, current, named, names

__all__ = [
    "NoProcessor",
    "Processor",
    "ProcessorUnavailable",
    "call",
    "check_available",
    "current",
    "enquire",
    "named",
    "names",
]
