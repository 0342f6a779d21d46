"""Where a customer is sent when they have done what was asked of them."""

import re
from typing import Final
from urllib.parse import urlsplit

from apps.core.errors import Invalid

# Of an app: `myapp://…`. What a browser itself would carry out or open is none.
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*", re.ASCII)
_SCHEMES_OF_BROWSERS: Final = frozenset(
    {"about", "blob", "data", "file", "filesystem", "javascript", "vbscript", "view-source"}
)


class InvalidReturnUrl(Invalid):
    """Nobody can be sent to this address."""

    code = "url_invalid"


def check_return_url(url: str) -> str:
    """Return `url`, which is a web page's or an app's.

    :raises InvalidReturnUrl: it is neither.
    """
    # A browser drops these before it reads the address, so they could hide a scheme.
    is_printable = all(" " < character != "\x7f" for character in url)
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = None
    if (
        not is_printable
        or parts is None
        or not _SCHEME.fullmatch(parts.scheme)
        or parts.scheme in _SCHEMES_OF_BROWSERS
        or not parts.netloc
    ):
        raise InvalidReturnUrl(
            "return_url must be the address of a web page (https://…) or of an app (myapp://…).",
            param="return_url",
        )
    return url
