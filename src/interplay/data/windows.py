"""Windows: an index over steps. Overlapping windows share memory; only a batch is ever copied out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from interplay.data.doubts import doubts_of_steps
from interplay.data.odd_times import odd_times
from interplay.data.steps import Steps, make_steps, padded
from interplay.data.targets import is_labelled
from interplay.data.warn import warn_of_data
from interplay.errors import InvalidInput
from interplay.notebook import counted, rows_html
from interplay.types import Recording, Schema, WindowBatch

MOST_NAMES = 5
"""Names that a sentence lists."""


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

    def __repr__(self) -> str:
        target = f"{self.kind} {', '.join(self.classes[:MOST_NAMES])}" if self.classes else self.kind
        more = ", …" if len(self.classes) > MOST_NAMES else ""
        entities = counted(len(self.entities), "entity", "entities")
        modalities = counted(len(self.modalities), "modality", "modalities")
        return (
            f"Windows({counted(len(self), 'window')} of {self.length} steps of {self.step_s:g} s: {entities}, "
            f"{modalities}; target: {target}{more})"
        )

    def _repr_html_(self) -> str:
        observed = self.steps.observed[self.used_rows()].mean(0)
        rows = [
            (name, shape[1], shape[0], f"{share:.0%}")
            for (name, shape), share in zip(self.schema.shapes.items(), observed, strict=True)
        ]
        return rows_html(rows, ("modality", "channels", "samples per step", "steps observed"), repr(self))

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
        """(N,) int64 class numbers, or float64 of a continuous target; or (N, C) int64 of labels."""
        return self.steps.target[self.last]

    @property
    def kind(self) -> str:
        """What the target is: "classes", "labels", "number" or "unlabelled", see `interplay.types.Schema`."""
        if self.steps.target.ndim == 2:
            return "labels"
        if self.steps.target.dtype.kind == "f":
            return "number"
        return "classes" if self.classes else "unlabelled"

    @property
    def continuous(self) -> bool:
        """Whether the target is a number rather than a class."""
        return self.kind == "number"

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
        return Schema(
            shapes=shapes,
            steps=self.length,
            step_s=self.step_s,
            classes=self.classes,
            kind=self.kind,
            static=tuple(self.steps.static),
        )

    @property
    def static(self) -> np.ndarray:
        """(N, S) float32 side inputs; NaN where unknown."""
        segment = self.steps.segment[self.last]
        columns = [values[segment] for values in self.steps.static.values()]
        return np.stack(columns, axis=1) if columns else np.zeros((len(self), 0), dtype=np.float32)

    def select(self, which: np.ndarray) -> "Windows":
        """Some of the windows, by index or boolean mask (N,)."""
        return replace(self, last=self.last[which])

    def of_entities(self, names: Iterable[str]) -> "Windows":
        """The windows of some entities."""
        chosen = np.isin(np.array(self.steps.entities), list(names))
        return self.select(chosen[self.entity])

    def without(self, names: Iterable[str]) -> "Windows":
        """The same windows without some modalities; one must stay."""
        steps, names = self.steps, set(names)
        stay = [name for name in steps.modalities if name not in names]
        if not stay:
            raise InvalidInput(
                f"without must leave at least one modality; {sorted(names)} are all that there are."
            )
        part = replace(
            steps,
            values={name: steps.values[name] for name in stay},
            observed=steps.observed[:, [steps.modalities.index(name) for name in stay]],
            channels={name: steps.channels[name] for name in stay},
            units={name: unit for name, unit in steps.units.items() if name in stay},
        )
        return replace(self, steps=part)

    def of_label(self, name: str) -> "Windows":
        """The windows where one of several labels is known, with "no" and "yes" to it as their classes."""
        if self.kind != "labels" or name not in self.classes:
            raise InvalidInput(
                f"of_label must be given one of several labels; {name!r} is none of {list(self.classes)} "
                f"(a target of {self.kind})."
            )
        target = self.steps.target[:, self.classes.index(name)]
        steps = replace(self.steps, target=target, classes=(f"not {name}", name))
        return replace(self, steps=steps).select(is_labelled(target[self.last]))

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

    def observed_at_all(self) -> np.ndarray:
        """(N,) bool: whether a window observes any modality in any step."""
        seen = np.cumsum(np.r_[0, self.steps.observed.any(axis=1)])
        return seen[self.last + 1] > seen[self.last - self.length + 1]

    def batch(self, which: np.ndarray) -> WindowBatch:
        """Copy out some windows; unobserved values become 0."""
        rows = self.select(which).rows()
        x = {name: np.nan_to_num(array[rows], copy=False) for name, array in self.steps.values.items()}
        observed = self.steps.observed[rows].transpose(0, 2, 1)
        some = self.select(which)
        return WindowBatch(x=x, observed=observed, y=some.y, static=some.static)

    def labels_of_steps(self, which: np.ndarray) -> np.ndarray:
        """Targets of all steps of some windows, (B, T) or (B, T, C)."""
        return self.steps.target[self.select(which).rows()]


def make_windows(
    recordings: Iterable[Recording] | Recording | Steps,
    *,
    step_s: float | None = None,
    steps: int,
    stride: int = 1,
    min_steps: int | None = None,
    fill=None,
    max_gap_s: float | None = None,
    labelled: bool = True,
) -> Windows:
    """Cut recordings into windows.

    Parameters
    ----------
    recordings : Recording or iterable of them; or Steps, such as `interplay.read_steps` gives
    step_s : float, s
        That of steps, if they are given, is their own.
    steps : int
        T, steps per window.
    stride : int
        Steps from one window to the next.
    min_steps : int, optional
        Also give windows at the start of a segment that have only so many steps; the steps they lack are
        unobserved.
    fill, max_gap_s
        As in `interplay.data.make_steps`; of steps they were chosen when these were made.
    labelled : bool
        Whether only windows whose last step is labelled are kept; without labels there is nothing to learn, but all
        there is to predict.

    Returns
    -------
    Windows

    Examples
    --------
    Windows of four seconds, one every half minute:

    >>> import interplay as ip
    >>> windows = ip.make_windows(ip.load_dataset("hapt_sample"), step_s=0.5, steps=8, stride=64)
    >>> len(windows), windows.length, len(windows.entities)
    (219, 8, 25)

    Streams of one's own: a minute of heart rate, every second, and of breath, ten times a second.

    >>> import numpy as np
    >>> heart = ip.Stream(values=np.full((60, 1), 70.0), rate_hz=1.0, channels=("rate",), units=("1/min",))
    >>> breath = ip.Stream(values=np.sin(np.arange(600) / 10)[:, None], rate_hz=10.0)
    >>> target = ip.Target(values=np.array([0, 1]), start_s=np.array([0.0, 30.0]), stop_s=np.array([30.0, 60.0]))
    >>> person = ip.Recording(
    ...     entity="P01", streams={"heart": heart, "breath": breath}, target=target, classes=("rest", "walk")
    ... )
    >>> ip.make_windows(person, step_s=1.0, steps=5, stride=5)
    Windows(12 windows of 5 steps of 1 s: 1 entity, 2 modalities; target: classes rest, walk)
    """
    if isinstance(recordings, Steps):
        _check_made(recordings, step_s, fill, max_gap_s)
        return index_windows(recordings, steps=steps, stride=stride, min_steps=min_steps, labelled=labelled)
    if step_s is None:
        raise InvalidInput("step_s must be given, the length of a step in seconds, unless steps are.")
    doubts: list[str] = []
    if isinstance(recordings, Recording):
        recordings = [recordings]
    table = make_steps(_looked_at(recordings, doubts), step_s=step_s, fill=fill, max_gap_s=max_gap_s)
    windows = index_windows(table, steps=steps, stride=stride, min_steps=min_steps, labelled=labelled)
    warn_of_data([*doubts, *doubts_of_steps(table)])
    return windows


def _check_made(table: Steps, step_s: float | None, fill, max_gap_s: float | None) -> None:
    """Refuse to lay steps anew."""
    if step_s is not None and abs(step_s - table.step_s) > 1e-9:
        raise InvalidInput(
            f"step_s must be that of the steps, {table.step_s:g} s; got {step_s:g}. Prepare them anew for other steps."
        )
    if fill is not None or max_gap_s is not None:
        raise InvalidInput(
            "fill and max_gap_s must be said when steps are made; these are. Leave them out, or prepare them anew."
        )


def _looked_at(recordings: Iterable[Recording], doubts: list[str]) -> Iterator[Recording]:
    """Recordings one after the other, with what is odd in their times added to doubts."""
    for recording in recordings:
        yield recording
        doubts += odd_times(recording)


def index_windows(
    table: Steps, *, steps: int, stride: int = 1, min_steps: int | None = None, labelled: bool = True
) -> Windows:
    """Index windows of `steps` steps, or at least `min_steps`, that stay inside one segment; see `make_windows`."""
    least = steps if min_steps is None else min_steps
    for name, value in (("steps", steps), ("stride", stride), ("min_steps", least)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise InvalidInput(f"{name} must be a whole number of at least 1; got {value!r}.")
    if least > steps:
        raise InvalidInput(f"min_steps must be at most steps ({steps}); got {least}.")
    if steps - least > table.padding:
        table = padded(table, steps - least - table.padding)
    # padding beyond what these windows may begin in is left out
    first = steps - 1 + table.padding - (steps - least)
    starts = np.searchsorted(table.segment, np.unique(table.segment), side="left")
    lengths = np.diff(np.r_[starts, len(table)])
    place = np.arange(len(table)) - starts.repeat(lengths)
    fits = place >= first
    if not fits.any():
        raise InvalidInput(
            f"a window of {least} steps must fit into a segment; the longest has "
            f"{lengths.max() - table.padding} steps of {table.step_s:g} s. Use fewer or shorter steps."
        )
    chosen = fits & ((place - first) % stride == 0)
    last = np.flatnonzero(chosen & is_labelled(table.target) if labelled else chosen)
    if len(last) == 0:
        raise InvalidInput(
            f"at least one window must end in a labelled step; none of {int(fits.sum())} does. Check the times of the "
            "labels, or use shorter windows or a smaller stride; to predict, pass labelled=False."
        )
    if not labelled:
        warn_of_data(_left_out(table, last, least))
    return Windows(steps=table, last=last, length=int(steps))


def _left_out(table: Steps, last: np.ndarray, least: int) -> Iterator[str]:
    """Who has no window, and so no prediction."""
    missing = np.setdiff1d(np.arange(len(table.entities)), table.entity[last])
    names = [repr(table.entities[k]) for k in missing[:MOST_NAMES]]
    if names:
        more = f" and {len(missing) - len(names)} more" if len(missing) > len(names) else ""
        yield f"{', '.join(names)}{more} left out: no window of {least} steps of {table.step_s:g} s fits there."
