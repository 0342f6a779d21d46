"""The shared kernel: money, ids, the clock, errors, the current context, use cases, jobs.

Nothing enters before a second app needs it. Public: `money.Money`, `ids.new_id`, `clock.now`,
`errors.DomainError`, `context.current`, `use_cases.use_case`, `jobs.enqueue`, `jobs.schedule`.
"""
