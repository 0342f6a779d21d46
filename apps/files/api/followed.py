"""`/links?token=…`: a file for whoever has a link to it. No key, no cookie, no page around it.

The token is in the query because paths are logged.
"""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from apps.core import clock, context
from apps.files import domain, queries, services
from apps.tenants import queries as tenants

# A file is saved, never run: whoever uploaded it may be a stranger to whoever reads it.
_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@require_safe
def follow(request: HttpRequest) -> HttpResponseBase:
    """Send the file; 404 if the token is none of ours, 410 if the link has expired."""
    named = services.read_link_token(request.GET.get("token", ""))
    if named is None:
        raise Http404
    environment = tenants.list_environments().filter(pk=named[0]).first()
    if environment is None:
        raise Http404
    with context.enter(environment, by="link"):
        link = queries.find_followed_link(named[1])
        if link is None:
            raise Http404
        if domain.is_expired(link.expires_at, now=clock.now()):
            return HttpResponse("This link has expired.", status=410, content_type="text/plain")
        response = FileResponse(
            services.open_file(link.file),
            content_type=domain.MEDIA_TYPES.get(link.file.type, domain.UNKNOWN_MEDIA_TYPE),
            headers=_HEADERS,
        )
        disposition = content_disposition_header(as_attachment=True, filename=link.file.filename)
        response["Content-Disposition"] = disposition or "attachment"
        return response
