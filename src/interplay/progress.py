"""Progress of long work: a callable that is told the share done, from 0 to 1."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Tell = Callable[[float], None]


def silent(done: float) -> None:
    """Tell nobody."""


@contextmanager
def bar(title: str, console: Console | None = None) -> Iterator[Tell]:
    """A bar on stderr with time passed and time left; off a terminal only its last state is written."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console or Console(stderr=True)) as progress:
        task = progress.add_task(title, total=1.0)
        yield lambda done: progress.update(task, completed=done)


@contextmanager
def no_bar(title: str) -> Iterator[Tell]:
    """In place of `bar` where nobody wants to see one."""
    yield silent


@contextmanager
def shown(tell: Tell | None, title: str) -> Iterator[Tell]:
    """`tell` itself; without one, a bar where stderr is a terminal or a notebook, else silence."""
    console = Console(stderr=True)
    if tell is not None:
        yield tell
    elif console.is_terminal or console.is_jupyter:
        with bar(title, console) as tell_bar:
            yield tell_bar
    else:
        yield silent
