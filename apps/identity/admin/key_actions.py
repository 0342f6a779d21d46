"""What operators do to keys: each asks first, and calls a service."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant

from apps.api import versions
from apps.core import clock, context
from apps.core.asking import AskingAdmin, ConfirmForm, posted
from apps.identity import domain, services
from apps.identity.admin.forms import ExpireForm, NewKeyForm, RollForm
from apps.identity.models import ApiKey
from apps.identity.services import NewKey


class KeyActions(AskingAdmin):
    """Make, roll, expire, revoke. A new key is shown once: in the answer that makes it."""

    has_history = True
    actions_list = ("make",)
    actions_detail = ("roll", "expire", "revoke")

    def has_manage_permission(self, request: HttpRequest, _key_id: str | None = None) -> bool:
        """Say whether the operator may make and stop keys."""
        return request.user.has_perm("identity.change_apikey")

    @action(  # type: ignore[untyped-decorator]
        description="New key", url_path="make", icon="add", permissions=["manage"]
    )
    def make(self, request: HttpRequest) -> HttpResponse:
        """Make a key of an environment, and show it once."""
        here = context.maybe_current()
        form = NewKeyForm(
            posted(request), initial={"environment": here.environment.id if here else None}
        )

        def carry_out() -> HttpResponse:
            new = services.create_api_key(
                environment=form.cleaned_data["environment"],
                kind=domain.KeyKind(form.cleaned_data["kind"]),
                name=form.cleaned_data["name"],
                permissions=form.cleaned_data["permissions"],
                api_version=form.cleaned_data["api_version"] or versions.CURRENT,
                by=_by(request),
                now=clock.now(),
            )
            return self._show_once(request, new, done="Made.")

        return self._ask(request, form, carry_out, title="Make a key", button="Make the key")

    @action(  # type: ignore[untyped-decorator]
        description="Roll", url_path="roll", icon="autorenew", permissions=["manage"]
    )
    def roll(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make the successor of a key, and show it once."""
        key = _key(object_id)
        form = RollForm(posted(request))

        def carry_out() -> HttpResponse:
            new = services.roll_api_key(
                key_id=key.pk,
                overlap=form.cleaned_data["overlap"],
                by=_by(request),
                now=clock.now(),
            )
            self.log_change(request, key, f"Rolled to {new.key}.")
            return self._show_once(request, new, done=f"It follows {key}.")

        title = f"Roll the key {key}?"
        return self._ask(request, form, carry_out, title=title, button="Roll the key", key=key)

    @action(  # type: ignore[untyped-decorator]
        description="Set an expiry", url_path="expire", icon="schedule", permissions=["manage"]
    )
    def expire(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let a key end at a time."""
        key = _key(object_id)
        form = ExpireForm(posted(request))

        def carry_out() -> HttpResponse:
            expires_at = form.cleaned_data["expires_at"]
            services.expire_api_key(key_id=key.pk, expires_at=expires_at, now=clock.now())
            return self._done(request, key, f"{key} expires at {expires_at:%Y-%m-%d %H:%M} UTC.")

        title = f"When does the key {key} expire?"
        return self._ask(request, form, carry_out, title=title, button="Set the expiry", key=key)

    @action(  # type: ignore[untyped-decorator]
        description="Revoke",
        url_path="revoke",
        icon="block",
        permissions=["manage"],
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Stop a key."""
        key = _key(object_id)

        def carry_out() -> HttpResponse:
            services.revoke_api_key(key_id=key.pk, now=clock.now())
            return self._done(request, key, f"{key} is revoked.")

        return self._ask(
            request,
            ConfirmForm(posted(request)),
            carry_out,
            title=f"Revoke the key {key}?",
            button="Revoke the key",
            key=key,
            warning="It stops working within seconds, everywhere, and cannot be brought back.",
        )

    def _ask(
        self,
        request: HttpRequest,
        form: Form,
        carry_out: Callable[[], HttpResponse],
        *,
        title: str,
        button: str,
        key: ApiKey | None = None,
        warning: str = "",
    ) -> HttpResponse:
        return self.ask(
            request,
            form,
            carry_out,
            title=title,
            button=button,
            about=_about(key),
            warning=warning,
            is_grave=bool(warning),
            back=_page_of(key),
        )

    def _show_once(self, request: HttpRequest, new: NewKey, *, done: str) -> HttpResponse:
        """Answer with the secret. It is nowhere else, and no cache may keep it."""
        self.log_addition(request, new.key, "Made.")
        response = self.page(
            request,
            "identity/new_key.html",
            title=f"The new key {new.key}",
            new=new,
            done=done,
            back=_page_of(None),
        )
        response["Cache-Control"] = "no-store"
        return response

    def _done(self, request: HttpRequest, key: ApiKey, said: str) -> HttpResponse:
        self.log_change(request, key, said)
        messages.success(request, said)
        return HttpResponseRedirect(_page_of(key))


def _key(object_id: str) -> ApiKey:
    """Return the key that the admin's address names."""
    return get_object_or_404(
        ApiKey.objects.select_related("environment__tenant"), pk=unquote(object_id)
    )


def _by(request: HttpRequest) -> str:
    return f"operator:{request.user.pk}"


def _about(key: ApiKey | None) -> str:
    return "" if key is None else " · ".join(filter(None, (str(key.environment), key.name)))


def _page_of(key: ApiKey | None) -> str:
    if key is None:
        return reverse("admin:identity_apikey_changelist")
    return reverse("admin:identity_apikey_change", args=[quote(key.pk)])
