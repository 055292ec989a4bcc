"""What the person at the terminal sees: lines, tables and progress; plain text when piped."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Timer

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

SHOW_AFTER_SECONDS = 2.0

# A pipe has no width; a table that wraps at 80 columns cannot be searched.
_out = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else 200)
_err = Console(soft_wrap=True, highlight=False, stderr=True)


def say(text: str, *, style: str = "") -> None:
    """Print one line."""
    _out.print(text, style=style, markup=False)


def aside(text: str) -> None:
    """Print one line for a person, apart from what a script reads."""
    _err.print(text, markup=False)


def complain(text: str) -> None:
    """Print an error."""
    _err.print(text, style="red", markup=False)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; a column whose name ends in a space is aligned right."""
    drawn = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for name in columns:
        drawn.add_column(name.strip(), justify="right" if name.endswith(" ") else "left")
    for row in rows:
        drawn.add_row(*(str(cell) for cell in row))
    _out.print(drawn)


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator["Steps"]:
    """Show a bar on a terminal for work that takes longer than two seconds.

    Parameters
    ----------
    label : str
        What is being done.
    total : int, optional
        Number of steps; without it the bar only moves.
    """
    counted = [] if total is None else [MofNCompleteColumn()]
    columns = (TextColumn("{task.description}"), BarColumn(), *counted, TimeElapsedColumn())
    bar = Progress(*columns, console=_err, transient=True, disable=not _err.is_terminal)
    # The first step alone may take longer, so the bar does not wait for it.
    start = Timer(SHOW_AFTER_SECONDS, bar.start)
    start.daemon = True
    start.start()
    try:
        yield Steps(bar, label, total)
    finally:
        start.cancel()
        start.join()
        bar.stop()


class Steps:
    """The handle of a running bar."""

    def __init__(self, bar: Progress, label: str, total: int | None) -> None:
        self._bar = bar
        self._task = bar.add_task(label, total=total)

    def advance(self, steps: int = 1, label: str | None = None) -> None:
        """Count `steps` done, and say what is being done now."""
        self._bar.update(self._task, advance=steps, description=label)
