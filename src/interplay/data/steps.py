"""Recordings cut into steps on one grid; every modality keeps its own rate inside a step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from interplay.arrays import as_floats
from interplay.data.bins import ADDITIVE, binned, binned_channels, check_bin, resampled, steps_of
from interplay.data.check import check_recording, refuse_missing
from interplay.data.fill import added_channels, fill_policy
from interplay.data.odd_times import emptiness_in_words
from interplay.data.precision import as_samples
from interplay.data.targets import labels_on_grid, unlabelled
from interplay.errors import InvalidInput
from interplay.files.growing import is_mapped
from interplay.types import Recording, Stream
from interplay.units import samples_per_step


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """Steps of any number of recordings, one after the other.

    Attributes
    ----------
    values : modality name -> (n_steps, r, d), see `as_samples`; NaN where unobserved
    observed : (n_steps, M) bool
    target : (n_steps,) label in force at the end of the step: int64 class numbers, -1 is unlabelled; or float64
        of a continuous target, NaN is unlabelled; or (n_steps, C) int64 of labels, 1, 0 or -1 where unknown
    segment : (n_steps,) int64, never decreasing; a new recording or a gap starts a new one
    entity : (n_steps,) int64, index into `entities`
    time_s : (n_steps,) float64, end of the step on the clock of its recording
    entities, classes : names; no classes for a continuous target
    channels : modality name -> names of its channels
    units : modality name -> units of its channels, "" where one is not known; nothing where none is
    step_s : float, s
    static : name of a side input -> (segments,) float32, in order of segments; NaN where unknown
    padding : unobserved steps before each segment, see `padded`
    """

    values: Mapping[str, np.ndarray]
    observed: np.ndarray
    target: np.ndarray
    segment: np.ndarray
    entity: np.ndarray
    time_s: np.ndarray
    entities: tuple[str, ...]
    classes: tuple[str, ...]
    channels: Mapping[str, tuple[str, ...]]
    step_s: float
    static: Mapping[str, np.ndarray] = field(default_factory=dict)
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    padding: int = 0

    def __len__(self) -> int:
        return len(self.target)

    @property
    def modalities(self) -> tuple[str, ...]:
        return tuple(self.values)


def make_steps(
    recordings: Iterable[Recording] | Recording, *, step_s: float, fill=None, max_gap_s: float | None = None
) -> Steps:
    """Cut recordings into steps of `step_s` seconds.

    Parameters
    ----------
    recordings : Recording or iterable of them
        All with the same modalities, rates, channels and classes. The grid of each starts where its first
        stream starts; a last, incomplete step is dropped. If its one label is that of an instant and it names no
        span, a step ends at that instant, and nothing after it is read.
    step_s : float, s
        A regular stream must fill a step with a whole number of samples or be slower than the steps.
        Event streams are binned: the last value of each channel in a step stands for it, or what their `bin` says;
        streams with `resample_hz` are read anew at that rate.
    fill : str, policy or mapping of modality name to either, optional
        What to do with NaN in the recorded samples and with steps that no sample falls into; see
        `interplay.data.fill`. Without it NaN is refused and empty steps are unobserved.
    max_gap_s : float, s, optional
        A stretch without any observation that is longer than this starts a new segment.

    Returns
    -------
    Steps

    Raises
    ------
    InvalidInput
        If recordings disagree or cannot be laid on the grid.
    """
    if isinstance(step_s, str) or not step_s > 0:
        raise InvalidInput(f"step_s must be positive, in seconds; got {step_s!r}.")
    first: Recording | None = None
    pieces, time_s, targets, segments, entity_of, n_segments, static = [], [], [], [], [], [], []
    # one after the other: what a loader reads need not stay once it lies on the grid
    for recording in map(_with_arrays, [recordings] if isinstance(recordings, Recording) else recordings):
        first = first or recording
        check_recording(recording, like=first)
        _check_bins(recording, first)
        start_s, n_steps = _grid(recording, step_s)
        raw = {
            name: _on_grid(stream, start_s, step_s, n_steps, name)
            for name, stream in recording.streams.items()
        }
        segment = _segments(recording, raw, start_s, step_s, n_steps, max_gap_s)
        pieces.append({name: _filled(name, raw[name], recording, fill, segment, step_s) for name in raw})
        segments.append(segment + (segments[-1][-1] + 1 if segments else 0))
        n_segments.append(segment[-1] + 1)
        time_s.append(start_s + step_s * np.arange(1, n_steps + 1))
        targets.append(labels_on_grid(recording.target, start_s, step_s, n_steps))
        entity_of.append(np.full(n_steps, recording.entity))
        static.append(recording.static)
    if first is None:
        raise InvalidInput("recordings must hold at least one recording; got none.")
    # each modality leaves its pieces as it is joined: at the end everything is there once, not twice
    values, observed = whole_steps(
        {name: _joined([piece.pop(name) for piece in pieces]) for name in first.streams}
    )
    entities, entity = np.unique(np.concatenate(entity_of), return_inverse=True)
    return Steps(
        values=values,
        observed=observed,
        target=np.concatenate(targets),
        segment=np.concatenate(segments),
        entity=entity,
        time_s=np.concatenate(time_s),
        entities=tuple(map(str, entities)),
        classes=first.classes,
        channels={
            name: (*channel_names(stream), *added_channels(fill, name))
            for name, stream in first.streams.items()
        },
        units={
            name: (*stream.units, *("" for _ in added_channels(fill, name)))
            for name, stream in first.streams.items()
            if stream.units
        },
        step_s=float(step_s),
        static={
            name: np.repeat(np.array([inputs[name] for inputs in static], dtype=np.float32), n_segments)
            for name in first.static
        },
    )


def padded(table: Steps, n: int) -> Steps:
    """The same with `n` unobserved steps before each segment, so that windows may begin before it does."""
    if any(is_mapped(array) for array in table.values.values()):
        raise InvalidInput(
            f"min_steps must be no less than the steps were prepared for, {n} steps more; they lie on disk and cannot "
            "grow. Prepare them anew with these steps and min_steps."
        )
    starts = np.flatnonzero(np.diff(table.segment, prepend=table.segment[0] - 1))
    # row -1 is a step of padding, which belongs to the segment and entity of the step that follows
    row = np.insert(np.arange(len(table)), np.repeat(starts, n), -1)
    real, place = row >= 0, np.arange(len(row))
    next_real = np.minimum.accumulate(np.where(real, place, len(row))[::-1])[::-1]
    follows = row[next_real]
    values = {}
    for name, array in table.values.items():
        values[name] = np.full((len(row), *array.shape[1:]), np.nan, dtype=array.dtype)
        values[name][real] = array
    target = unlabelled((len(row),), table.target)
    target[real] = table.target
    observed = np.zeros((len(row), len(values)), dtype=bool)
    observed[real] = table.observed
    return replace(
        table,
        values=values,
        observed=observed,
        target=target,
        segment=table.segment[follows],
        entity=table.entity[follows],
        time_s=table.time_s[follows] + table.step_s * (place - next_real),
        padding=table.padding + n,
    )


def whole_steps(values: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Empty every step that misses a sample; returns values and which steps are whole, (n_steps, M) bool."""
    complete: dict[str, np.ndarray] = {}
    columns: list[np.ndarray] = []
    for name, array in values.items():
        whole = np.logical_not(np.any(np.isnan(array), axis=(1, 2)))
        complete[name] = array if whole.all() else np.where(whole[:, None, None], array, np.float32(np.nan))
        columns.append(whole)
    return complete, np.stack(columns, axis=1)


def channel_names(stream: Stream) -> tuple[str, ...]:
    """Names of the channels on the grid, numbered where the stream has none."""
    names = tuple(stream.channels) or tuple(str(c) for c in range(stream.values.shape[1]))
    return binned_channels(names, stream.bin)


def _joined(arrays: list[np.ndarray]) -> np.ndarray:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _span(stream: Stream) -> tuple[float, float]:
    if stream.rate_hz is not None:
        return stream.start_s, stream.start_s + len(stream.values) / stream.rate_hz
    times_s = np.asarray(stream.times_s)
    return float(times_s[0]), float(times_s[-1])


def _grid(recording: Recording, step_s: float) -> tuple[float, int]:
    """Start of the grid and how many whole steps fit until the last stream, or the span, ends."""
    spans = [_span(stream) for stream in recording.streams.values() if len(stream.values)]
    start, stop = recording.span_s or (min(span[0] for span in spans), max(span[1] for span in spans))
    instant = _only_instant(recording)
    if recording.span_s is None and instant is not None and instant > start:
        # a step ends at the instant, and nothing after it is read
        start, stop = instant - step_s * np.ceil((instant - start) / step_s - 1e-6), instant
    n_steps = int(np.floor((stop - start) / step_s + 1e-6))
    if n_steps < 1:
        raise InvalidInput(
            f"a recording must last at least one step of {step_s:g} s; {recording.name or recording.entity!r} "
            f"lasts {stop - start:g} s."
        )
    # before anything of that size is made
    if emptiness := emptiness_in_words(recording, n_steps):
        who = recording.name or recording.entity
        raise InvalidInput(f"recording {who!r} must fill its time; {emptiness}")
    return start, n_steps


def _only_instant(recording: Recording) -> float | None:
    """When the one label of a recording is asked for; None of labels that last, and of several."""
    target = recording.target
    if len(target.start_s) != 1 or target.start_s[0] != target.stop_s[0]:
        return None
    return float(target.start_s[0])


def _with_arrays(recording: Recording) -> Recording:
    """The same with arrays of numbers for whatever streams hold."""
    streams = {}
    for name, stream in recording.streams.items():
        plain = isinstance(stream.values, np.ndarray) and stream.values.dtype.kind in "fiub"
        what = f"stream {name!r} of {recording.name or recording.entity!r}"
        streams[name] = stream if plain else replace(stream, values=as_floats(stream.values, what))
    return replace(recording, streams=streams)


def _check_bins(recording: Recording, first: Recording) -> None:
    """Refuse ways of binning that are none, or that give other channels than those of the first recording."""
    for name, stream in recording.streams.items():
        check_bin(stream.bin, name)
        other = first.streams[name]
        if (stream.bin == "stats") != (other.bin == "stats") or stream.resample_hz != other.resample_hz:
            raise InvalidInput(
                f"stream {name!r} must be binned and resampled alike in all recordings; "
                f"{recording.name or recording.entity!r} has it otherwise than the first."
            )


def _on_grid(stream: Stream, start_s: float, step_s: float, n_steps: int, name: str) -> np.ndarray:
    """Samples of one stream by step, (n_steps, r, d); NaN where none falls."""
    values = as_samples(stream.values)
    if stream.resample_hz is not None:
        r = samples_per_step(stream.resample_hz, step_s, name=name)
        times_s, slot_s = _times(stream), step_s / r
        inside = times_s >= start_s - 1e-9
        slots = resampled(values[inside], times_s[inside], start_s, slot_s, n_steps * r, stream.bin)
        return slots.reshape(n_steps, r, -1)
    if stream.rate_hz is None:
        times_s = _times(stream)
        inside = times_s >= start_s - 1e-9
        return _binned(values[inside], times_s[inside], start_s, step_s, n_steps, stream.bin)
    if stream.bin is not None and stream.rate_hz * step_s >= 1 - 1e-6:
        # a sample stands for what follows until the next, and belongs to the step that holds its middle
        times_s = _times(stream) + 0.5 / stream.rate_hz
        return _binned(values, times_s, start_s, step_s, n_steps, stream.bin)
    r = samples_per_step(stream.rate_hz, step_s, name=name)
    if stream.rate_hz * step_s < 1 - 1e-6:
        return _binned(values, _times(stream), start_s, step_s, n_steps, stream.bin)
    offset = round((stream.start_s - start_s) * stream.rate_hz)
    if offset == 0 and len(values) >= n_steps * r:
        return values[: n_steps * r].reshape(n_steps, r, -1)
    samples = np.full((n_steps * r, values.shape[1]), np.nan, dtype=values.dtype)
    part = values[: max(0, n_steps * r - offset)]
    samples[offset : offset + len(part)] = part
    return samples.reshape(n_steps, r, -1)


def _times(stream: Stream) -> np.ndarray:
    """(n,) s, when each sample was taken."""
    if stream.times_s is not None:
        return np.asarray(stream.times_s, dtype=np.float64)
    assert stream.rate_hz is not None
    return stream.start_s + np.arange(len(stream.values)) / stream.rate_hz


def _binned(values, times_s, start_s: float, step_s: float, n_steps: int, bin_: str | None) -> np.ndarray:
    """What stands for the samples of each step, which is (start, end]."""
    return binned(values, steps_of(times_s, start_s, step_s), n_steps, bin_)[:, None, :]


def _segments(recording, raw, start_s, step_s, n_steps, max_gap_s) -> np.ndarray:
    """Number of the segment of each step; steps inside a declared gap form segments of their own."""
    begins = start_s + step_s * np.arange(n_steps)
    cut = np.zeros(n_steps, dtype=bool)
    for gap_start, gap_stop in recording.gaps_s:
        inside = (begins < gap_stop - 1e-9) & (begins + step_s > gap_start + 1e-9)
        cut |= inside
        after = np.searchsorted(begins, max(gap_start, gap_stop) - 1e-9)
        if after < n_steps:
            cut[after] = True
    if max_gap_s is not None:
        seen = np.any([_seen(raw[name], stream.bin) for name, stream in recording.streams.items()], axis=0)
        rows = np.flatnonzero(seen)
        late = rows[1:][np.diff(rows) - 1 > max_gap_s / step_s + 1e-9]
        cut[late] = True
    cut[:1] = False
    return np.cumsum(cut)


def _seen(values: np.ndarray, bin_: str | None) -> np.ndarray:
    """Steps in which something was recorded, (n_steps,) bool; that nothing happened is no sign of it."""
    present = ~np.isnan(values)
    return np.any(present & (values != 0) if bin_ in ADDITIVE else present, axis=(1, 2))


def _filled(name, values, recording, fill, segment, step_s) -> np.ndarray:
    chosen = fill.get(name) if isinstance(fill, Mapping) else fill
    policy = fill_policy(chosen)
    if policy is not None:
        return policy.apply(values, segment, step_s / values.shape[1])
    what = f"stream {name!r} of {recording.name or recording.entity!r}"
    if recording.streams[name].bin is None:
        refuse_missing(recording.streams[name].values, what)
    return values
