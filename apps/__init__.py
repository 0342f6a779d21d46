"""The rooms of FinCloud. Each imports only from rooms below it; pyproject.toml has the order."""
