"""The rooms of FinCloud. Each imports only from rooms below it; DESIGN order is in pyproject.toml."""
