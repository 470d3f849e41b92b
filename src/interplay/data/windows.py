"""Windows: an index over steps. Overlapping windows share memory; only a batch is ever copied out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np

from interplay.data.check import check_finite, refuse_missing
from interplay.data.fill import fill_policy
from interplay.data.steps import Steps, make_steps, whole_steps
from interplay.data.targets import class_numbers, is_labelled, target_values, unlabelled
from interplay.errors import InvalidInput
from interplay.types import UNLABELLED, Recording, Schema, WindowBatch


@dataclass(frozen=True, kw_only=True, slots=True)
class Windows:
    """N windows of T steps each.

    A window ends with step ``last[k]``, the end of which is its prediction time; its label is the target
    there. The token at step t of the window has lag T - 1 - t, so lag 0 is the newest step.

    Attributes
    ----------
    steps : Steps, shared by all selections
    last : (N,) int64, row of `steps` in which each window ends
    length : T
    """

    steps: Steps
    last: np.ndarray
    length: int

    def __len__(self) -> int:
        return len(self.last)

    @property
    def modalities(self) -> tuple[str, ...]:
        return self.steps.modalities

    @property
    def classes(self) -> tuple[str, ...]:
        return self.steps.classes

    @property
    def step_s(self) -> float:
        return self.steps.step_s

    @property
    def y(self) -> np.ndarray:
        """(N,) int64 class numbers, or float64 of a continuous target."""
        return self.steps.target[self.last]

    @property
    def continuous(self) -> bool:
        """Whether the target is a number rather than a class."""
        return self.steps.target.dtype.kind == "f"

    @property
    def entity(self) -> np.ndarray:
        """(N,) int64 index into ``steps.entities``."""
        return self.steps.entity[self.last]

    @property
    def entities(self) -> tuple[str, ...]:
        """Names of the entities that have windows here, sorted."""
        return tuple(self.steps.entities[k] for k in np.unique(self.entity))

    @property
    def schema(self) -> Schema:
        shapes = {name: array.shape[1:] for name, array in self.steps.values.items()}
        return Schema(shapes=shapes, steps=self.length, step_s=self.step_s, classes=self.classes)

    def select(self, which: np.ndarray) -> "Windows":
        """Some of the windows, by index or boolean mask (N,)."""
        return replace(self, last=self.last[which])

    def of_entities(self, names: Iterable[str]) -> "Windows":
        """The windows of some entities."""
        chosen = np.isin(np.array(self.steps.entities), list(names))
        return self.select(chosen[self.entity])

    def rows(self) -> np.ndarray:
        """(N, T) int64 rows of `steps`, oldest step first."""
        return self.last[:, None] - np.arange(self.length - 1, -1, -1)

    def used_rows(self) -> np.ndarray:
        """Rows of `steps` that any window contains, sorted, each once."""
        used = np.zeros(len(self.steps) + 1, dtype=np.int64)
        np.add.at(used, self.last - self.length + 1, 1)
        np.add.at(used, self.last + 1, -1)
        return np.flatnonzero(np.cumsum(used)[:-1])

    def ever_observed(self) -> np.ndarray:
        """(M,) bool: whether a modality is observed in any window."""
        return np.any(self.steps.observed[self.used_rows()], axis=0)

    def batch(self, which: np.ndarray) -> WindowBatch:
        """Copy out some windows; unobserved values become 0."""
        rows = self.select(which).rows()
        x = {name: np.nan_to_num(array[rows], copy=False) for name, array in self.steps.values.items()}
        observed = self.steps.observed[rows].transpose(0, 2, 1)
        return WindowBatch(x=x, observed=observed, y=self.steps.target[rows[:, -1]])


def make_windows(
    recordings: Iterable[Recording] | Recording,
    *,
    step_s: float,
    steps: int,
    stride: int = 1,
    fill=None,
    max_gap_s: float | None = None,
) -> Windows:
    """Cut recordings into windows.

    Parameters
    ----------
    recordings : Recording or iterable of them
    step_s : float, s
    steps : int
        T, steps per window.
    stride : int
        Steps from one window to the next; only windows whose last step is labelled are kept.
    fill, max_gap_s
        As in `interplay.data.make_steps`.

    Returns
    -------
    Windows
    """
    return index_windows(
        make_steps(recordings, step_s=step_s, fill=fill, max_gap_s=max_gap_s), steps=steps, stride=stride
    )


def windows_from_arrays(
    arrays: Mapping[str, np.ndarray],
    y,
    *,
    steps: int | None = None,
    step_s: float = 1.0,
    stride: int = 1,
    entity=None,
    classes=None,
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
        target; NaN is unlabelled.
    steps : int
        T, rows per window.
    step_s : float, s
        Time between rows.
    stride : int
        Rows from one window to the next; sliding windows only.
    entity : (n,) of str or int, optional
        Who each row (or window) belongs to; windows never cross from one to the next. Without it all rows
        are one entity, and every cut window is its own, named after what the arrays hold.
    classes : sequence of str, optional
        Class names in the order of their numbers; by default the values that `y` takes. Pass
        ``train.classes`` to give test windows the numbering of the training windows, () for a continuous
        target.
    fill : str, policy or mapping, optional
        As in `interplay.data.make_steps`.

    Returns
    -------
    Windows
    """
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    labels, classes = _coded(y, classes)
    n, cut_steps = _common_shape(arrays, len(labels))
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
        stride = 1
        segment = np.arange(n).repeat(length)
        code = code.repeat(length)
        target = unlabelled((n, length), labels)
        target[:, -1] = labels
        target = target.ravel()
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
    )
    return index_windows(table, steps=length, stride=stride)


def index_windows(table: Steps, *, steps: int, stride: int = 1) -> Windows:
    """Index every labelled window of `steps` steps that stays inside one segment."""
    for name, value in (("steps", steps), ("stride", stride)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise InvalidInput(f"{name} must be a whole number of at least 1; got {value!r}.")
    starts = np.searchsorted(table.segment, np.unique(table.segment), side="left")
    lengths = np.diff(np.r_[starts, len(table)])
    place = np.arange(len(table)) - starts.repeat(lengths)
    fits = place >= steps - 1
    if not fits.any():
        raise InvalidInput(
            f"a window of {steps} steps must fit into a segment; the longest has {lengths.max()} steps of "
            f"{table.step_s:g} s. Use fewer or shorter steps."
        )
    last = np.flatnonzero(fits & ((place - steps + 1) % stride == 0) & is_labelled(table.target))
    if len(last) == 0:
        raise InvalidInput(
            f"at least one window must end in a labelled step; none of {int(fits.sum())} does."
        )
    return Windows(steps=table, last=last, length=int(steps))


def _coded(y, classes) -> tuple[np.ndarray, tuple[str, ...]]:
    """Class numbers of labels and the names they stand for; or a continuous target and no names."""
    y = np.asarray(y)
    if classes is not None and len(classes) == 0:
        return target_values(y.astype(np.float64), name="y"), ()
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
    coded = np.where(y >= 0, np.searchsorted(known, y), UNLABELLED)
    return coded, tuple(map(str, known))


def _common_shape(arrays: Mapping[str, np.ndarray], n_labels: int) -> tuple[int, int | None]:
    if not arrays:
        raise InvalidInput("arrays must hold at least one modality; got none.")
    ndim = {array.ndim for array in arrays.values()}
    if len(ndim) != 1 or ndim.pop() not in (2, 3):
        shapes = {name: array.shape for name, array in arrays.items()}
        raise InvalidInput(f"arrays must all be (n, d) or all be (n, T, d); got shapes {shapes}.")
    for name, array in arrays.items():
        if array.dtype.kind not in "fiub":
            raise InvalidInput(f"array {name!r} must be numeric; got {array.dtype}.")
        if len(array) != n_labels:
            raise InvalidInput(
                f"all arrays must be as long as y ({n_labels}); array {name!r} has {len(array)} rows."
            )
    first = next(iter(arrays.values()))
    if first.ndim == 2:
        return n_labels, None
    steps = {array.shape[1] for array in arrays.values()}
    if len(steps) != 1:
        raise InvalidInput(
            f"cut windows must have the same number of steps in all modalities; got {sorted(steps)}."
        )
    return n_labels, first.shape[1]


def _entity_names(entity, n: int) -> np.ndarray:
    entity = np.asarray(entity)
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
    values = np.asarray(array, dtype=np.float32).reshape(len(segment), 1, array.shape[-1])
    policy = fill_policy(fill.get(name) if isinstance(fill, Mapping) else fill)
    if policy is not None:
        return policy.apply(values, segment, step_s)
    refuse_missing(array, f"array {name!r}")
    return values
