"""Environment variables, read so that a mistake in one stops the start and names it.

The value is never repeated: it may be a secret.
"""

from contextlib import suppress
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

_TRUE = environ.Env.BOOLEAN_TRUE_STRINGS
_FALSE = ("false", "off", "n", "no", "0", "")


class Env(environ.Env):  # type: ignore[misc]  # the package has no types
    """`environ.Env`, whose refusals do not say which variable was malformed."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        """Return the value of a variable, cast.

        :raises ImproperlyConfigured: it is required and missing, or malformed.
        """
        try:
            return super().get_value(var, *args, **kwargs)
        except ValueError:
            raise ImproperlyConfigured(f"{var} is malformed.") from None

    def bool(self, var: str, *, default: bool) -> bool:
        """Return whether something is switched on; a word that says neither is refused.

        :raises ImproperlyConfigured: it says neither yes nor no.
        """
        word = self.str(var, default="true" if default else "false").strip().lower()
        if word not in (*_TRUE, *_FALSE):
            raise ImproperlyConfigured(f"{var} is malformed: true or false is needed.")
        return word in _TRUE

    def required(self, var: str) -> str:
        """Return a text that must not be empty.

        :raises ImproperlyConfigured: it is missing, or empty.
        """
        value: str = self.str(var)
        if not value:
            raise ImproperlyConfigured(f"{var} is empty.")
        return value

    def choice(self, var: str, *, default: str, choices: tuple[str, ...]) -> str:
        """Return one of some words.

        :raises ImproperlyConfigured: it is another.
        """
        word: str = self.str(var, default=default)
        if word not in choices:
            raise ImproperlyConfigured(f"{var} is malformed: {' or '.join(choices)} is needed.")
        return word

    def database(self, var: str) -> dict[str, Any]:
        """Return Django's form of a database's URL.

        :raises ImproperlyConfigured: it is missing, or not the URL of a database of PostgreSQL.
        """
        url = self.required(var)
        config: dict[str, Any] = {}
        if url.startswith(("postgres://", "postgresql://")):
            with suppress(ValueError):
                config = self.db_url_config(url)
        if not config.get("NAME"):
            raise ImproperlyConfigured(
                f"{var} is malformed: postgres://user:password@host:5432/name is needed."
            )
        return config
