"""The WSGI entry point of the web processes."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fincloud.settings")

from apps.api.chunked import ChunkedBodies

# Django takes a body without Content-Length for an empty one; stripe-go sends chunked bodies.
application = ChunkedBodies(get_wsgi_application())
