"""Progress of long work: a callable that is told the share done, from 0 to 1."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from rich import progress as rich_progress
from rich.console import Console

Progress = Callable[[float], None]


def silent(done: float) -> None:
    """Tell nobody."""


@contextmanager
def bar(title: str, console: Console | None = None) -> Iterator[Progress]:
    """A bar on stderr with time passed and time left; off a terminal only its last state is written."""
    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.TaskProgressColumn(),
        rich_progress.TimeElapsedColumn(),
        rich_progress.TextColumn("left"),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns, console=console or Console(stderr=True)) as bars:
        task = bars.add_task(title, total=1.0)
        yield lambda done: bars.update(task, completed=done)


@contextmanager
def no_bar(title: str) -> Iterator[Progress]:
    """In place of `bar` where nobody wants to see one."""
    yield silent


@contextmanager
def shown(progress: Progress | None, title: str) -> Iterator[Progress]:
    """`progress` itself; without one, a bar where stderr is a terminal or a notebook that has widgets, else silence."""
    console = Console(stderr=True)
    if progress is not None:
        yield progress
    # without widgets rich warns at every change of a bar instead of drawing it
    elif find_spec("ipywidgets") if console.is_jupyter else console.is_terminal:
        with bar(title, console) as shown_in_bar:
            yield shown_in_bar
    else:
        yield silent
