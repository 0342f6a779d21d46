"""What an endpoint asks for, how a delivery is signed, and when it is tried again. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from enum import StrEnum
from urllib.parse import urlsplit

from apps.core.errors import Invalid
from apps.events.types import EVENT_TYPES

EVERYTHING = "*"
SECRET_PREFIX = "whsec_"  # noqa: S105  # of a secret, and none itself
# Letters and digits are base64 too, and 32 of them are whole bytes (24): Standard Webhooks decodes
# what follows the prefix, while the wire's own signature takes the text as it is.
SECRET_LENGTH = 32
# A delay is stretched by up to this much, so that what failed together is not tried together.
JITTER = 0.2

# Why a delivery is given up without another attempt.
ENDPOINT_DELETED = "endpoint_deleted"
ENDPOINT_DISABLED = "endpoint_disabled"
EVENT_GONE = "event_gone"


class EndpointStatus(StrEnum):
    """A disabled endpoint is sent nothing."""

    ENABLED = "enabled"
    DISABLED = "disabled"


class DeliveryStatus(StrEnum):
    """`pending`: to be sent, or sent again. `failed`: given up."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class InvalidUrl(Invalid):
    """An endpoint's URL is not one that can be called."""

    code = "url_invalid"


class InvalidEventTypes(Invalid):
    """An endpoint asks for events that do not exist, or for none."""


def check_url(url: str) -> None:
    """Check where an endpoint wants to be called.

    :raises InvalidUrl: it is not an absolute http or https URL with a host.
    """
    try:
        parts = urlsplit(url)
        is_callable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, an address that is half a one
        is_callable = False
    if not is_callable or any(character <= " " or character == "\x7f" for character in url):
        raise InvalidUrl(
            "Invalid URL: an explicit scheme (such as https) and a host are needed.", param="url"
        )


def check_event_types(names: Iterable[str]) -> list[str]:
    """Return the names that an endpoint asks for, each once, in the order given.

    :raises InvalidEventTypes: there is none, or one that is neither an event's name nor `*`.
    """
    wanted = list(dict.fromkeys(names))
    if not wanted:
        raise InvalidEventTypes("An endpoint asks for one event at least.", param="enabled_events")
    for index, name in enumerate(wanted):
        if name != EVERYTHING and name not in EVENT_TYPES:
            raise InvalidEventTypes(
                f"{name[:80]!r} is not the name of an event.", param=f"enabled_events[{index}]"
            )
    return wanted


def asks_for(enabled_events: Iterable[str], event_type: str) -> bool:
    """Return whether an endpoint with these `enabled_events` is sent events of this type."""
    return any(name in (EVERYTHING, event_type) for name in enabled_events)


def wire_signature(body: bytes, *, secrets: Sequence[str], timestamp: int) -> str:
    """Return the `Stripe-Signature` of `body`: the time, and one `v1` for each secret.

    :param timestamp: Unix seconds; a receiver refuses what is old.
    """
    signed = b"%d.%s" % (timestamp, body)
    digests = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={timestamp}", *(f"v1={digest}" for digest in digests)])


def standard_signature(
    body: bytes, *, secrets: Sequence[str], timestamp: int, message_id: str
) -> str:
    """Return the `webhook-signature` of Standard Webhooks: a `v1` for each secret."""
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    keys = [base64.b64decode(secret.removeprefix(SECRET_PREFIX)) for secret in secrets]
    digests = [hmac.new(key, signed, hashlib.sha256).digest() for key in keys]
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def headers(
    body: bytes, *, secrets: Sequence[str], timestamp: int, message_id: str
) -> dict[str, str]:
    """Return the headers of one attempt: the content, and both signatures."""
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "FinCloud/1.0 (+webhooks)",
        "Stripe-Signature": wire_signature(body, secrets=secrets, timestamp=timestamp),
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": standard_signature(
            body, secrets=secrets, timestamp=timestamp, message_id=message_id
        ),
    }


def reason_not_to_send(*, status: str | None, has_event: bool) -> str:
    """Return why a delivery is given up before it is tried; empty if it is to be tried.

    :param status: of the endpoint; None if it is deleted.
    """
    if status is None:
        return ENDPOINT_DELETED
    if status != EndpointStatus.ENABLED:
        return ENDPOINT_DISABLED
    return "" if has_event else EVENT_GONE


def is_accepted(status_code: int | None) -> bool:
    """Return whether an answer says that the event has arrived. A redirect does not."""
    return status_code is not None and 200 <= status_code < 300


def retry_after_s(attempts: int, *, delays_s: Sequence[int], chance: float) -> float | None:
    """Return the seconds from the failure of attempt number `attempts` to the next one.

    :param delays_s: the delay after the first attempt, the second, …; after them no more are made.
    :param chance: a random number from 0 to 1, which stretches the delay.
    :returns: None if the delivery is given up.
    """
    if attempts > len(delays_s):
        return None
    return delays_s[attempts - 1] * (1 + JITTER * chance)
