"""What is wrong or doubtful in one entity of a study, once it can be read."""

from collections.abc import Iterator

import numpy as np

from interplay.data.leaks import sample_times
from interplay.data.steps import make_steps
from interplay.data.windows import index_windows
from interplay.errors import InvalidInput
from interplay.study.checks.clocks import beside_the_others, labels_outside, lengths
from interplay.study.columns import more, rows_that
from interplay.study.issues import Issue, error, warning
from interplay.study.spec import FILE
from interplay.study.study import EntityData, Study
from interplay.study.table_files import ROW
from interplay.types import Recording

EVEN = 0.05
"""Share by which intervals of a fixed rate differ, and share of them that may differ more."""
SEVERAL = 4.0
"""Samples in a step from which it matters that only the last counts."""
LONG_GAP = 100.0
"""Typical intervals after which a pause is a long one."""


def of_streams(study: Study, entity: str, data: EntityData) -> Iterator[Issue]:
    """Long pauses, missing values that no fill policy is named for, clocks that differ."""
    # events may come at any time; what has columns was measured
    measured = {name: s for name, s in data.streams.items() if study.spec.streams[name].columns}
    files = {name: study.table(study.spec.streams[name]).name(entity) for name in data.streams}
    for name, stream in measured.items():
        if stream.rate_hz is None and len(stream.values) > 10:
            between = np.diff(sample_times(stream))
            k = int(between.argmax())
            if between[k] > LONG_GAP * max(np.median(between), 1e-9):
                sentence = (
                    f"stream {name!r} of {entity!r} pauses for {between[k]:.6g} s; samples are typically "
                    f"{np.median(between):.4g} s apart."
                )
                yield warning(files[name], sentence, _row(study, name, entity, k + 1))
            step_s, typical = study.spec.windows.step_s, float(np.median(between))
            if (
                0 < typical <= step_s / SEVERAL
                and np.mean(abs(between - typical) < EVEN * typical) > 1 - EVEN
            ):
                yield warning(
                    files[name],
                    f"stream {name!r} has {step_s / typical:.3g} samples in a step, evenly, and only the last of them "
                    f"would count. Say rate_hz: {1 / typical:.4g} to keep them all.",
                )
        empty = np.isnan(stream.values)
        where = np.flatnonzero(empty.any(axis=1))
        if len(where) and study.spec.windows.fill is None:
            column = study.spec.streams[name].columns[int(empty[where[0]].argmax())]
            sentence = (
                f"{column!r} must have a value in each row, unless windows name a fill (mark or hold); it is empty"
                f"{more(where)}."
            )
            yield error(files[name], sentence, _row(study, name, entity, int(where[0])))
    yield from beside_the_others(measured, files)
    yield from lengths(measured, files)
    if data.target is not None:
        outside, sentence = labels_outside(data.streams, data.target)
        rows = study.table(study.spec.target).rows(entity)
        if len(outside) and rows is not None:
            yield warning(
                study.table(study.spec.target).name(entity), sentence, int(rows[ROW].iloc[outside[0]])
            )


def windows_of(study: Study, recording: Recording) -> tuple[np.ndarray, list[Issue]]:
    """Labels of all its windows, cut as the study says, and why there are none."""
    options = study.spec.windows
    try:
        steps = make_steps(recording, step_s=options.step_s, fill=options.fill)
    except InvalidInput as failure:
        return np.zeros(0), [error(FILE, str(failure))]
    try:
        windows = index_windows(
            steps, steps=options.steps, stride=options.stride, min_steps=options.min_steps
        )
    except InvalidInput as failure:
        return np.zeros(0), [warning(FILE, f"{recording.entity!r} gives no windows: {failure}")]
    return windows.y, []


def _row(study: Study, name: str, entity: str, sample: int) -> int | None:
    """Row of the file that holds a sample."""
    spec = study.spec.streams[name]
    rows = study.table(spec).rows(entity)
    return None if rows is None else int(rows_that(rows, spec.where)[ROW].iloc[sample])
