"""Identity: people and keys.

Owns `User`, `Membership` and `ApiKey`, in `public`. A key is stored as a keyed hash, and shown
once.
Public: `services.create_api_key`, `services.roll_api_key`, `services.revoke_api_key`,
`services.expire_api_key`, `queries.find_api_key`.
"""
