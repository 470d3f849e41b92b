"""What the cells of a column hold: numbers, and which texts."""

import re

import numpy as np
import pandas as pd

from interplay.study.formats.form import Form
from interplay.study.numbers import as_numbers, pattern
from interplay.study.rows import Rows, as_texts

MOSTLY = 0.8
"""Share of the cells of a column of numbers that are numbers."""


def mostly_numbers(rows: Rows, name: str, form: Form) -> bool:
    """Whether nearly all cells of a column that hold anything hold numbers, or all true and false."""
    if isinstance(rows.table[name].dtype, pd.DatetimeTZDtype) or rows.table[name].dtype.kind == "M":
        return False
    read = as_numbers(rows.table[name], form)
    known = int((~np.isnan(read.values)).sum())
    filled = known + len(read.bad)
    return known > 0 and known + len(read.bounds) >= MOSTLY * filled


def distinct(rows: Rows, name: str) -> list[str]:
    """The texts of a column, in order of the alphabet."""
    return sorted({text for text in as_texts(rows.table[name]) if text is not None})


def ending(rows: Rows, name: str) -> str | None:
    """What stands after each number of a column, such as %; None if it is not the same throughout."""
    texts = distinct(rows, name)
    split = [re.fullmatch(rf"({pattern(rows.form)})\s*(\D+)", text) for text in texts]
    ends = {match.groups()[-1] for match in split if match}
    return ends.pop() if len(ends) == 1 and all(split) else None
