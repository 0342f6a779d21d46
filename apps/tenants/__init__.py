"""Tenants: who is hosted here, and where their data lives.

Owns `Plan`, `Tenant`, `Environment` (a PostgreSQL schema each) and `Domain`, all in `public`.
An environment comes out of a pool of migrated schemas. Public: `services.create_tenant`,
`services.create_environment`, `services.refill_pool`, `domain.FeeSchedule`, `queries`.
"""
