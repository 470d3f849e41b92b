"""Labels of a recording as its target: a series of them, intervals, or one."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from interplay.data.targets import label_at, label_intervals
from interplay.study import columns as read
from interplay.study import times as clock
from interplay.study.issues import ERROR, Issue, has_errors, warning
from interplay.study.patterns import Key
from interplay.study.rows import Rows
from interplay.study.spec import TargetSpec
from interplay.study.streams import stop_of
from interplay.types import Stream, Target


class ReadTarget(NamedTuple):
    """A target on the clock of its file.

    Attributes
    ----------
    target : Target, None where there is none to be read
    zoned : whether it is known when that was, see `interplay.study.columns.Times`
    issues : what is wrong with it
    rows : those of its labels; None where it was not read
    """

    target: Target | None
    zoned: bool | None
    issues: list[Issue]
    rows: Rows | None = None


def read_target(
    rows: Rows | None, spec: TargetSpec, key: Key, file: str, streams: Mapping[str, Stream]
) -> ReadTarget:
    """The target of some rows.

    One label without a time of its own is that of the end of the `streams`.
    """
    none = [warning(file, f"{str(key)!r} has no labels; it gives no windows.")]
    if rows is None or not len(rows):
        return ReadTarget(None, None, none)
    issues = read.missing_columns(rows, spec.all_columns)
    if issues:
        return ReadTarget(None, None, issues)
    rows = rows.that(spec.where)
    if not len(rows):
        return ReadTarget(None, None, none)
    values, issues = read.labels(rows, spec.column, spec.classes, spec.rename)
    if has_errors(issues):
        return ReadTarget(None, None, issues)
    kind = {"series": _series, "intervals": _intervals, "entity": _one}[spec.kind]
    target = kind(rows, values, spec, streams)
    return target._replace(issues=issues + target.issues)


def no_target(spec: TargetSpec, streams: Mapping[str, Stream]) -> ReadTarget:
    """What stands for labels that are not there: of an entity that has one, nothing is known at its end."""
    ends = [stop_of(stream) for stream in streams.values() if len(stream.values)]
    if spec.kind != "entity" or not ends:
        return ReadTarget(None, None, [])
    return ReadTarget(label_at(-1 if spec.classes else float("nan"), max(ends)), None, [])


def clipped(target: Target, start: float, stop: float) -> Target | None:
    """Labels that hold at some time from `start` to `stop`, s."""
    inside = (target.stop_s >= start) & (target.start_s <= stop)
    if not inside.any():
        return None
    return Target(values=target.values[inside], start_s=target.start_s[inside], stop_s=target.stop_s[inside])


def _series(rows: Rows, values, spec: TargetSpec, streams) -> ReadTarget:
    if spec.time is None:
        assert spec.rate_hz is not None
        times, issues = clock.Times(np.arange(len(values)) / spec.rate_hz, None), []
    else:
        times, issues = clock.seconds(rows, spec.time, spec.time_unit)
    if has_errors(issues):
        return ReadTarget(None, times.zoned, issues)
    order = np.argsort(times.seconds, kind="stable")
    seconds = times.seconds[order]
    # a label holds until the next; the last as long as the one before
    last = seconds[-1] + (np.median(np.diff(seconds)) if len(seconds) > 1 else 0.0)
    target = label_intervals(values[order], seconds, np.r_[seconds[1:], last])
    return ReadTarget(target, times.zoned, issues, rows.select(order))


def _intervals(rows: Rows, values, spec: TargetSpec, streams) -> ReadTarget:
    assert spec.start is not None
    assert spec.stop is not None
    start, issues = clock.seconds(rows, spec.start, spec.time_unit)
    stop, of_stop = clock.seconds(rows, spec.stop, spec.time_unit)
    # overlapping intervals stop before the one above; they are told as such
    unordered = [issue for issue in of_stop if issue.level == ERROR and "must not go back" in issue.sentence]
    issues += [issue for issue in of_stop if issue.level == ERROR and issue not in unordered]
    if has_errors(issues):
        return ReadTarget(None, start.zoned, issues)
    order = np.argsort(start.seconds, kind="stable")
    rows, values = rows.select(order), values[order]
    begins, ends = start.seconds[order], stop.seconds[order]
    early = np.flatnonzero(ends < begins)
    over = np.flatnonzero(begins[1:] < ends[:-1]) + 1
    if len(early):
        sentence = f"an interval must not stop ({spec.stop!r}) before it starts ({spec.start!r}); it does."
        return ReadTarget(None, start.zoned, [*issues, rows.error(sentence, int(early[0]))])
    if len(over):
        k = int(over[0])
        sentence = (
            f"intervals must not overlap; this one starts before the one above stops.{_tiers(rows, k, spec)}"
        )
        return ReadTarget(None, start.zoned, [*issues, rows.error(sentence, k)])
    return ReadTarget(label_intervals(values, begins, ends), start.zoned, issues, rows)


def _tiers(rows: Rows, k: int, spec: TargetSpec) -> str:
    """What tells two rows apart that overlap: annotators, tiers, persons."""
    for name in rows.names:
        cells = rows.texts(name)
        few = 1 < len(set(cells)) <= max(2, len(cells) / 3)
        if name not in spec.all_columns and few and cells[k] != cells[k - 1]:
            return f" They differ in {name!r}; take one by where: {{{name}: {cells[k - 1]}}}."
    return ""


def _one(rows: Rows, values, spec: TargetSpec, streams) -> ReadTarget:
    same = spec.time is None and len(np.unique(values)) == 1
    if len(rows) > 1 and not same:
        sentence = (
            "an entity must have one label; it has more than one. If they are of several recordings, say "
            "recording: NAME of a column."
        )
        return ReadTarget(None, None, [rows.error(sentence, 1)])
    ends = [stop_of(stream) for stream in streams.values() if len(stream.values)]
    if spec.time is None:
        return ReadTarget(label_at(values[0], max(ends)) if ends else None, None, [])
    times, issues = clock.seconds(rows, spec.time, spec.time_unit)
    target = None if has_errors(issues) else label_at(values[0], float(times.seconds[0]))
    return ReadTarget(target, times.zoned, issues)
