"""2025-03-31: what billing shows changed its place. FinCloud has no billing yet.

The place is kept: billing names its objects here, and moves in `apply` what was elsewhere before.
"""

from apps.api.versions.change import Change, Found


def apply(found: Found) -> None:
    """Change nothing: no object that there is looked different."""


CHANGE = Change(
    before="2025-03-31",
    about="The shapes of subscriptions and invoices, once there are any.",
    objects=(),
    apply=apply,
)
