"""One stream of a recording, from the rows of its files."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from interplay.data.bins import ADDITIVE
from interplay.data.precision import as_samples
from interplay.study import columns as read
from interplay.study import times as clock
from interplay.study.issues import Issue, error, has_errors, warning
from interplay.study.patterns import Key
from interplay.study.rows import Rows
from interplay.study.spec import StreamSpec
from interplay.types import Stream

AGAIN = "The last of them counts; say bin: sum for amounts that add up, or mean."
"""What to do about samples of one time."""
SAME_RATE = 1e-3
"""Share by which a rate may differ from the one that the file says."""


class ReadStream(NamedTuple):
    """A stream on the clock of its file, empty where it cannot be read.

    Attributes
    ----------
    stream : Stream
    zoned : whether it is known when that was, see `interplay.study.columns.Times`
    issues : what is wrong with it
    rows : those of its samples; None where it was not read
    """

    stream: Stream
    zoned: bool | None
    issues: list[Issue]
    rows: Rows | None = None


def read_stream(rows: Rows | None, name: str, spec: StreamSpec, key: Key, file: str) -> ReadStream:
    """A stream of some rows."""
    empty = empty_stream(name, spec)
    if rows is None:
        sentence = f"{str(key)!r} has nothing in stream {name!r}; it counts as never observed."
        return ReadStream(_unknown(empty), None, [warning(file, sentence)])
    issues = read.missing_columns(rows, spec.all_columns)
    if issues:
        return ReadStream(empty, None, issues)
    rows = rows.that(spec.where)
    if not len(rows):
        issues = [] if spec.where else [warning(file, f"stream {name!r} should have rows; it has none.")]
        return ReadStream(empty, None, issues)
    values, issues = _values(rows, spec)
    if spec.time is None:
        assert spec.rate_hz is not None
        stream = _regular(empty, values, spec.rate_hz, 0.0)
        return ReadStream(stream, None, issues + _uncounted(rows, name, spec), rows)
    again = AGAIN if spec.bin in (None, "last") and spec.columns else ""
    times, of_times = clock.seconds(rows, spec.time, spec.time_unit, again=again)
    issues += of_times
    if has_errors(of_times):
        return ReadStream(empty, times.zoned, issues)
    if spec.form.sort:
        order = np.argsort(times.seconds, kind="stable")
        values, rows, times = values[order], rows.select(order), times._replace(seconds=times.seconds[order])
    if spec.rate_hz is None:
        stream = replace(empty, values=values, times_s=times.seconds, units=_units(empty, spec, rows))
        return ReadStream(stream, times.zoned, issues, rows)
    issues += clock.rate_contradiction(times.seconds, rows, spec.rate_hz, naive=times.zoned is False)
    stream = _regular(empty, values, spec.rate_hz, float(times.seconds[0]))
    return ReadStream(replace(stream, units=_units(empty, spec, rows)), times.zoned, issues, rows)


def empty_stream(name: str, spec: StreamSpec) -> Stream:
    """A stream without a sample; one of events without columns has its name as the only channel, and they add up."""
    channels = tuple(spec.columns) or (name,)
    units = tuple(spec.units) or ("",) * len(channels)
    values = np.zeros((0, len(channels)), np.float32)
    bin_ = spec.bin or (None if spec.columns else "sum")
    stream = Stream(
        values=values,
        times_s=np.zeros(0),
        channels=channels,
        units=units,
        bin=bin_,
        resample_hz=spec.resample_hz,
    )
    return stream if spec.rate_hz is None else replace(stream, times_s=None, rate_hz=spec.rate_hz)


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
    if stream.rate_hz is not None:
        return replace(stream, start_s=stream.start_s - origin)
    assert stream.times_s is not None
    return replace(stream, times_s=stream.times_s - origin)


def cut(stream: Stream, start: float, stop: float) -> tuple[Stream, slice]:
    """What of a stream lies from `start` to `stop`, s, and which of its samples that are."""
    if stream.rate_hz is not None:
        first = max(0, int(np.ceil((start - stream.start_s) * stream.rate_hz - 1e-6)))
        last = max(first, int(np.floor((stop - stream.start_s) * stream.rate_hz + 1e-6)))
        begin = stream.start_s + first / stream.rate_hz
        return replace(stream, values=stream.values[first:last], start_s=begin), slice(first, last)
    assert stream.times_s is not None
    inside = slice(*np.searchsorted(stream.times_s, [start, np.nextafter(stop, np.inf)]).tolist())
    return replace(stream, values=stream.values[inside], times_s=stream.times_s[inside]), inside


def pauses(streams: Mapping[str, Stream], longest_s: float) -> list[tuple[float, float]]:
    """Stretches in which no stream has a sample, and that are longer than `longest_s`, s."""
    begins, ends = [np.zeros(0)], [np.zeros(0)]
    for stream in streams.values():
        if len(stream.values):
            times = None if stream.rate_hz is not None else stream.times_s
            begins.append(np.array([start_of(stream)]) if times is None else np.asarray(times))
            ends.append(np.array([stop_of(stream)]) if times is None else np.asarray(times))
    begin, end = np.concatenate(begins), np.concatenate(ends)
    order = np.argsort(begin, kind="stable")
    begin, until = begin[order], np.maximum.accumulate(end[order])
    late = np.flatnonzero(begin[1:] - until[:-1] > longest_s)
    return [(float(until[k]), float(begin[k + 1])) for k in late]


def _regular(empty: Stream, values: np.ndarray, rate_hz: float, start_s: float) -> Stream:
    return replace(empty, values=values, times_s=None, rate_hz=rate_hz, start_s=start_s)


def _unknown(empty: Stream) -> Stream:
    """Of events that were not written down nothing is known, not that there were none."""
    return replace(empty, bin=None) if empty.bin in ADDITIVE else empty


def _uncounted(rows: Rows, name: str, spec: StreamSpec) -> list[Issue]:
    """What stands against taking samples one after the other at the rate that is said."""
    if rows.rate_hz is not None and spec.rate_hz and abs(rows.rate_hz / spec.rate_hz - 1) > SAME_RATE:
        sentence = (
            f"rate_hz of {name!r} must be that of the file, {rows.rate_hz:g} Hz; it is {spec.rate_hz:g} Hz."
        )
        return [error(rows.file(), sentence)]
    if len(rows.files) > 1 and rows.file(0) != rows.file(len(rows) - 1):
        return [
            error(
                rows.file(),
                f"stream {name!r} must have a time column where several files are one recording ({rows.files[0]} and "
                f"{len(rows.files) - 1} more); it has none. If they are recordings of their own, write "
                "{recording} in files.",
            )
        ]
    return []


def _units(empty: Stream, spec: StreamSpec, rows: Rows) -> tuple[str, ...]:
    """What study.yaml says of units or else the file does."""
    return empty.units if spec.units else tuple(rows.units.get(name, "") for name in empty.channels)


def _values(rows: Rows, spec: StreamSpec) -> tuple[np.ndarray, list[Issue]]:
    if not spec.columns:
        return np.ones((len(rows), 1), np.float32), []
    columns = [read.numbers(rows, name) for name in spec.columns]
    issues = [issue for _, of_column in columns for issue in of_column]
    values = np.stack([values for values, _ in columns], axis=1)
    return values if has_errors(issues) else as_samples(values), issues
