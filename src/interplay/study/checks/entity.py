"""What is wrong or doubtful in one entity of a study, once it can be read."""

from collections.abc import Iterator

import numpy as np

from interplay.data.leaks import sample_times
from interplay.data.steps import make_steps
from interplay.data.windows import index_windows
from interplay.errors import InvalidInput
from interplay.study.checks.clocks import beside_the_others, labels_outside, lengths
from interplay.study.checks.thinning import thinning
from interplay.study.columns import more
from interplay.study.issues import Issue, error, warning
from interplay.study.patterns import Key
from interplay.study.reading import EntityData
from interplay.study.rows import Rows
from interplay.study.spec import FILE
from interplay.study.streams import start_of
from interplay.study.study import Study
from interplay.types import Recording, Stream

LONG_GAP = 100.0
"""Typical intervals after which a pause is a long one."""


def of_streams(study: Study, entity: Key, data: EntityData) -> Iterator[Issue]:
    """Long pauses, thinned samples, missing values that no fill policy is named for, clocks that differ."""
    # events may come at any time; what has columns was measured
    measured = {name: s for name, s in data.streams.items() if study.spec.streams[name].columns}
    files = {name: study.file(study.spec.streams[name], entity) for name in data.streams}
    start = min(start_of(stream) for stream in data.streams.values() if len(stream.values))
    for name, stream in measured.items():
        rows = data.rows[name]
        if rows is None or not len(stream.values):
            continue
        yield from _pause(study, name, stream, entity, rows)
        yield from thinning(study.spec, name, stream, start, files[name])
        empty = np.isnan(stream.values)
        where = np.flatnonzero(empty.any(axis=1))
        if len(where) and study.spec.windows.fill is None and stream.bin is None:
            column = study.spec.streams[name].columns[int(empty[where[0]].argmax())]
            sentence = (
                f"{column!r} must have a value in each row, unless windows name a fill (mark or hold); it is empty"
                f"{more(where)}."
            )
            yield rows.error(sentence, int(where[0]))
    yield from beside_the_others(measured, files)
    yield from lengths(measured, files)
    if data.target is not None and data.target_rows is not None:
        outside, sentence = labels_outside(data.streams, data.target)
        if len(outside):
            yield data.target_rows.warning(sentence, int(outside[0]))


def _pause(study: Study, name: str, stream: Stream, entity: Key, rows: Rows) -> Iterator[Issue]:
    """A long pause of an irregular stream that windows would cross."""
    if stream.rate_hz is not None or len(stream.values) <= 10:
        return
    between = np.diff(sample_times(stream))
    k, cut = int(between.argmax()), study.spec.windows.max_gap_s
    typical = float(np.median(between[between > 0])) if between[k] > 0 else 0.0
    if between[k] > LONG_GAP * typical > 0 and (cut is None or between[k] <= cut):
        sentence = (
            f"stream {name!r} of {str(entity)!r} pauses for {between[k]:.6g} s; samples are typically "
            f"{typical:.4g} s apart."
        )
        hint = "" if cut else " Say windows: {max_gap_s: ...} to let no window cross pauses."
        yield rows.warning(sentence + hint, k + 1)


def windows_of(study: Study, recording: Recording) -> tuple[np.ndarray, list[Issue]]:
    """Labels of all its windows, cut as the study says, and why there are none."""
    options = study.spec.windows
    try:
        steps = make_steps(recording, step_s=options.step_s, fill=options.fill, max_gap_s=options.max_gap_s)
    except InvalidInput as failure:
        other = " Or say resample_hz, or bin, for the stream." if "would fit" in str(failure) else ""
        return np.zeros(0), [error(FILE, f"{failure}{other}")]
    try:
        windows = index_windows(
            steps, steps=options.steps, stride=options.stride, min_steps=options.min_steps
        )
    except InvalidInput as failure:
        return np.zeros(0), [warning(FILE, f"{recording.entity!r} gives no windows: {failure}")]
    return windows.y, []
