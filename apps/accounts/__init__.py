"""Merchant accounts: the environment's own, which is opened together with it.

Owns `Account` and the bank accounts it is paid out to (`ExternalAccount`), in the environment's
schema, and what opens an account: a tenant, an environment with its account and its keys. Public:
`services.create_tenant`, `services.create_environment`, `services.change_payout_terms`,
`queries.default_external_account`.
"""
