"""One stream of an entity, from the rows of its table."""

import numpy as np
import pandas as pd

from interplay.study import columns as read
from interplay.study.issues import Issue, has_errors, warning
from interplay.study.spec import StreamSpec
from interplay.types import Stream


def read_stream(
    rows: pd.DataFrame | None, name: str, spec: StreamSpec, entity: str, file: str
) -> tuple[Stream, list[Issue]]:
    """A stream on the clock of its file, empty where it cannot be read, and what is wrong with it."""
    empty = empty_stream(name, spec)
    if rows is None:
        return empty, [
            warning(file, f"{entity!r} has nothing in stream {name!r}; it counts as never observed.")
        ]
    issues = read.missing_columns(rows, [*spec.columns, spec.time, *spec.where], file)
    if issues:
        return empty, issues
    rows = read.rows_that(rows, spec.where)
    if not len(rows):
        return empty, [] if spec.where else [warning(file, f"stream {name!r} should have rows; it has none.")]
    values, issues = _values(rows, spec, file)
    times = None
    if spec.time is not None:
        times, of_times = read.seconds(rows, spec.time, spec.time_unit, file)
        issues += of_times
        if has_errors(of_times):
            return empty, issues
    if spec.rate_hz is None:
        return Stream(values=values, times_s=times, channels=empty.channels, units=empty.units), issues
    if times is not None:
        issues += read.rate_contradiction(times, rows[read.ROW].to_numpy(), spec.rate_hz, file)
    start_s = 0.0 if times is None else float(times[0])
    stream = Stream(
        values=values, rate_hz=spec.rate_hz, start_s=start_s, channels=empty.channels, units=empty.units
    )
    return stream, issues


def empty_stream(name: str, spec: StreamSpec) -> Stream:
    """A stream without a sample; one of events without columns has its name as the only channel."""
    channels = tuple(spec.columns) or (name,)
    units = tuple(spec.units) or ("",) * len(channels)
    values = np.zeros((0, len(channels)), np.float32)
    if spec.rate_hz is not None:
        return Stream(values=values, rate_hz=spec.rate_hz, channels=channels, units=units)
    return Stream(values=values, times_s=np.zeros(0), channels=channels, units=units)


def start_of(stream: Stream) -> float:
    """Time of the first sample, s."""
    return stream.start_s if stream.times_s is None else float(stream.times_s[0])


def stop_of(stream: Stream) -> float:
    """When the last sample ends, or comes as an event, s."""
    if stream.rate_hz is not None:
        return stream.start_s + len(stream.values) / stream.rate_hz
    assert stream.times_s is not None
    return float(stream.times_s[-1])


def moved(stream: Stream, origin: float) -> Stream:
    """The same on a clock that is 0 at `origin`, s."""
    samples = {"values": stream.values, "channels": stream.channels, "units": stream.units}
    if stream.rate_hz is not None:
        return Stream(**samples, rate_hz=stream.rate_hz, start_s=stream.start_s - origin)
    assert stream.times_s is not None
    return Stream(**samples, times_s=stream.times_s - origin)


def _values(rows: pd.DataFrame, spec: StreamSpec, file: str) -> tuple[np.ndarray, list[Issue]]:
    if not spec.columns:
        return np.ones((len(rows), 1), np.float32), []
    read_columns = [read.numbers(rows, name, file) for name in spec.columns]
    return np.stack([v for v, _ in read_columns], axis=1), [f for _, issues in read_columns for f in issues]
