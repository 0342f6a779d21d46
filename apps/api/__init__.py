"""The wire: how `/v1` is spoken, for every resource.

Owns parsing (forms with brackets, JSON, chunked bodies), the shapes of parameters, the error
envelope, lists and cursors, `expand`, headers, versions, idempotency, and the registry from the
prefix of an id to its resource. It knows no resource itself: rooms above register theirs, and their
views inherit `views.WireView`. Follow a request: `middleware` → `views.WireView.dispatch` → a
service → `registry`.
"""
