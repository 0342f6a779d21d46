"""What a merchant has, and when it becomes free to pay out.

Owns, per environment, `Release`, which says when the money of a balance transaction becomes
available, and `Payout`, which takes it to a bank account of the merchant's. The money itself is in
the ledger and nowhere else: a balance transaction (`txn_…`) is the ledger transaction (`ltx_…`) of
the same suffix, and its amounts are read from the postings. Public:
`services.post_balance_transaction`, `services.release_due`, `services.create_payout`,
`services.advance_payout`, `services.pay_out_scheduled`, `queries.get_balance`,
`queries.get_balance_transaction`.
"""
