"""The accounts that a request may name: by id, or by code and currency."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from apps.ledger.domain import chart
from apps.ledger.domain.chart import Kind, Side, normal_side
from apps.ledger.domain.refusals import AccountMissing, AccountReserved, CurrencyMismatch

ID_PREFIX: Final = "lacct_"


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """What is to be known of an account before something is posted to it."""

    id: str
    code: str
    currency: str
    kind: Kind
    is_closed: bool = False

    @property
    def side(self) -> Side:
        """Return the side on which it grows."""
        return normal_side(self.kind)


class Directory:
    """Accounts by their names. Those of the chart are known to FinCloud itself alone."""

    def __init__(self, accounts: Iterable[KnownAccount]) -> None:
        self._by_id: dict[str, KnownAccount] = {}
        self._by_code: dict[str, dict[str, KnownAccount]] = {}
        for account in accounts:
            self._by_id[account.id] = account
            self._by_code.setdefault(account.code, {})[account.currency] = account

    def find(self, name: str, *, currency: str, param: str) -> KnownAccount:
        """Return the account that `name` (a code, or an id) is in `currency`.

        :param param: the path of the parameter, for the refusal.
        :raises AccountReserved: it is one of FinCloud's own.
        :raises AccountMissing: there is none.
        :raises CurrencyMismatch: it is in another currency.
        """
        account = self._of_name(name, currency)
        if chart.is_reserved(account.code if account else name):
            raise AccountReserved(
                f"{name} is one of FinCloud's own accounts: only payments and balances post to it.",
                param=param,
            )
        if account is None:
            raise AccountMissing(f"There is no ledger account {name!r} in {currency}.", param=param)
        if account.currency != currency:
            raise CurrencyMismatch(
                f"The ledger account {name} holds {account.currency}, not {currency}.", param=param
            )
        return account

    def _of_name(self, name: str, currency: str) -> KnownAccount | None:
        if is_id(name):
            return self._by_id.get(name)
        of_code = self._by_code.get(name, {})
        # In another currency, rather than in none: the refusal says which.
        return of_code.get(currency) or next(iter(of_code.values()), None)


def is_id(name: str) -> bool:
    """Return whether `name` is an id and no code: no code begins like one."""
    return name.startswith(ID_PREFIX)
