"""Tenants: who is hosted here, and where their data lives.

Owns `Plan`, `Tenant`, `Environment` (a PostgreSQL schema each) and `Domain`, all in `public`.
An environment comes out of a pool of migrated schemas. Public: `services.refill_pool`,
`services.drop_environment`, `domain.FeeSchedule`, `queries`; and the parts from which `accounts`
opens tenants and environments.
"""
