"""How the settings of a balance look on the wire."""

from collections.abc import Iterable

from apps.api import fields
from apps.api.registry import ResourceType, Wire
from apps.balances import domain
from apps.balances.domain import BalanceSettings

FIELDS = {
    "payments": fields.part(
        {
            "debit_negative_balances": fields.boolean(
                "Always false: what an account owes is not taken from its bank account."
            ),
            "payouts": fields.part(
                {
                    "minimum_balance_by_currency": fields.map_of(
                        fields.amount(minimum=1),
                        doc="What a scheduled payout leaves.",
                        nullable=True,
                    ),
                    "schedule": fields.part(
                        {
                            "interval": fields.text(
                                "How often what is available is paid out; `manual`: on request.",
                                choices=domain.INTERVALS,
                            ),
                            "monthly_payout_days": fields.sometimes(
                                fields.list_of(
                                    fields.integer(minimum=1),
                                    doc="A day that a month does not have is its last one.",
                                )
                            ),
                            "weekly_payout_days": fields.sometimes(
                                fields.list_of(fields.text(choices=domain.WEEKDAYS))
                            ),
                        }
                    ),
                    "statement_descriptor": fields.text(
                        "What payouts say, unless they say something else.", nullable=True
                    ),
                    "status": fields.text(
                        "Whether there is a bank that pays out.", choices=("disabled", "enabled")
                    ),
                }
            ),
            "settlement_timing": fields.part(
                {
                    "delay_days": fields.integer(
                        "After so many days the money of a payment is available.", minimum=0
                    )
                }
            ),
        }
    )
}


def render_balance_settings(settings: BalanceSettings) -> Wire:
    """Return the wire's settings of a balance."""
    terms = settings.terms
    return {
        "object": "balance_settings",
        "payments": {
            "debit_negative_balances": False,
            "payouts": {
                "minimum_balance_by_currency": terms.minimum_balances or None,
                "schedule": terms.schedule(),
                "statement_descriptor": terms.descriptor or None,
                "status": "enabled" if settings.is_enabled else "disabled",
            },
            "settlement_timing": {"delay_days": settings.delay_days},
        },
    }


def _find_none(_ids: Iterable[str]) -> dict[str, BalanceSettings]:
    return {}


RESOURCES = (
    ResourceType(
        prefix="",
        name="balance_settings",
        model=BalanceSettings,
        render=render_balance_settings,
        find_many=_find_none,
        about="How, and when, what an account has is paid out.",
        fields=FIELDS,
    ),
)
