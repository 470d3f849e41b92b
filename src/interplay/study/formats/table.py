"""What one file of a study holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


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
