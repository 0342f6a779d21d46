"""The task that deletes what was uploaded and never kept. Its job is the row that asks for it."""

from celery import shared_task

from apps.files import services


@shared_task(name="files.forget")
def forget(*, storage_name: str, **_: object) -> None:  # **_: processes of two releases overlap
    services.forget_unless_kept(storage_name)
