"""Views of the whole book: only for the environment's own account."""

from rest_framework.request import Request

from apps.api.views import WireView
from apps.core import context
from apps.ledger.domain.refusals import PlatformOnly


class BookView(WireView):
    """A view of the whole book, in which the accounts of all merchants are.

    A platform that acts for a connected account (`Stripe-Account`) sees what is that account's, and
    this is not.
    """

    def prepare(self, request: Request) -> None:
        """Refuse who acts for another account.

        :raises PlatformOnly: it is not the environment's own.
        """
        super().prepare(request)
        here = context.current()
        if here.account_id != here.environment.account_id:
            raise PlatformOnly("The whole book is shown to the platform itself only.")
