"""How a tax id looks on the wire."""

from collections.abc import Iterable

from apps.api.registry import ResourceType, Wire
from apps.core import context
from apps.core.clock import to_unix
from apps.customers.models import TaxId


def render_tax_id(tax_id: TaxId) -> Wire:
    """Return the wire's tax_id, or what is left to say of a deleted one."""
    if tax_id.deleted_at is not None:
        return {"id": tax_id.id, "object": "tax_id", "deleted": True}
    owner: Wire = {"type": "self"}
    if tax_id.customer_id is not None:
        owner = {"type": "customer", "customer": tax_id.customer_id, "customer_account": None}
    return {
        "id": tax_id.id,
        "object": "tax_id",
        "country": tax_id.country,
        "created": to_unix(tax_id.created_at),
        "customer": tax_id.customer_id,
        "customer_account": None,
        "livemode": context.current().environment.livemode,
        "owner": owner,
        "type": tax_id.type,
        "value": tax_id.value,
        "verification": tax_id.verification,
    }


def _find(ids: Iterable[str]) -> dict[str, TaxId]:
    return TaxId.objects.owned().filter(deleted_at=None).in_bulk(list(ids))


RESOURCES = (
    ResourceType(
        prefix="txi",
        name="tax_id",
        model=TaxId,
        render=render_tax_id,
        find_many=_find,
        expandable={"customer": ("customer",), "owner.customer": ("customer",)},
    ),
)
