"""How a customer, and what belongs to one, look on the wire."""

from apps.customers.api.resources import credit, customers, tax_ids

RESOURCES = (
    *customers.RESOURCES,
    *tax_ids.RESOURCES,
    *credit.RESOURCES,
)
