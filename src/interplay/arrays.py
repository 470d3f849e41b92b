"""Arrays of whatever a caller passes, what is none being told in one sentence; and even choices among rows."""

from typing import Any

import numpy as np

from interplay.errors import InvalidInput


def as_array(values: Any, name: str) -> np.ndarray:
    """Values as an array of equal rows.

    Raises
    ------
    InvalidInput
        If its rows have different lengths.
    """
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InvalidInput(
            f"{name} must have rows of one length, so that it is an array; they have several. Cut or fill "
            "them to the same length first."
        ) from error


def as_floats(values: Any, name: str) -> np.ndarray:
    """Values as an array of numbers, float64.

    Raises
    ------
    InvalidInput
        If its rows have different lengths, or anything in it is no number.
    """
    array = as_array(values, name)
    try:
        return array.astype(np.float64)
    except (ValueError, TypeError) as error:
        raise InvalidInput(
            f"{name} must hold numbers; got {array.ravel()[:1].tolist()} among others."
        ) from error


def evenly(n: int, most: int) -> np.ndarray:
    """Numbers of at most `most` of n rows, over all of them, the first and the last included; int, ascending."""
    return np.unique(np.linspace(0, n - 1, min(most, n)).astype(np.int64))
