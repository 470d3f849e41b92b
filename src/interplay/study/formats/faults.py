"""What to say of a text file that is not written as it is said to be; the sentence names the cause and the way out."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from interplay.errors import DamagedFile
from interplay.study.formats.dialect import COMMENTS, is_number, seems
from interplay.study.formats.form import BLANKS, Form, as_yaml

SHOWN = 40
"""Letters of a row that are shown."""
OTHERS = ";\t|,"


class BadRow(NamedTuple):
    """A row that has not a cell for each name."""

    row: int
    cells: list[str]


def ragged(
    path: Path, form: Form, names: Sequence[str], bad: Sequence[BadRow], *, good: int, cut: bool
) -> DamagedFile:
    """Rows with more or fewer cells than there are names."""
    row, cells = bad[0]
    n, more = len(cells), "" if len(bad) == 1 else f" (and {len(bad) - 1} more rows another number)"
    if cut and len(bad) == 1 and n < len(names) and not cells[0].startswith(COMMENTS):
        return DamagedFile(
            f"{path} is cut off: its last row has {n} of {len(names)} cells. Copy or export it again."
        )
    beginning = "" if n > len(names) else f", {' '.join(cells)[:SHOWN]!r}"
    counts = f"row {row} has {_cells(n)}{beginning}{more}, the header {_names(len(names))}"
    return DamagedFile(
        f"{path} must have a name for each cell of a row; {counts}. {_way_out(path, form, names, bad, good)}"
    )


def _way_out(path: Path, form: Form, names: Sequence[str], bad: Sequence[BadRow], good: int) -> str:
    cells = bad[0].cells
    if not good and all(len(some.cells) == len(names) + 1 and not some.cells[-1].strip() for some in bad):
        closing = Form(names=(*names, ""))
        return f"Each row ends with a separator more than the header; say {as_yaml(closing.over(form))}."
    if len(cells) > len(names) and sum(
        bool(re.fullmatch(r"\s*-?\d+\s*", cell)) for cell in cells
    ) > 0.6 * len(cells):
        return (
            "Write decimals with a point, or separate cells by something else than decimals, such as ';', "
            "and say so in format."
        )
    return proposal(path, form) or "Put a cell for each name into each row, or export the file again."


def proposal(path: Path, form: Form) -> str:
    """The line that may make the file readable; empty if nothing else is known."""
    seen = _seen(path)
    other = {name for name, value in seen.said().items() if form.said().get(name) != value}
    if not other:
        return ""
    return f"It may be that study.yaml should say {as_yaml(seen.over(form))}."


def _seen(path: Path) -> Form:
    """How the file seems to be written; plainly, if it cannot be read."""
    try:
        return seems(path)
    except (OSError, ValueError, EOFError):
        return Form()


def headless(path: Path, form: Form, row: int, cells: Sequence[str]) -> None:
    """Refuse numbers, other than those that count columns, in place of names."""
    filled = [cell for cell in cells if cell]
    numbers = [cell for cell in filled if is_number(cell)]
    counted = (
        any(numbers == [str(first + k) for k in range(len(numbers))] for first in (0, 1)) and len(filled) > 1
    )
    if not numbers or counted or (len(numbers) < len(filled) and _seen(path).header is not False):
        return
    hint = proposal(path, form) or "Say format: {header: false, names: [...]}."
    raise DamagedFile(
        f"{path} must have names of columns in row {row}; it holds numbers there, {numbers[0]!r} first. "
        f"{hint} With format: {{header: true}} they are taken for names."
    )


def wrong_separator(path: Path, form: Form, names: Sequence[str], separator: str) -> None:
    """Refuse a header that is cut by something else."""
    others = [other for other in OTHERS if other != separator]
    inside = next((other for other in others if len(names) == 1 and other in names[0]), None)
    if inside is None and len(names) == 1 and _seen(path).separator == BLANKS:
        inside = BLANKS
    if inside is None or (form.separator is not None and separator == BLANKS):
        return
    raise DamagedFile(
        f"{path} must be separated by {_spoken(separator)}; its header has {_spoken(inside)}. Save it so. "
        f"{proposal(path, form)}".rstrip()
    )


def odd_quotes(path: Path, row: int, error: csv.Error) -> DamagedFile:
    """A quote that is opened and never closed, or a cell without end."""
    return DamagedFile(
        f"{path} must close each quote that it opens, at the end of a cell; from row {row} on it does not ({error}). "
        "Delete the quote, or write it twice."
    )


def _spoken(separator: str) -> str:
    return {",": "commas", "\t": "tabs", BLANKS: "blanks"}.get(separator, repr(separator))


def _cells(n: int) -> str:
    return f"{n} cell{'s' if n != 1 else ''}"


def _names(n: int) -> str:
    return f"{n} name{'s' if n != 1 else ''}"
