"""What a column may hold, as Django wants it said."""


def choices(*names: str) -> list[tuple[str, str]]:
    """Return the choices of a column; each is shown as it is stored."""
    return [(str(name), str(name)) for name in names]
