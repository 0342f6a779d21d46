"""What an operator is asked before a key is made, rolled or expires."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from apps.api import versions
from apps.identity.domain import OVERLAP_MAX, RESOURCES, KeyKind
from apps.tenants import queries as tenants

_OVERLAPS = {
    timedelta(0): "none: the old key stops within seconds",
    timedelta(hours=1): "1 hour",
    timedelta(days=1): "1 day",
    OVERLAP_MAX: f"{OVERLAP_MAX.days} days",
}


class NewKeyForm(forms.Form):
    """A key of an environment."""

    environment = forms.ModelChoiceField(
        queryset=tenants.list_environments().none(), widget=UnfoldAdminSelectWidget
    )
    kind = forms.ChoiceField(
        choices=[(kind.value, kind.value) for kind in KeyKind], widget=UnfoldAdminSelectWidget
    )
    name = forms.CharField(
        max_length=120,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="For whom or what it is.",
    )
    permissions = forms.CharField(
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Of a restricted key: customers:read, charges:write, … There are "
        + ", ".join(RESOURCES),
    )

    api_version = forms.CharField(
        label="API version",
        max_length=40,
        required=False,
        initial=versions.CURRENT,
        widget=UnfoldAdminTextInputWidget,
        help_text="Of answers to requests that name none.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["environment"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = tenants.list_environments()

    def clean_permissions(self) -> list[str]:
        """Return the permissions one by one."""
        return str(self.cleaned_data["permissions"]).replace(",", " ").split()


class RollForm(forms.Form):
    """How long the old key works beside its successor."""

    overlap = forms.TypedChoiceField(
        choices=[(int(length.total_seconds()), text) for length, text in _OVERLAPS.items()],
        coerce=lambda seconds: timedelta(seconds=int(seconds)),
        initial=int(timedelta(days=1).total_seconds()),
        widget=UnfoldAdminSelectWidget,
        help_text="Both keys work for this long.",
    )


class ExpireForm(forms.Form):
    """When the key ends."""

    expires_at = forms.SplitDateTimeField(
        label="Expires at (UTC)", widget=UnfoldAdminSplitDateTimeWidget
    )

    def clean_expires_at(self) -> datetime:
        """Return the instant."""
        instant: datetime = self.cleaned_data["expires_at"]
        return instant.astimezone(UTC)
