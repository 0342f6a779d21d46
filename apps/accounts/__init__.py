"""Merchant accounts: the environment's own, which is opened together with it.

Owns `Account`, in the environment's schema, and what opens one: a tenant, an environment with its
account and its keys. Public: `services.create_tenant`, `services.create_environment`.
"""
