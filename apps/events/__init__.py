"""Events: what happened, told in the transaction that made it happen.

Owns `Event`, per environment, and `OutboxRow`, in `public`: the queue of events that nobody has
looked at yet. Public: `services.record`, `services.take_outbox`, `queries.list_events`,
`queries.get_event`. An event is never changed; its snapshot is the object as the API showed it.
"""
