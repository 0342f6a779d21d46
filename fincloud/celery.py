"""The Celery application. Tasks are doors: each one calls a service, by keyword."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fincloud.settings")

app = Celery("fincloud")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
