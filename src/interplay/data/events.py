"""Events: moments at which something happened, found on the grid of steps or given in seconds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from interplay.arrays import as_floats
from interplay.data.steps import Steps
from interplay.data.windows import Windows
from interplay.errors import InvalidInput
from interplay.settings import near_first
from interplay.units import lag_steps


@dataclass(frozen=True, kw_only=True, slots=True)
class Events:
    """Steps in which something happened: a drug was given, a stimulus began, a machine failed.

    An event is known at the end of its step, from which time since the event is counted.

    Attributes
    ----------
    name : str
        What happened, as sentences call it: "2 to 4 h after insulin".
    row : (n,) int64, increasing, rows of `steps`
    steps : Steps
    stream : str
        The modality that shows the events, if one does.
    """

    name: str
    row: np.ndarray
    steps: Steps
    stream: str = ""

    def __len__(self) -> int:
        return len(self.row)

    @classmethod
    def where(
        cls,
        steps: Steps | Windows,
        stream: str,
        *,
        above: float | None = None,
        below: float | None = None,
        channel: str | None = None,
        quiet_s: float | None = None,
        name: str | None = None,
    ) -> "Events":
        """Steps in which a channel lies beyond a threshold.

        Parameters
        ----------
        steps : Steps or Windows
            Of windows, the steps of their entities are looked at.
        stream : str
            A modality.
        above, below : float
            One of the two, in the unit of the channel; as 0 for the amount of a drug. Any sample of a step may lie
            beyond it; an unobserved step does not.
        channel : str, optional
            Of a modality with several.
        quiet_s : float, s, optional
            An event counts only if there was none in so many seconds before, in the same recording: 0 takes every
            such step, and without it each stretch of them counts once, where it begins.
        name : str, optional
            That of the stream by default.
        """
        steps, looked_at = steps_of(steps)
        if (above is None) == (below is None):
            raise InvalidInput(f"one of above and below must be given; got above={above!r}, below={below!r}.")
        values = channel_of(steps, stream, channel)
        beyond = np.any(values > above if below is None else values < below, axis=1) & looked_at
        row = _after_quiet(steps, np.flatnonzero(beyond), quiet_s)
        return cls(name=name or stream, row=_some(row, name or stream), steps=steps, stream=stream)

    @classmethod
    def of_label(
        cls, steps: Steps | Windows, label: str, *, quiet_s: float | None = None, name: str | None = None
    ) -> "Events":
        """Steps in which a class becomes the target, as a stimulus that begins; `quiet_s` as in `where`.

        Stretches that begin with their recording, or after steps without a label, are left out: nobody knows when they
        began.
        """
        steps, looked_at = steps_of(steps)
        if label not in steps.classes or steps.target.ndim != 1:
            raise InvalidInput(
                f"label must be one of the classes {near_first(label, steps.classes)}; got {label!r}."
            )
        is_label = steps.target == steps.classes.index(label)
        known = np.r_[False, (steps.target[:-1] >= 0) & (np.diff(steps.segment) == 0)]
        begins = is_label & known & np.r_[False, ~is_label[:-1]] & looked_at
        row = _after_quiet(steps, np.flatnonzero(begins), quiet_s)
        return cls(name=name or label, row=_some(row, name or label), steps=steps)

    @classmethod
    def at(cls, steps: Steps | Windows, times_s: Mapping[str, object], *, name: str = "event") -> "Events":
        """Steps that contain given times.

        Parameters
        ----------
        steps : Steps or Windows
        times_s : entity -> (n,) float, s, on the clock of its recording
            Times outside the recording are left out. An entity with recordings whose clocks overlap cannot be told
            by times alone: give its events as a stream, and use `where`.
        name : str
        """
        steps, looked_at = steps_of(steps)
        unknown = sorted(set(map(str, times_s)) - set(steps.entities))
        if unknown:
            raise InvalidInput(
                f"times_s must name entities of the steps; {unknown[:5]} are none of {len(steps.entities)}."
            )
        rows = [_rows_at(steps, str(entity), times) for entity, times in times_s.items()]
        row = np.unique(np.concatenate(rows)) if rows else np.zeros(0, dtype=np.int64)
        return cls(name=name, row=_some(row[looked_at[row]], name), steps=steps)


def steps_of(source: Steps | Windows) -> tuple[Steps, np.ndarray]:
    """Steps, and which of them may be looked at, (n_steps,) bool: of windows, those of their entities."""
    if isinstance(source, Windows):
        return source.steps, np.isin(source.steps.entity, np.unique(source.entity))
    if not isinstance(source, Steps):
        raise InvalidInput(f"events must be looked for in Steps or Windows; got {type(source).__name__}.")
    return source, np.ones(len(source), dtype=bool)


def channel_of(steps: Steps, stream: str, channel: str | None) -> np.ndarray:
    """Samples of one channel in each step, (n_steps, r) float64; NaN where unobserved."""
    if stream not in steps.modalities:
        raise InvalidInput(f"a stream must be one of {near_first(stream, steps.modalities)}; got {stream!r}.")
    names = steps.channels[stream]
    if channel is None and len(names) > 1:
        raise InvalidInput(f"channel must be given, one of {list(names)}: {stream!r} has {len(names)}.")
    if channel is not None and channel not in names:
        raise InvalidInput(
            f"channel of {stream!r} must be one of {near_first(channel, names)}; got {channel!r}."
        )
    return steps.values[stream][..., 0 if channel is None else names.index(channel)].astype(np.float64)


def _after_quiet(steps: Steps, row: np.ndarray, quiet_s: float | None) -> np.ndarray:
    quiet = 1 if quiet_s is None else lag_steps(quiet_s, steps.step_s)
    since = np.diff(row, prepend=-1 - quiet)
    return row[(since > quiet) | np.r_[True, np.diff(steps.segment[row]) > 0][: len(row)]]


def _rows_at(steps: Steps, entity: str, times) -> np.ndarray:
    times = np.atleast_1d(as_floats(times, f"times of {entity!r}"))
    rows = np.flatnonzero(steps.entity == steps.entities.index(entity))
    ends = steps.time_s[rows]
    if len(ends) > 1 and np.diff(ends).min() < 0.5 * steps.step_s:
        raise InvalidInput(
            f"times of {entity!r} must be on one clock; its recordings overlap in time. Give its events as a stream "
            "and use Events.where."
        )
    k = np.searchsorted(ends, times - 1e-6 * steps.step_s)
    inside = k < len(rows)
    k, times = k[inside], times[inside]
    return rows[k[ends[k] - times < steps.step_s * (1 - 1e-6)]]


def _some(row: np.ndarray, name: str) -> np.ndarray:
    if len(row) == 0:
        raise InvalidInput(f"there must be at least one event of {name!r}; none lies in the steps.")
    return row
