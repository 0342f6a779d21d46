"""Customers of a merchant account.

Owns `Customer`, per environment. Public: `services.create_customer`, `services.update_customer`,
`services.delete_customer`, `queries.get_customer`. A deleted customer keeps its row, so that what
refers to it can still be shown.
"""
