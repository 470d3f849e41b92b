"""Windows that fit: steps that hold whole numbers of samples, and as many of them as recordings have room for."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from interplay.study.rates import nominal_rate, round_rate, typical_interval

STEPS_S = (
    0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0,
    900.0, 1800.0, 3600.0, 7200.0, 14400.0, 21600.0, 43200.0, 86400.0,
)  # fmt: skip
"""Lengths of a step that many rates fit, and that people think in."""
PER_RECORDING = 100
"""Steps in a recording, about."""
ABOUT = 0.75
"""Share of a hundredth of a recording that a step should last at least."""
STEPS = 10
LEAST_ROOM = 3
"""Windows that a recording should have room for, one after the other."""
SEVERAL = 1.25
"""Samples in a step from which an irregular stream is read anew at a rate."""
LONG_GAP = 100.0
"""Typical intervals after which a pause is a long one."""
MANY = 10
"""Samples from which a stream has pauses of its own."""
WHOLE = 1e-6


def windows_of(times: Sequence[np.ndarray], rates_hz: Sequence[float | None]) -> dict[str, Any]:
    """Settings of windows for streams of these times, s; `rates_hz` of regular ones."""
    lengths = [_longest(some) for some in times if len(some) > 1]
    longest = float(np.median(lengths)) if lengths else 0.0
    rates = [
        nominal_rate(some) if rate_hz is None else rate_hz
        for some, rate_hz in zip(times, rates_hz, strict=True)
    ]
    step_s = _step(longest, [rate_hz for rate_hz in rates if rate_hz is not None])
    steps = STEPS
    if longest > 0 and steps * LEAST_ROOM > longest / step_s:
        steps = max(2, int(longest / step_s / LEAST_ROOM))
    windows: dict[str, Any] = {"step_s": step_s, "steps": steps}
    if (gap := _gap(times, step_s)) is not None:
        windows["max_gap_s"] = gap
    return windows


def _longest(times: np.ndarray) -> float:
    """Seconds of the longest stretch without a long pause."""
    between = np.diff(times)
    typical = float(np.median(between[between > 0])) if (between > 0).any() else 0.0
    ends = (
        np.r_[-1, np.flatnonzero(between > LONG_GAP * typical), len(times) - 1]
        if typical
        else [-1, len(times) - 1]
    )
    return max(float(times[stop] - times[start + 1]) for start, stop in pairwise(ends))


def binned(times: np.ndarray, step_s: float) -> dict[str, Any]:
    """How an irregular stream is brought into steps, where a step has several of its samples."""
    interval = typical_interval(times)
    if interval is not None:
        samples = step_s * (nominal_rate(times) or 1 / interval)
        return {} if samples < SEVERAL else {"resample_hz": round_rate(round(samples) / step_s)}
    several = len(times) > SEVERAL * max(1, len(np.unique(np.floor(times / step_s))))
    return {"bin": "mean"} if several else {}


def _step(length_s: float, rates_hz: Sequence[float]) -> float:
    """Seconds of a step: about a hundredth of a recording, in whole samples of each rate."""
    fastest = 1 / max(rates_hz) if rates_hz else 0.0
    least = max(float(f"{length_s / PER_RECORDING:.1g}") if length_s > 0 else 1.0, fastest)
    for step_s in STEPS_S if least > STEPS_S[0] / 2 else (least, *STEPS_S):
        samples = [step_s * rate_hz for rate_hz in rates_hz]
        whole = all(abs(n - round(n)) < WHOLE * max(n, 1.0) or n < 1 - WHOLE for n in samples)
        if step_s >= max(ABOUT * least, fastest * (1 - WHOLE)) and whole:
            return step_s
    return float(f"{least:.6g}")


def _gap(times: Sequence[np.ndarray], step_s: float) -> float | None:
    """Pauses that windows should not cross, s; None unless all streams have a long one."""
    between = [np.diff(some) for some in times if len(some) > MANY]
    typical = max((float(np.median(some[some > 0])) for some in between if (some > 0).any()), default=0.0)
    longest = min((float(some.max()) for some in between), default=0.0)
    if typical <= 0 or longest <= LONG_GAP * max(typical, step_s / STEPS):
        return None
    return float(f"{max(STEPS * step_s, 10 * typical):.2g}")
