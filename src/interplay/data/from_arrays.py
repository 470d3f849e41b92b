"""Windows straight from arrays, without recordings."""

from collections.abc import Mapping
from hashlib import blake2b

import numpy as np

from interplay.arrays import as_array, as_floats
from interplay.data.check import check_finite, refuse_missing
from interplay.data.fill import fill_policy
from interplay.data.precision import as_samples
from interplay.data.steps import Steps, whole_steps
from interplay.data.targets import class_numbers, label_table, target_values, unlabelled
from interplay.data.windows import Windows, index_windows
from interplay.errors import InvalidInput
from interplay.types import UNLABELLED


def windows_from_arrays(
    arrays: Mapping[str, np.ndarray],
    y,
    *,
    steps: int | None = None,
    step_s: float = 1.0,
    stride: int = 1,
    min_steps: int | None = None,
    entity=None,
    classes=None,
    static: Mapping[str, np.ndarray] | None = None,
    fill=None,
) -> Windows:
    """Windows straight from arrays.

    Parameters
    ----------
    arrays : mapping of modality name to (n, d) or (n, T, d) float
        Two axes: one row per step, in order of time; windows of `steps` rows slide over them. Three axes:
        n windows that are already cut; `steps` may then be left out.
    y : (n,) int, bool or str
        Label of each step, or of each cut window; -1 is unlabelled. With ``classes=()`` float, a continuous
        target; NaN is unlabelled. Or (n, C): whether each of C labels holds, 1, 0, or -1 where unknown. None of
        windows that are to be predicted.
    steps : int
        T, rows per window.
    step_s : float, s
        Time between rows.
    stride : int
        Rows from one window to the next; sliding windows only.
    min_steps : int, optional
        As in `make_windows`; sliding windows only.
    entity : (n,) of str or int, optional
        Who each row (or window) belongs to; windows never cross from one to the next. Without it all rows
        are one entity, and every cut window is its own, named after what the arrays hold.
    classes : sequence of str, optional
        Class names in the order of their numbers; by default the values that `y` takes. Pass
        ``train.classes`` to give test windows the numbering of the training windows, () for a continuous
        target. Of several labels their names.
    static : mapping of name to (n,) float, optional
        Side inputs that do not change, such as age: one value per row or cut window, the same over the rows
        of an entity; NaN is unknown.
    fill : str, policy or mapping, optional
        As in `interplay.data.make_steps`.

    Returns
    -------
    Windows
    """
    arrays = {name: as_array(array, f"array {name!r}") for name, array in arrays.items()}
    coded = None if y is None else _coded(y, classes)
    n, cut_steps = _common_shape(arrays, None if coded is None else len(coded[0]))
    labels, classes = coded or _unlabelled(n, classes)
    if cut_steps is not None and steps not in (None, cut_steps):
        raise InvalidInput(f"steps must be the second axis of the arrays, {cut_steps}; got {steps}.")
    length = steps if cut_steps is None else cut_steps
    if length is None:
        raise InvalidInput("steps must be given for arrays of shape (n, d): how many rows make a window?")
    if entity is None:
        entity = _anonymous(arrays, labels, each=cut_steps is not None)
    entity = _entity_names(entity, n)
    names, code = np.unique(entity, return_inverse=True)
    if cut_steps is None:
        segment = np.cumsum(np.r_[0, code[1:] != code[:-1]])
        target = labels
    else:
        stride, min_steps = 1, None
        segment = np.arange(n).repeat(length)
        code = code.repeat(length)
        target = unlabelled((n * length,), labels)
        target[length - 1 :: length] = labels
    values, observed = whole_steps(
        {name: _steps_of(name, array, segment, fill, step_s) for name, array in arrays.items()}
    )
    table = Steps(
        values=values,
        observed=observed,
        target=target,
        segment=segment,
        entity=code,
        time_s=step_s * np.arange(1.0, len(target) + 1),
        entities=tuple(map(str, names)),
        classes=classes,
        channels={name: tuple(map(str, range(array.shape[-1]))) for name, array in arrays.items()},
        step_s=float(step_s),
        static=_static_of_segments(static or {}, segment[:: 1 if cut_steps is None else length], n),
    )
    return index_windows(table, steps=length, stride=stride, min_steps=min_steps, labelled=y is not None)


def _unlabelled(n: int, classes) -> tuple[np.ndarray, tuple[str, ...]]:
    """No labels: of the given classes, of a continuous target, or of nothing in particular."""
    if classes is not None and len(classes) == 0:
        return np.full(n, np.nan), ()
    return np.full(n, UNLABELLED, dtype=np.int64), () if classes is None else tuple(map(str, classes))


def _coded(y, classes) -> tuple[np.ndarray, tuple[str, ...]]:
    """Class numbers of labels and the names they stand for; or a continuous target and no names."""
    y = as_array(y, "y")
    if y.ndim == 2:
        y = label_table(y, name="y")
        names = [str(c) for c in range(y.shape[1])] if classes is None else [str(name) for name in classes]
        if len(names) != y.shape[1]:
            raise InvalidInput(f"y must have a column for each of the {len(names)} labels; got {y.shape[1]}.")
        return y, tuple(names)
    if classes is not None and len(classes) == 0:
        return target_values(as_floats(y, "y"), name="y"), ()
    if y.dtype.kind in "US" and y.ndim == 1:
        known = np.unique(y) if classes is None else np.asarray(classes, dtype=str)
        unknown = np.setdiff1d(y, known)
        if len(unknown):
            raise InvalidInput(f"y must hold the given classes only; got {unknown[0]!r}.")
        order = np.argsort(known)
        return order[np.searchsorted(known[order], y)], tuple(map(str, known))
    y = class_numbers(y, name="y")
    if classes is not None:
        if len(y) and y.max() >= len(classes):
            raise InvalidInput(f"y must be below the number of classes, {len(classes)}; got {y.max()}.")
        return y, tuple(map(str, classes))
    known = np.unique(y[y >= 0])
    if known.tolist() == [1] and (y < 0).any():
        raise InvalidInput(
            "y must hold at least two classes where none are named, and -1 stands for unlabelled; it holds "
            "-1 and 1 alone. If -1 is a class, pass (y > 0).astype(int)."
        )
    coded = np.where(y >= 0, np.searchsorted(known, y), UNLABELLED)
    return coded, tuple(map(str, known))


def _common_shape(arrays: Mapping[str, np.ndarray], n_labels: int | None) -> tuple[int, int | None]:
    """How many rows or cut windows there are, and steps of a cut window; None of rows."""
    if not arrays:
        raise InvalidInput("arrays must hold at least one modality; got none.")
    ndim = {array.ndim for array in arrays.values()}
    if len(ndim) != 1 or ndim.pop() not in (2, 3):
        shapes = {name: array.shape for name, array in arrays.items()}
        raise InvalidInput(f"arrays must all be (n, d) or all be (n, T, d); got shapes {shapes}.")
    for name, array in arrays.items():
        if array.dtype.kind not in "fiub":
            raise InvalidInput(f"array {name!r} must be numeric; got {array.dtype}.")
    first = next(iter(arrays.values()))
    n, like = (len(first), "one another") if n_labels is None else (n_labels, "y")
    for name, array in arrays.items():
        if len(array) != n:
            raise InvalidInput(
                f"all arrays must be as long as {like} ({n}); array {name!r} has {len(array)} rows."
            )
    if first.ndim == 2:
        return n, None
    steps = {array.shape[1] for array in arrays.values()}
    if len(steps) != 1:
        raise InvalidInput(
            f"cut windows must have the same number of steps in all modalities; got {sorted(steps)}."
        )
    return n, first.shape[1]


def _static_of_segments(
    static: Mapping[str, np.ndarray], segment: np.ndarray, n: int
) -> dict[str, np.ndarray]:
    """Values by segment, (segments,) float32, of values by row or cut window."""
    columns = {}
    first = np.unique(segment, return_index=True)[1]
    for name, values in static.items():
        values = as_floats(values, f"static input {name!r}").astype(np.float32)
        if values.shape != (n,):
            raise InvalidInput(
                f"static input {name!r} must have one value per label ({n}); got shape {values.shape}."
            )
        if np.isinf(values).any():
            raise InvalidInput(f"static input {name!r} must be finite, or NaN where unknown; got infinity.")
        of_segment = values[first]
        if not np.array_equal(of_segment[segment], values, equal_nan=True):
            raise InvalidInput(
                f"static input {name!r} must not change within the rows of an entity; it does. What changes is a "
                "modality: pass it in arrays."
            )
        columns[name] = of_segment
    return columns


def _entity_names(entity, n: int) -> np.ndarray:
    entity = as_array(entity, "entity")
    if entity.dtype == object:
        if any(name is None for name in entity.ravel()):
            raise InvalidInput(
                "entity must name whom each row belongs to; some are None. Leave these rows out."
            )
        entity = entity.astype(str)
    if entity.shape != (n,):
        raise InvalidInput(f"entity must have one entry per label ({n}); got shape {entity.shape}.")
    return entity


def _anonymous(arrays: Mapping[str, np.ndarray], labels: np.ndarray, *, each: bool) -> np.ndarray:
    """Entities of rows without one: each its own, or all the same.

    They are named after what the arrays hold, so that the same arrays are known again when a model that was
    trained on them is tested, and other arrays are not mistaken for them.
    """
    digest = blake2b(np.ascontiguousarray(labels).data, digest_size=4)
    for array in arrays.values():
        digest.update(np.ascontiguousarray(array).data)
    n = len(labels)
    if not each:
        return np.full(n, f"rows-{digest.hexdigest()}")
    width = len(str(max(n - 1, 0)))
    return np.array([f"rows-{digest.hexdigest()}-{k:0{width}d}" for k in range(n)])


def _steps_of(name: str, array: np.ndarray, segment: np.ndarray, fill, step_s: float) -> np.ndarray:
    check_finite(array, f"array {name!r}")
    values = as_samples(array).reshape(len(segment), 1, array.shape[-1])
    policy = fill_policy(fill.get(name) if isinstance(fill, Mapping) else fill)
    if policy is not None:
        return policy.apply(values, segment, step_s)
    refuse_missing(array, f"array {name!r}")
    return values
