"""URLs of customers."""

from apps.customers.api.views import credit, customers, search, tax_ids

urlpatterns = [
    *search.urlpatterns,  # before those where an id could stand for "search"
    *customers.urlpatterns,
    *tax_ids.urlpatterns,
    *credit.urlpatterns,
]
