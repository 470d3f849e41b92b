"""Labels of a recording as its target: a series of them, intervals, or one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
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

STARTS = frozenset({"start", "started", "begin", "begins", "began", "onset"})
STOPS = frozenset({"stop", "stopped", "end", "ends", "ended", "offset", "finish", "finished"})
"""Words of a log that says when something starts and when it stops."""

LASTING = frozenset({"duration", "duration_s", "duration (s)", "dauer"})
"""Names of columns that say how long something lasts."""


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
        hint = _of_others(rows, values == read.UNKNOWN, spec) if spec.classes else ""
        return ReadTarget(None, None, [replace(issue, sentence=issue.sentence + hint) for issue in issues])
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
    instant = target.stop_s == target.start_s
    inside = ((target.stop_s > start) | (instant & (target.stop_s == start))) & (target.start_s <= stop)
    if not inside.any():
        return None
    return Target(values=target.values[inside], start_s=target.start_s[inside], stop_s=target.stop_s[inside])


def outside(target: Target, pauses: Sequence[tuple[float, float]]) -> Target | None:
    """What of a target holds outside some stretches, s; None if nothing does."""
    values, start, stop = target.values, target.start_s, target.stop_s
    for begin, end in pauses:
        instant = start == stop
        before = (start < begin) | (instant & (start <= begin))
        after = (stop > end) | (instant & (start >= end))
        values = np.concatenate([values[before], values[after]])
        starts = np.r_[start[before], np.maximum(start[after], end)]
        stops = np.r_[np.minimum(stop[before], begin), stop[after]]
        start, stop = starts, stops
    if not len(values):
        return None
    order = np.argsort(start, kind="stable")
    return Target(values=values[order], start_s=start[order], stop_s=stop[order])


def _series(rows: Rows, values, spec: TargetSpec, streams) -> ReadTarget:
    if spec.time is None:
        assert spec.rate_hz is not None
        times, issues = clock.Times(np.arange(len(values)) / spec.rate_hz, None), []
    else:
        times, issues = clock.seconds(rows, spec.time, spec.time_unit, again="The last of them counts.")
        issues += _starts_and_stops(rows, spec)
    if has_errors(issues):
        return ReadTarget(None, times.zoned, issues)
    order = np.argsort(times.seconds, kind="stable")
    seconds = times.seconds[order]
    # a label holds until the next; the last as long as the one before
    last = seconds[-1] + (np.median(np.diff(seconds)) if len(seconds) > 1 else 0.0)
    target = label_intervals(values[order], seconds, np.r_[seconds[1:], last])
    return ReadTarget(target, times.zoned, issues, rows.select(order))


def _starts_and_stops(rows: Rows, spec: TargetSpec) -> list[Issue]:
    """That a column says where labels start and stop, or how long they last, which a series does not read."""
    for name in rows.names:
        if name not in spec.all_columns and name.strip().lower() in LASTING:
            sentence = (
                f"{name!r} seems to say how long labels last, and is not read: each label holds until the next row. "
                "Write intervals with a start and a stop where there are pauses between them."
            )
            return [rows.warning(sentence, 0)]
        words = {(text or "").lower() for text in rows.texts(name)} - {""}
        if name not in spec.all_columns and words <= {*STARTS, *STOPS} and words & STARTS and words & STOPS:
            first = next(text for text in rows.texts(name) if text and text.lower() in STARTS)
            sentence = (
                f"{name!r} says where labels start and stop, and is not read: each label holds until the next row. "
                "Write intervals with a start and a stop; or, if there are no pauses between them, take where: "
                f"{{{name}: {first}}}."
            )
            return [rows.warning(sentence, 0)]
    return []


def _intervals(rows: Rows, values, spec: TargetSpec, streams) -> ReadTarget:
    assert spec.start is not None
    assert spec.stop is not None
    # intervals are sorted by their start; those of other tiers overlap
    start, issues = clock.seconds(rows, spec.start, spec.time_unit, in_order=False)
    stop, of_stop = clock.seconds(rows, spec.stop, spec.time_unit, in_order=False)
    issues += [issue for issue in of_stop if issue.level == ERROR]
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


def _of_others(rows: Rows, unknown: np.ndarray, spec: TargetSpec) -> str:
    """What tells rows of labels that are no classes from the others: another tier, or another kind of event."""
    if unknown.all():
        return ""
    for name in rows.names:
        cells = np.array([cell or "" for cell in rows.texts(name)], dtype=object)
        known = set(cells[~unknown])
        if name not in spec.all_columns and len(known) == 1 and not known & set(cells[unknown]):
            return f" Those that are have {name!r} in common; take them by where: {{{name}: {known.pop()}}}."
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
    times, issues = clock.seconds(rows, spec.time, spec.time_unit, in_order=False)
    target = None if has_errors(issues) else label_at(values[0], float(times.seconds[0]))
    return ReadTarget(target, times.zoned, issues)
