"""The Django project: settings, URLs, and the entry points of the processes.

Celery is imported here so that `send_task` from a web process uses FinCloud's broker.
"""

from fincloud.celery import app as celery_app

__all__ = ["celery_app"]
