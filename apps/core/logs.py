"""Structured logs: a JSON object a line, with the request's circumstances, without secrets."""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

from apps.core import card_numbers

# Keys of the API, webhook secrets, client secrets; and, by its length, what may be a card number: a
# line of the log may well lose a number that was none.
_SECRET = re.compile(
    r"\b((?:sk|pk|rk)_(?:test|live)_|whsec_)[A-Za-z0-9+/=]{6,}|(_secret_)[A-Za-z0-9]{6,}"
)
_CARD = re.compile(r"(?<![\dA-Za-z_])(?:\d[ -]?){12,18}\d(?![\dA-Za-z_])")
_SECRET_NAMES = {"password", "secret", "authorization", "token", "api_key", "number", "cvc"}

EventDict = MutableMapping[str, Any]


def redact(text: str) -> str:
    """Return `text` with what looks like a secret or a card number removed."""
    text = _SECRET.sub(lambda match: f"{match[1] or match[2]}[removed]", text)
    return card_numbers.remove(_CARD.sub(card_numbers.REMOVED, text))


def remove_secrets(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """Clean every value of a log line (structlog's processor signature)."""
    for name, value in event.items():
        if name.lower() in _SECRET_NAMES:
            event[name] = "[removed]"
        elif isinstance(value, str):
            event[name] = redact(value)
    return event


def logging_config(*, level: str, form: str) -> dict[str, Any]:
    """Return the `LOGGING` setting.

    :param form: `json` for machines, `console` for people.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        remove_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer = (
        structlog.dev.ConsoleRenderer(colors=False)
        if form == "console"
        else structlog.processors.JSONRenderer()
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [structlog.stdlib.ExtraAdder(), *shared],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    renderer,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # The request log says the same once, with more in it.
            "django.server": {"level": "WARNING"},
            "django.request": {"level": "ERROR"},
            "celery": {"level": "WARNING"},
            "aiohttp.access": {"level": "WARNING"},
        },
    }
