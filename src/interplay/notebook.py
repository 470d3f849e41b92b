"""How values look in a notebook: a caption and a table of escaped HTML, or a chart, one way for all."""

import math
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from io import BytesIO
from typing import Any

MOST_ROWS = 20
"""Rows that a table shows before it only counts the rest."""


DOTS = 100
"""Of a chart in a notebook, per inch."""


def table_html(table: Any, caption: str) -> str:
    """A DataFrame under a caption, its index left out; every name and value is escaped."""
    rows = table.head(MOST_ROWS).itertuples(index=False, name=None)
    html = rows_html(rows, [str(column) for column in table.columns], caption)
    rest = len(table) - MOST_ROWS
    return html + (f"<p>and {rest:,} more rows</p>" if rest > 0 else "")


def rows_html(rows: Iterable[Sequence[object]], columns: Sequence[str], caption: str) -> str:
    """Rows of values under a caption; without column names a table of facts."""
    head = f"<thead><tr>{_cells('th', columns)}</tr></thead>" if columns else ""
    body = "".join(f"<tr>{_cells('td', row)}</tr>" for row in rows)
    lines = escape(caption).replace("\n", "<br>")
    return f"<p>{lines}</p><table>{head}<tbody>{body}</tbody></table>"


def counted(n: int, one: str, several: str = "") -> str:
    """A count with its noun."""
    return f"{n:,} {one if n == 1 else several or one + 's'}"


def _cells(tag: str, values: Iterable[object]) -> str:
    return "".join(f"<{tag}>{escape(shown(value))}</{tag}>" for value in values)


def shown(value: object) -> str:
    """A value as a cell: numbers with four significant digits, a dash for what is missing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def own_axes(ax, size: tuple[float, float]):
    """Axes to draw into: the given ones, or of a figure of its own of this size, inches, which a notebook shows."""
    if ax is not None:
        return ax
    # outside pyplot: nothing to close, no display needed
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout="constrained").add_subplot(axes_class=_shown_axes())


@cache
def _shown_axes() -> type:
    """Axes that show their figure where a cell ends with them; matplotlib is loaded by whoever draws."""
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    class ShownAxes(Axes):
        def _repr_png_(self) -> bytes:
            file = BytesIO()
            assert isinstance(self.figure, Figure)
            self.figure.savefig(file, format="png", dpi=DOTS)
            return file.getvalue()

    return ShownAxes
