"""What a command shows while it works: one line for each step, with the time it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(highlight=False)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show that `title` is being done, then how long it took."""
    begun = time.monotonic()
    if console.is_terminal:
        with console.status(f"{title} …"):
            yield
    else:
        console.print(f"  {title} …", markup=False)
        yield
    took_s = time.monotonic() - begun
    console.print(f"[green]✓[/] {title} [dim]({took_s:.1f} s)[/]")
