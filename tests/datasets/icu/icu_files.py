"""Official MIMIC tables written from compact arrays (minutes since 2000, codes with vocabularies)."""

from pathlib import Path

import numpy as np
import pandas as pd

EPOCH = pd.Timestamp("2000-01-01")


def rows_of(file: Path) -> pd.DataFrame:
    """A compact table decoded: minutes as times, codes as text."""
    with np.load(file, allow_pickle=False) as data:
        table = {}
        for name in data.files:
            if name.endswith("_vocab"):
                continue
            values = data[name]
            if f"{name}_vocab" in data.files:
                values = data[f"{name}_vocab"][values]
            elif name.endswith("minute"):
                times = EPOCH + pd.to_timedelta(values, unit="min")
                values = times.where(values >= 0)
            table[name] = values
    return pd.DataFrame(table)


def official(rows: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """The same with official column names; missing numbers stay empty."""
    return rows.rename(columns=names)[list(names.values())]
