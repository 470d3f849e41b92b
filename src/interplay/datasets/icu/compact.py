"""Tables of the compact demos: arrays of minutes since 2000, -1 is missing; codes with their vocabularies."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from interplay.datasets.formats.csv_parts import ID, TEXT, TIME
from interplay.datasets.formats.files import open_npz

EPOCH = np.datetime64("2000-01-01", "s")
ARRAYS = {
    "charttime": "minute", "starttime": "start_minute", "endtime": "end_minute", "storetime": "store_minute",
    "valuenum": "value", "valueuom": "unit", "amountuom": "amount_unit", "rateuom": "rate_unit",
    "statusdescription": "status",
}  # fmt: skip
"""What the arrays call a column of the official tables, where that is another name."""


def rows_of_arrays(path: Path, columns: Mapping[str, tuple], *, stored: bool) -> pd.DataFrame:
    """All rows of a table.

    Parameters
    ----------
    path : Path
    columns : column of the official table -> (type, name in rows)
    stored : bool
        Whether there is an array of storage times; without it they are unknown, and `stored` is left out.
    """
    spelled = {column: ARRAYS.get(column, column) for column in columns if stored or column != "storetime"}
    vocabularies = [f"{array}_vocab" for column, array in spelled.items() if columns[column][0] == TEXT]
    data = open_npz(path, [*spelled.values(), *vocabularies])
    table = {}
    for column, array in spelled.items():
        kind, name = columns[column]
        values = data[array]
        if kind == TEXT:
            values = data[f"{array}_vocab"][values].astype(object)
        elif kind == TIME:
            times = EPOCH + 60 * values.astype("timedelta64[s]")
            values = np.where(values < 0, np.datetime64("NaT", "s"), times)
        elif kind == ID:
            values = values.astype(np.int64)
        table[name] = values
    return pd.DataFrame(table)
