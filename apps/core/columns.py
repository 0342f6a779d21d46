"""What a list or a page of the admin shows of a field: amounts, badges, links, JSON.

Each function returns a method for an admin class: `amount = columns.money("amount_minor")`.
"""

import json
from collections.abc import Callable
from datetime import datetime
from functools import reduce
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core import clock, context, logs
from apps.core.money import Money

Column = Callable[[Any, Any], str | SafeString | datetime | None]

TONES = {
    **dict.fromkeys(
        (
            *("succeeded", "active", "enabled", "posted", "released", "working", "live"),
            *("delivered", "approved", "ok", "balanced", "resolved", "won"),
        ),
        "good",
    ),
    **dict.fromkeys(
        (
            *("failed", "declined", "revoked", "expired", "deleted", "closed", "drift", "frozen"),
            "lost",
        ),
        "bad",
    ),
    **dict.fromkeys(
        (
            *("processing", "pending", "open", "unknown", "sandbox", "rolled", "proposed"),
            *("under_review", "warning_under_review"),
        ),
        "waiting",
    ),
    **dict.fromkeys(
        (
            "requires_payment_method",
            "requires_confirmation",
            "requires_action",
            "requires_capture",
            "uncaptured",
            "partially refunded",
            "refunded",
            "needs_response",
            "warning_needs_response",
        ),
        "open",
    ),
}


def money_html(money: Money) -> SafeString:
    """Return the amount, its digits aligned with those above and below it."""
    return format_html('<span class="fc-money">{}</span>', str(money))


def badge_html(word: str, *, tone: str | None = None) -> SafeString:
    """Return a status in its colour, in words that people read (`requires capture`).

    :param tone: the colour, where it is not the word's own: `plain`, `good`, `bad`, …
    """
    tone = tone or TONES.get(word, "plain")
    return format_html('<span class="fc-badge fc-{}">{}</span>', tone, word.replace("_", " "))


def link_html(url: str | None, text: Any) -> SafeString:
    """Return a link, or the text alone where there is no page."""
    if url is None:
        return format_html('<span class="fc-id">{}</span>', text)
    return format_html('<a class="fc-link" href="{}">{}</a>', url, text)


def json_html(value: Any) -> SafeString:
    """Return JSON over several lines, escaped, without what looks like a secret."""
    text = json.dumps(value, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)
    return format_html('<pre class="fc-json">{}</pre>', logs.redact(text))


def changes_html(
    before: dict[str, Any], after: dict[str, Any], *, environment_id: str | None
) -> SafeString | None:
    """Return what changed, a row for each field, without what looks like a secret; None: nothing.

    :param environment_id: where what the fields name is.
    """

    def show(value: Any) -> SafeString | str:
        if value in (None, ""):
            return "–"
        if not isinstance(value, str):
            return json_html(value)
        url = url_of_id(value, environment_id=environment_id)
        return link_html(url, value) if url else logs.redact(value)

    names = dict.fromkeys([*before, *after])
    rows = [(name, show(before.get(name)), show(after.get(name))) for name in names]
    return render_to_string("backoffice/changes.html", {"rows": rows}) if rows else None


def url_of(instance: Model) -> str | None:
    """Return the admin's page of an object, if there is one."""
    return _change_url(type(instance), instance.pk)


def url_of_id(object_id: str, *, environment_id: str | None = None) -> str | None:
    """Return the admin's page of the object that a prefixed id names, if there is one.

    :param environment_id: where the object is, unless it is in the chosen environment: the link
        leads there.
    """
    prefix, _, suffix = object_id.rpartition("_")
    for model, model_admin in admin.site._registry.items():
        if suffix and getattr(model_admin, "id_prefix", None) == prefix:
            url = _change_url(model, object_id)
            here = context.maybe_current()
            if url is None or environment_id in (None, here and here.environment.id):
                return url
            return f"{url}?{urlencode({'environment': environment_id})}"
    return None


def _change_url(model: type[Model], key: Any) -> str | None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    try:
        return reverse(name, args=[quote(key)])
    except NoReverseMatch:
        return None


def money(field: str, title: str = "amount") -> Column:
    """Show the minor units in `field` as an amount, in the currency of the object."""

    @admin.display(description=title, ordering=field)
    def show(_: Any, instance: Any) -> SafeString | None:
        minor = getattr(instance, field)
        return None if minor is None else money_html(Money(minor, instance.currency))

    return show


def badge(field: str, title: str | None = None) -> Column:
    """Show a status in its colour."""

    @admin.display(description=title or field, ordering=field)
    def show(_: Any, instance: Any) -> SafeString | None:
        word = getattr(instance, field)
        return badge_html(str(word)) if word else None

    return show


def link(path: str, title: str | None = None, *, text: str | None = None) -> Column:
    """Show the object that `path` (`charge`, `charge__customer`) leads to, as a link.

    :param text: the attribute that the link says; the object's name, unless given.
    """
    steps = path.split("__")

    @admin.display(description=title or steps[-1].replace("_", " "), ordering=path)
    def show(_: Any, instance: Any) -> SafeString | None:
        # A step that leads nowhere ends the way.
        other = reduce(lambda here, step: here and getattr(here, step), steps, instance)
        if other is None:
            return None
        return link_html(url_of(other), getattr(other, text) if text else other)

    return show


def id_link(field: str, title: str) -> Column:
    """Show the id in `field`, as a link to the page of what it names."""

    @admin.display(description=title, ordering=field)
    def show(_: Any, instance: Any) -> SafeString | None:
        object_id = getattr(instance, field)
        return link_html(url_of_id(object_id), object_id) if object_id else None

    return show


def json_of(field: str, title: str | None = None) -> Column:
    """Show a field of JSON, readably."""

    @admin.display(description=title or field.replace("_", " "))
    def show(_: Any, instance: Any) -> SafeString | None:
        value = getattr(instance, field)
        return json_html(value) if value not in (None, {}, []) else None

    return show


def short(field: str, title: str | None = None, *, length: int = 60) -> Column:
    """Show the beginning of a long text."""

    @admin.display(description=title or field.replace("_", " "), ordering=field)
    def show(_: Any, instance: Any) -> str | None:
        text = getattr(instance, field) or None
        return text if text is None or len(text) <= length else f"{text[: length - 1]}…"

    return show


def ago(instant: datetime) -> str:
    """Return how long ago something was, in one unit: `12 s`, `3 min`, `5 h`, `2 d`."""
    return duration((clock.now() - instant).total_seconds())


def duration(seconds: float) -> str:
    """Return a length of time in one unit: `12 s`, `3 min`, `5 h`, `2 d`."""
    for unit, size_s in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size_s:
            return f"{int(seconds // size_s)} {unit}"
    return f"{int(seconds)} s"
