"""The one place where money is counted: accounts, transactions, postings, and their balances.

What is stored is the posting, one amount from one account to another, so debits equal credits by
construction. Transactions and postings are append-only, and a balance is the sum of its entries and
nothing else; PostgreSQL enforces both (`sql/`). `docs/ledger.md` has the model and its guarantees.
Public: `services.post`, `services.post_many`, `services.close_account`; `queries`; the codes of the
chart of accounts in `domain`.
"""
