"""What a customer's browser may do with a publishable key and the secret of one object."""

import hmac
from collections.abc import Collection
from typing import ClassVar, Protocol

from apps.api.params import InvalidParameter
from apps.api.views import WireView
from apps.core import context
from apps.core.errors import not_found


class Secretive(Protocol):
    """An object with a client secret."""

    client_secret: str


class SecretView(WireView):
    """Base of the views of one object that a browser may see if it knows the client secret."""

    # What only the merchant's server decides.
    merchants: ClassVar[Collection[str]] = ()

    def check_secret(self, found: Secretive, object_id: str) -> None:
        """Check the `client_secret`; without it, a browser learns not even that the object exists.

        :raises NotFound: it is missing or wrong.
        """
        secret = self.params.pop("client_secret", None)
        is_needed = context.current().is_public or secret is not None
        if is_needed and not hmac.compare_digest(
            (secret or "").encode(), found.client_secret.encode()
        ):
            raise not_found(self.returns, object_id)

    def check_browser_may(self) -> None:
        """Refuse what the merchant's server decides, if a browser asks.

        :raises InvalidParameter: a parameter is not for browsers.
        """
        if not context.current().is_public:
            return
        for name in self.merchants:
            if name in self.params:
                raise InvalidParameter(
                    f"{name} needs a secret key.", code="secret_key_required", param=name
                )
