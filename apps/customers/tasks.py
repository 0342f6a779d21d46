"""The task that asks about a tax id. Its job is the row that asks for it."""

from celery import shared_task

from apps.customers import services


@shared_task(name="customers.verify_tax_id")
def verify_tax_id(*, tax_id: str, **_: object) -> None:  # **_: processes of two releases overlap
    services.verify_tax_id(tax_id=tax_id)
