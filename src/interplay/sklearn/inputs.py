"""What scikit-learn users have, as a table of steps and channels.

Letters: N windows, T steps, C channels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from interplay.arrays import as_array
from interplay.errors import InvalidInput

SEPARATOR = "/"
"""Between a modality and its channel in names of features."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Windows as scikit-learn checks them, a row for each step.

    Attributes
    ----------
    rows : array-like (N * T, C); what came, where it has one step a window
    steps : int, T
    modalities : name -> places of its channels, where what came says so
    """

    rows: Any
    steps: int
    modalities: Mapping[str, list[int]] | None = None


def table_of(X, known: Sequence[str] = ()) -> Table:
    """A table of arrays (N, T, C) or (N, C), a mapping of them by modality, or a data frame.

    Parameters
    ----------
    X : array-like, mapping of modality to array-like, or DataFrame
    known : sequence of str
        Modalities in the order in which those of a mapping are wanted.
    """
    # some sparse matrices are mappings, too
    if isinstance(X, Mapping) and not issparse(X):
        return _of_mapping({name: X[name] for name in known} if set(X) == set(known) else X)
    if isinstance(getattr(X, "columns", None), pd.MultiIndex):
        return _of_levels(X)
    # what is sparse is scikit-learn's to refuse
    array = X if hasattr(X, "ndim") else as_array(X, "X")
    if array.ndim > 3:
        raise InvalidInput(
            f"X must be (windows, steps, channels), or (windows, channels); got shape {array.shape}."
        )
    if array.ndim != 3:
        return Table(rows=X, steps=1)
    array = as_array(array, "X")
    return Table(rows=array.reshape(-1, array.shape[2]), steps=array.shape[1])


def modalities_of(chosen: Mapping | None, names: Sequence[str]) -> dict[str, list[int]]:
    """Places of the channels of each modality.

    Parameters
    ----------
    chosen : mapping of modality to its channels, by name or place, or None: each channel is a modality
    names : names of the C channels
    """
    if chosen is None:
        return {name: [c] for c, name in enumerate(names)}
    return {str(name): _places(str(name), channels, names) for name, channels in chosen.items()}


def _places(modality: str, channels, names: Sequence[str]) -> list[int]:
    if isinstance(channels, slice):
        return list(range(len(names))[channels])
    places = [_place(modality, channel, names) for channel in np.atleast_1d(channels).tolist()]
    if not places:
        raise InvalidInput(f"modality {modality!r} must have at least one channel; got none.")
    return places


def _place(modality: str, channel, names: Sequence[str]) -> int:
    if channel in names:
        return list(names).index(channel)
    if isinstance(channel, int) and 0 <= channel < len(names):
        return channel
    raise InvalidInput(
        f"modalities must name channels that X has, of {len(names)} from {names[0]!r} to {names[-1]!r} or by place "
        f"from 0; {modality!r} has {channel!r}."
    )


def _of_mapping(X: Mapping) -> Table:
    arrays = {str(name): as_array(array, f"modality {name!r}") for name, array in X.items()}
    arrays = {name: array[:, None] if array.ndim == 2 else array for name, array in arrays.items()}
    shapes = {name: array.shape for name, array in arrays.items()}
    if {len(shape) for shape in shapes.values()} != {3} or len({shape[:2] for shape in shapes.values()}) > 1:
        raise InvalidInput(
            "arrays by modality must be (windows, steps, channels), or (windows, channels), with the same windows and "
            f"steps in all; got shapes {shapes}."
        )
    names = [(name, c) for name, array in arrays.items() for c in range(array.shape[2])]
    return _named(np.concatenate(list(arrays.values()), axis=2), names)


def _of_levels(X: pd.DataFrame) -> Table:
    """Columns (modality, channel) or (modality, channel, step), the latest step last."""
    levels = X.columns.nlevels
    if levels not in (2, 3) or not X.columns.is_unique:
        raise InvalidInput(
            "columns of levels must be (modality, channel) or (modality, channel, step), each once; got "
            f"{levels} levels{'' if X.columns.is_unique else ', some columns twice'}."
        )
    names = list(dict.fromkeys((column[0], column[1]) for column in X.columns))
    steps = sorted({column[2:] for column in X.columns})
    wanted = [(*name, *step) for step in steps for name in names]
    lacking = [column for column in wanted if column not in X.columns]
    if lacking:
        raise InvalidInput(f"X must have a column for every step of every channel; {lacking[0]} is missing.")
    return _named(X[wanted].to_numpy().reshape(len(X), len(steps), len(names)), names)


def _named(values: np.ndarray, names: Sequence[tuple]) -> Table:
    """Of values (N, T, C) and the modality and name of each channel."""
    modalities: dict[str, list[int]] = {}
    for c, (modality, _) in enumerate(names):
        modalities.setdefault(str(modality), []).append(c)
    columns = [SEPARATOR.join(map(str, name)) for name in names]
    rows = pd.DataFrame(values.reshape(-1, len(names)), columns=columns)
    return Table(rows=rows, steps=values.shape[1], modalities=modalities)
