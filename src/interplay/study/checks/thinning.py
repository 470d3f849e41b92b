"""What share of a stream's samples each way of binning leaves out."""

from collections.abc import Iterator

import numpy as np

from interplay.data.bins import thinned
from interplay.data.leaks import sample_times
from interplay.study.issues import Issue, warning
from interplay.study.rates import nominal_rate
from interplay.study.spec import StudySpec
from interplay.types import Stream

EVEN = 0.05
"""Share by which intervals of a fixed rate differ, and share of them that may differ more."""
SEVERAL = 4.0
"""Samples in a step, evenly, from which it matters that only the last counts."""
MUCH = 0.2
"""Share of samples from which it matters that they are left out."""


def thinning(spec: StudySpec, name: str, stream: Stream, start_s: float, file: str) -> Iterator[Issue]:
    """An irregular stream of which much would be left out without a word."""
    said = spec.streams[name]
    if stream.rate_hz is not None or said.bin is not None or said.resample_hz is not None:
        return
    times, step_s = sample_times(stream), spec.windows.step_s
    share = thinned(times, start_s, step_s)
    between = np.diff(times)
    typical = float(np.median(between)) if len(between) else 0.0
    if share <= MUCH or len(times) < SEVERAL:
        return
    if typical <= 0:
        yield warning(
            file,
            f"stream {name!r} has several samples at one time, and bin: last, which holds where nothing is "
            f"said, leaves out {share:.0%} of all. Say bin: sum for amounts that add up, or mean, count or "
            "stats, which leave out none.",
        )
        return
    r = max(1, round(step_s * (nominal_rate(times) or 1 / typical)))
    rate_hz = float(f"{r / step_s:.6g}")
    again = thinned(times, start_s, step_s / r)
    others = f"resample_hz: {rate_hz:g} ({again:.0%} left out), or bin: mean, sum, count or stats, which leave out none"
    if typical <= step_s / SEVERAL and np.mean(abs(between - typical) < EVEN * typical) > 1 - EVEN:
        yield warning(
            file,
            f"stream {name!r} has {step_s / typical:.3g} samples in a step, evenly, and only the last of them "
            f"would count. Say rate_hz: {1 / typical:.4g} to keep them all; without it bin: last leaves out "
            f"{share:.0%}. Or say {others}.",
        )
        return
    yield warning(
        file,
        f"stream {name!r} has about {step_s / typical:.3g} samples in a step, and bin: last, which holds "
        f"where nothing is said, leaves out {share:.0%} of all. Say {others}.",
    )
