"""`apps.core.columns` for templates."""

from typing import Any

from django import template
from django.db.models import Model
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from apps.core import columns
from apps.core.money import Money

register = template.Library()


@register.filter
def badge(word: str) -> SafeString:
    """Show a status in its colour."""
    return columns.badge_html(word)


@register.filter
def money(value: Money) -> SafeString:
    """Show an amount."""
    return columns.money_html(value)


@register.filter
def minor(value: int, currency: str) -> SafeString:
    """Show minor units of a currency as an amount."""
    return columns.money_html(Money(value, currency))


@register.filter
def size(value: Money) -> Money:
    """Return the amount without its sign."""
    return -value if value.minor < 0 else value


@register.filter
def page_link(instance: Any) -> SafeString:
    """Show an object, with a link to its page."""
    return columns.link_html(columns.url_of(instance), instance)


@register.filter
def page_url(instance: Any) -> str:
    """Return the address of an object's page."""
    return columns.url_of(instance) or ""


@register.filter
def id_link(object_id: str) -> SafeString:
    """Show an id, with a link to the page of what it names."""
    return columns.link_html(columns.url_of_id(object_id), object_id)


@register.filter
def id_url(object_id: str) -> str:
    """Return the address of the page of what an id names."""
    return columns.url_of_id(object_id) or ""


@register.filter
def json(value: Any) -> SafeString:
    """Show JSON, readably."""
    return columns.json_html(value)


@register.filter
def heading(title: Any) -> str:
    """Return a title with a capital; the name of an object stays as it is."""
    return str(title) if isinstance(title, Model) else capfirst(str(title))
