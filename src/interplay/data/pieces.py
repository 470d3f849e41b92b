"""Rows of arrays that may be larger than memory, a piece at a time."""

from collections.abc import Iterator

import numpy as np

PIECE_BYTES = 1 << 23
"""Bytes that a piece has at most, unless one row has more."""


def pieces(array: np.ndarray, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Some rows of an array (n, ...), in order, a piece after the other."""
    at_once = rows_at_once(array)
    for start in range(0, len(rows), at_once):
        yield array[rows[start : start + at_once]]


def rows_at_once(array: np.ndarray) -> int:
    """Rows of a piece."""
    return max(1, PIECE_BYTES // max(1, array[:0].itemsize * int(np.prod(array.shape[1:]))))
