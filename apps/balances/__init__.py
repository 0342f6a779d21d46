"""What a merchant has, and when it becomes free to pay out.

Owns `Release`, per environment: when the money of a balance transaction becomes available. The
money itself is in the ledger and nowhere else: a balance transaction (`txn_…`) is the ledger
transaction (`ltx_…`) of the same suffix, and its amounts are read from the postings. Public:
`services.post_balance_transaction`, `services.release_due`, `queries.get_balance`,
`queries.get_balance_transaction`.
"""
