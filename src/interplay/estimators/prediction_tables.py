"""Predictions, labels and groups as people have them, as arrays that agree: what `decompose_predictions` reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from interplay.arrays import as_array, as_floats
from interplay.errors import InvalidInput
from interplay.estimators.predictions import as_probabilities

LEAST_GROUPS = 10
"""Below this neither an error nor a p-value can be had from groups."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictionTables:
    """What models said of N examples.

    Attributes
    ----------
    p : what saw the example -> (N, C) probabilities: "first", "second" and maybe "both"
    y : (N,) int64 class numbers
    classes : C names
    group : (N,) int64
    """

    p: dict[str, np.ndarray]
    y: np.ndarray
    classes: tuple[str, ...]
    group: np.ndarray

    @classmethod
    def read(cls, p1, p2, p12, y, groups, classes: Sequence | None) -> "PredictionTables":
        """From arrays or data frames; see `interplay.decompose_predictions`."""
        given = {"p1": p1, "p2": p2} | ({} if p12 is None else {"p12": p12})
        names = _class_names(given, classes)
        p = {name: _probabilities(table, name, names) for name, table in given.items()}
        _check_rows(given | {"y": y} | ({} if groups is None else {"groups": groups}))
        columns = {name: table.shape[1] for name, table in p.items()}
        if len(set(columns.values())) > 1:
            raise InvalidInput(f"all predictions must have a column for each class; got {columns} columns.")
        n_c = columns["p1"]
        named = names is not None
        names = names or tuple(map(str, range(n_c)))
        if len(names) != n_c:
            raise InvalidInput(
                f"classes must name the {n_c} columns of the predictions; got {len(names)} names."
            )
        group = np.arange(len(p["p1"])) if groups is None else _group_numbers(groups)
        called = {"p1": "first", "p2": "second", "p12": "both"}
        return cls(
            p={called[name]: table for name, table in p.items()},
            y=_class_numbers(y, names, named=named),
            classes=names,
            group=group,
        ).checked()

    def checked(self) -> "PredictionTables":
        """Itself, if there is enough of everything."""
        n_groups = len(np.unique(self.group))
        if n_groups < LEAST_GROUPS:
            raise InvalidInput(
                f"there must be at least {LEAST_GROUPS} groups (or, without groups, examples), from which errors and "
                f"p-values come; got {n_groups}. Name smaller groups if these are independent, or get more."
            )
        for number, name in enumerate(self.classes):
            have = len(np.unique(self.group[self.y == number]))
            if have < 2:
                raise InvalidInput(
                    "every class must be the truth in at least two groups (or, without groups, examples), so that each "
                    f"fold is calibrated on it; {name!r} is in {have}. Get more, or leave out its rows and its column."
                )
        return self


def _class_names(given: dict[str, Any], classes: Sequence | None) -> tuple[str, ...] | None:
    """Names of the classes: as given, or the columns of the first data frame."""
    if classes is not None:
        return tuple(map(str, classes))
    frame = next((table for table in given.values() if isinstance(table, pd.DataFrame)), None)
    return None if frame is None else tuple(map(str, frame.columns))


def _probabilities(table, name: str, classes: tuple[str, ...] | None) -> np.ndarray:
    """(N, C) probabilities, columns in the order of the classes; one column is the probability of the second of two."""
    if isinstance(table, pd.DataFrame) and classes is not None:
        table = table.set_axis(list(map(str, table.columns)), axis=1)
        if sorted(table.columns) != sorted(classes):
            raise InvalidInput(
                f"columns of {name} must be the classes {list(classes)}; got {list(table.columns)}. Rename or leave "
                "out columns."
            )
        table = table[list(classes)]
    p = as_floats(table, name)
    if p.ndim == 1:
        p = np.stack([1.0 - p, p], axis=1)
    if p.ndim != 2 or p.shape[1] < 2:
        raise InvalidInput(
            f"{name} must be (N, C) probabilities of C >= 2 classes, or (N,) of the second of two; got shape {p.shape}."
        )
    return as_probabilities(p, name)


def _check_rows(given: dict[str, Any]) -> None:
    """Refuse what is not about the same examples in the same order."""
    lengths = {name: len(values) for name, values in given.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidInput(f"predictions, y and groups must be as long as one another; got {lengths} rows.")
    indexed = {
        name: each.index for name, each in given.items() if isinstance(each, (pd.DataFrame, pd.Series))
    }
    first = next(iter(indexed), "")
    for name, index in indexed.items():
        if not index.equals(indexed[first]):
            raise InvalidInput(
                f"{name} must have the index of {first}, in the same order; it has another. Join them by example "
                "first, or pass .to_numpy() if their rows agree as they stand."
            )


def _class_numbers(y, classes: tuple[str, ...], *, named: bool) -> np.ndarray:
    """Labels (N,) as class numbers: by name where names are known and all labels are names, else as numbers."""
    y = as_array(y, "y")
    if y.dtype == object and y.ndim == 1:
        y = pd.Series(y).infer_objects().to_numpy()
    if y.ndim != 1:
        raise InvalidInput(f"y must be one-dimensional; got shape {y.shape}.")
    if pd.isna(y).any():
        raise InvalidInput(
            f"y must hold the class of every example; {int(pd.isna(y).sum())} are missing. Leave these examples out."
        )
    text = y.astype(str)
    if named and np.isin(text, classes).all():
        order = np.argsort(classes)
        return order[np.searchsorted(np.asarray(classes)[order], text)]
    if y.dtype.kind in "iub" or (y.dtype.kind == "f" and (y == np.round(y)).all()):
        numbers = y.astype(np.int64)
        if numbers.min() >= 0 and numbers.max() < len(classes):
            return numbers
        raise InvalidInput(
            f"y must hold class numbers from 0 to {len(classes) - 1}, one for each column; got {numbers.min()} to "
            f"{numbers.max()}."
        )
    known = f"the classes {list(classes)}" if named else "class numbers, or classes= must name the columns"
    unknown = text[~np.isin(text, classes)][0] if named else text[0]
    raise InvalidInput(f"y must hold {known}; got {str(unknown)!r}.")


def _group_numbers(groups) -> np.ndarray:
    groups = as_array(groups, "groups")
    if groups.ndim != 1 or pd.isna(groups).any():
        raise InvalidInput(
            f"groups must say for each example whom it belongs to; got shape {groups.shape} with "
            f"{int(pd.isna(groups).sum())} missing. Give each lone example a name of its own."
        )
    return np.unique(groups.astype(str), return_inverse=True)[1]
