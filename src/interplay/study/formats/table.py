"""What one file of a study holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from interplay.errors import DamagedFile

MOST_COLUMNS = 20_000
"""Of one file: each is laid out by itself, and 300,000 take minutes."""


def check_width(path: Path, n_columns: int) -> None:
    """Refuse a file with more columns than a table can have."""
    if n_columns > MOST_COLUMNS:
        raise DamagedFile(
            f"{path} must have at most {MOST_COLUMNS:,} columns; it has {n_columns:,}. Write a row for each moment, "
            "and streams into files of their own."
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Table:
    """All rows of a file.

    Attributes
    ----------
    rows : a column of texts for each of delimited text, of its own type elsewhere; and the number of each row in ROW
    units : name of a column -> its unit, where the file says so
    rate_hz : float, Hz, where the file says so
    """

    rows: pd.DataFrame
    units: Mapping[str, str] = field(default_factory=dict)
    rate_hz: float | None = None
