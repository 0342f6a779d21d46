"""Actions of operators: each asks first, and then makes one call to a service."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.core.admin import ReadOnlyAdmin
from apps.core.errors import DomainError


class AskingAdmin(ReadOnlyAdmin):
    """Pages with actions. What an action does, a service does; here it is asked for."""

    def ask(
        self,
        request: HttpRequest,
        form: forms.Form,
        carry_out: Callable[[], HttpResponse],
        *,
        title: str,
        button: str,
        back: str,
        about: str = "",
        warning: str = "",
        is_grave: bool = False,
    ) -> HttpResponse:
        """Show the form; carry it out once it is confirmed; show it again if that was refused.

        :param back: the address that "Cancel" leads to.
        :param about: what the question is about.
        :param is_grave: what is done cannot be undone.
        """
        if request.method == "POST" and form.is_valid():
            try:
                return carry_out()
            except DomainError as refusal:
                messages.error(request, refusal.message)
        return self.page(
            request,
            "backoffice/ask.html",
            title=title,
            form=form,
            about=about,
            button=button,
            warning=warning,
            is_grave=is_grave,
            back=back,
        )

    def page(self, request: HttpRequest, template: str, **more: Any) -> HttpResponse:
        """Return a page of the admin that no list and no form makes."""
        context = {**self.admin_site.each_context(request), "opts": self.opts, **more}
        return TemplateResponse(request, template, context)


class ConfirmForm(forms.Form):
    """Nothing but a yes."""


class ReasonForm(forms.Form):
    """Why: it is kept."""

    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="It is kept on the audit trail.",
    )


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what was sent, be it nothing; None while the question is still to be asked."""
    return request.POST if request.method == "POST" else None
