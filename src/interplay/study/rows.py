"""Rows of one recording in the files of a stream or of the target, read as numbers, times and texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from interplay.study.formats.form import Form
from interplay.study.formats.opening import ROW
from interplay.study.issues import Issue, error, warning

FILE = "__file__"
"""Column of a table of several files: number of the file that a row is from."""
WHOLE_BELOW = 2.0**53
"""Size from which floating numbers are not all there, so that ids saved as such run together."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rows:
    """Some rows, in order.

    Attributes
    ----------
    table : with the number of each row in ROW, and of its file in FILE
    files : names of the files, as messages call them
    form : how they are written
    units : name of a column -> its unit, where a file says so
    rate_hz : float, Hz, where a file says so
    """

    table: pd.DataFrame
    files: tuple[str, ...]
    form: Form = field(default_factory=Form)
    units: Mapping[str, str] = field(default_factory=dict)
    rate_hz: float | None = None

    def __len__(self) -> int:
        return len(self.table)

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [str(name) for name in self.table.columns if name not in (ROW, FILE)]

    @property
    def numbers(self) -> np.ndarray:
        """(n,) numbers of the rows in their files."""
        return self.table[ROW].to_numpy()

    def select(self, which: np.ndarray) -> "Rows":
        """Some of them, by index or mask."""
        return replace(self, table=self.table.iloc[np.flatnonzero(which) if which.dtype == bool else which])

    def file(self, k: int = 0) -> str:
        """Name of the file that a row is from."""
        if FILE not in self.table or not len(self.table):
            return self.files[0]
        return self.files[int(self.table[FILE].iloc[k])]

    def row(self, k: int) -> int:
        """Number of a row in its file."""
        return int(self.table[ROW].iloc[k])

    def error(self, sentence: str, k: int) -> Issue:
        """What keeps a row from being read."""
        return error(self.file(k), sentence, self.row(k))

    def warning(self, sentence: str, k: int) -> Issue:
        """What is doubtful about a row."""
        return warning(self.file(k), sentence, self.row(k))

    def texts(self, name: str) -> list[str | None]:
        """A column as it is written, without blanks around; None where it is empty or holds a word for that."""
        missing = self.form.missing_words
        return [None if text is None or text in missing else text for text in as_texts(self.table[name])]

    def that(self, where: Mapping[str, Any]) -> "Rows":
        """Rows that have the values of `where`."""
        if not where:
            return self
        mask = np.ones(len(self), dtype=bool)
        for name, value in where.items():
            values = value if isinstance(value, (list, tuple)) else [value]
            wanted = {word for one in values for word in _spelled(one)}
            mask &= np.array(
                [text is not None and plain(text) in wanted for text in as_texts(self.table[name])], bool
            )
        return self.select(mask)


def _spelled(value: Any) -> tuple[str, ...]:
    """How a value of study.yaml may stand in a file; true is true in all letters."""
    text = str(value)
    return (text.lower(), text, text.upper()) if isinstance(value, bool) else (plain(text),)


def as_texts(column: pd.Series) -> list[str | None]:
    """Cells as texts, without blanks around; whole numbers without a point. None where there is nothing."""
    codes, cells = pd.factorize(column, use_na_sentinel=True)
    texts = [*map(_text, cells), None]
    return [texts[code] for code in codes]


def plain(text: str) -> str:
    """A whole number that was saved as 7.0 is 7; all other texts are themselves."""
    whole, point, rest = text.partition(".")
    return whole if point and rest == "0" and whole.removeprefix("-").isdigit() else text


def name_codes(column: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Which of some names each cell is, -1 where it is empty; and the names."""
    codes, cells = pd.factorize(column, use_na_sentinel=True)
    names = [None if (text := _text(cell)) is None else plain(text) for cell in cells]
    order = {name: k for k, name in enumerate(dict.fromkeys(name for name in names if name is not None))}
    number = np.array([-1 if name is None else order[name] for name in names] + [-1], dtype=np.int64)
    return number[codes], list(order)


def run_together(column: pd.Series) -> int | None:
    """A row whose name is a number too large to be told from its neighbours; None if all are sure."""
    if column.dtype.kind == "f":
        large = np.flatnonzero(column.abs().to_numpy(np.float64, na_value=0.0) >= WHOLE_BELOW)
        return int(large[0]) if len(large) else None
    if column.dtype.kind in "iub":
        return None
    rounded = column.astype(str).str.fullmatch(r"\s*\d(\.\d+)?[eE]\+?\d{2}\s*").to_numpy(bool)
    return int(np.argmax(rounded)) if rounded.any() else None


def listed(words: Sequence[str], most: int = 5) -> str:
    """Some words in quotes, the last after an "and"."""
    shown = [repr(word) for word in words[:most]]
    if len(words) > most:
        return f"{', '.join(shown)} and {len(words) - most} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, (float, np.floating)):
        return str(int(value)) if float(value).is_integer() and abs(value) < WHOLE_BELOW else str(value)
    return str(value).strip() or None
