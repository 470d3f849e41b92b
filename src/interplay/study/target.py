"""Labels of an entity as its target: a series of them, intervals, or one."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from interplay.data.targets import label_at, label_intervals
from interplay.study import columns as read
from interplay.study.issues import ERROR, Issue, error, has_errors, warning
from interplay.study.spec import TargetSpec
from interplay.study.streams import stop_of
from interplay.types import Stream, Target


def read_target(
    rows: pd.DataFrame | None, spec: TargetSpec, entity: str, file: str, streams: Mapping[str, Stream]
) -> tuple[Target | None, list[Issue]]:
    """A target on the clock of its file, None where there is none to be read, and what is wrong with it.

    One label without a time of its own is that of the end of the `streams`.
    """
    if rows is None or not len(rows):
        return None, [warning(file, f"{entity!r} has no labels; it gives no windows.")]
    issues = read.missing_columns(rows, [spec.column, spec.time, spec.start, spec.stop], file)
    if issues:
        return None, issues
    values, issues = read.labels(rows, spec.column, spec.classes, file)
    if has_errors(issues):
        return None, issues
    kind = {"series": _series, "intervals": _intervals, "entity": _one}[spec.kind]
    target, of_times = kind(rows, values, spec, file, streams)
    return target, issues + of_times


def _series(rows, values, spec: TargetSpec, file: str, streams) -> tuple[Target | None, list[Issue]]:
    if spec.time is None:
        assert spec.rate_hz is not None
        times, issues = np.arange(len(values)) / spec.rate_hz, []
    else:
        times, issues = read.seconds(rows, spec.time, spec.time_unit, file)
    if has_errors(issues):
        return None, issues
    # a label holds until the next; the last as long as the one before
    last = times[-1] + (np.median(np.diff(times)) if len(times) > 1 else 0.0)
    return label_intervals(values, times, np.r_[times[1:], last]), issues


def _intervals(rows, values, spec: TargetSpec, file: str, streams) -> tuple[Target | None, list[Issue]]:
    assert spec.start is not None
    assert spec.stop is not None
    start, issues = read.seconds(rows, spec.start, spec.time_unit, file)
    stop, of_stop = read.seconds(rows, spec.stop, spec.time_unit, file)
    issues += [issue for issue in of_stop if issue.level == ERROR]
    if has_errors(issues):
        return None, issues
    row = rows[read.ROW].to_numpy()
    for bad, sentence in (
        (np.flatnonzero(stop < start), f"an interval must not stop ({spec.stop!r}) before it starts "
                                       f"({spec.start!r}); it does."),
        (np.flatnonzero(start[1:] < stop[:-1]) + 1, "intervals must not overlap; this one starts before the one "
                                                    "above stops."),
    ):  # fmt: skip
        if len(bad):
            return None, [*issues, error(file, sentence, int(row[bad[0]]))]
    return label_intervals(values, start, stop), issues


def _one(rows, values, spec: TargetSpec, file: str, streams) -> tuple[Target | None, list[Issue]]:
    if len(rows) > 1:
        return None, [
            error(file, "an entity must have one label; it has more than one.", int(rows[read.ROW].iloc[1]))
        ]
    ends = [stop_of(stream) for stream in streams.values() if len(stream.values)]
    if spec.time is None:
        return (label_at(values[0], max(ends)) if ends else None), []
    times, issues = read.seconds(rows, spec.time, spec.time_unit, file)
    return (None if has_errors(issues) else label_at(values[0], float(times[0]))), issues
