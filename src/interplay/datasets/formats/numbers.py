"""Official files that are tables of numbers in plain text: finding them, reading one, its clock and its label codes."""

import re
from collections.abc import Collection, Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from interplay.datasets.formats.files import DAMAGE
from interplay.errors import DamagedFile, InvalidInput

MOST_MISSING = 10
"""Rows that a clock may have for each row of the file; more than that is a damaged time."""


def official_files(root: str | Path, folders: Iterable[str], pattern: str, needed: str) -> list[Path]:
    """Files named as `pattern` in the first of `folders` under `root` that has any, in the order of their numbers.

    Raises
    ------
    InvalidInput
        If no folder has one; `needed` says what must be there.
    """
    for folder in folders:
        paths = [path for path in (Path(root) / folder).glob(pattern) if path.is_file()]
        if paths:
            return sorted(paths, key=lambda path: [int(digits) for digits in re.findall(r"\d+", path.name)])
    raise InvalidInput(f"{root} must hold {needed}; it does not. Pass the folder of the unpacked archive.")


def read_numbers(path: Path, columns: int, *, precise: Collection[int] = ()) -> pd.DataFrame:
    """A table of `columns` numbers a row, separated by blanks or tabs; "NaN" is missing.

    Parameters
    ----------
    path : Path
    columns : int
        How many there must be in every row.
    precise : collection of int
        Columns, counted from 0, that are read as float64; the others are float32.

    Raises
    ------
    DamagedFile
        If a row is shorter or longer, or holds anything but numbers; the message names the row.
    """
    kinds: dict[Hashable, Any] = {
        c: np.dtype(np.float64 if c in precise else np.float32) for c in range(columns)
    }
    try:
        table = pd.read_csv(
            path, sep=r"\s+", header=None, engine="c", dtype=kinds, keep_default_na=False, na_values=["NaN"]
        )
    except (*DAMAGE, ValueError) as error:
        raise DamagedFile(_what_is_wrong(path, columns)) from error
    if table.shape[1] != columns:
        raise DamagedFile(_what_is_wrong(path, columns))
    return table


def rows_on_clock(times_s: np.ndarray, rate_hz: float, path: Path) -> np.ndarray:
    """Place of each row on a regular clock that starts with the first row, (n,) int64, increasing.

    Rows that a file lacks leave their places out: nothing is moved closer to fill them.
    """
    if not np.isfinite(times_s).all():
        raise DamagedFile(
            f"{path} must have a time in every row; row {int(np.argmin(np.isfinite(times_s))) + 1} has none."
        )
    place = np.rint((times_s - times_s[0]) * rate_hz).astype(np.int64)
    back = np.flatnonzero(np.diff(place) < 1)
    if len(back):
        k = int(back[0]) + 1
        raise DamagedFile(
            f"{path} must have times that go up by {1 / rate_hz:.4g} s a row; row {k + 1} has {times_s[k]:.10g} s "
            f"after {times_s[k - 1]:.10g} s."
        )
    if place[-1] >= MOST_MISSING * len(place):
        raise DamagedFile(
            f"{path} must have times that go up by {1 / rate_hz:.4g} s a row; its {len(place)} rows span "
            f"{times_s[-1] - times_s[0]:g} s."
        )
    return place


def on_clock(rows: np.ndarray, place: np.ndarray, missing: float) -> np.ndarray:
    """Rows (n, ...) laid on their places, (last place + 1, ...); `missing` where the file has no row."""
    if len(rows) == place[-1] + 1:
        return rows
    on_places = np.full((place[-1] + 1, *rows.shape[1:]), missing, dtype=rows.dtype)
    on_places[place] = rows
    return on_places


def runs(mask: np.ndarray, rate_hz: float) -> tuple[tuple[float, float], ...]:
    """(start, stop) in s of the stretches of samples where `mask` (n,) is True."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False])) / rate_hz
    return tuple(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def class_numbers_of(codes: np.ndarray, numbers: Mapping[int, int], what: str) -> np.ndarray:
    """Class number of each label code, (n,) int64; a code that is not in `numbers` is refused."""
    kinds, which = np.unique(codes, return_inverse=True)
    unknown = [kind for kind in kinds if kind not in numbers]
    if unknown:
        raise DamagedFile(f"{what} must be one of {', '.join(map(str, numbers))}; got {unknown[0]:g}.")
    return np.array([numbers[kind] for kind in kinds], dtype=np.int64)[which]


def _what_is_wrong(path: Path, columns: int) -> str:
    """One sentence with the first row that cannot be read; looked for only after reading has failed."""
    must = f"{path} must hold rows of {columns} numbers or NaN, separated by blanks"
    row = 0
    with path.open(encoding="latin1") as lines:
        for row, line in enumerate(lines, start=1):
            fields = line.split()
            if fields and len(fields) != columns:
                return f"{must}; row {row} has {len(fields)}. Copy or download it again."
            bad = next((field for field in fields if not _is_number(field)), None)
            if bad is not None:
                return f"{must}; row {row} holds {bad[:20]!r}. Copy or download it again."
    return f"{must}; it has {row} rows that cannot be read as such. Copy or download it again."


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
