"""Windows that fit: steps that hold whole numbers of samples, and as many of them as recordings have room for."""

from collections.abc import Sequence
from typing import Any

import numpy as np

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
JITTER = 2.5
"""Typical intervals that nearly all are shorter than, where a stream comes at a rate that wavers."""
LONG_GAP = 100.0


def windows_of(times: Sequence[np.ndarray], rates_hz: Sequence[float | None]) -> dict[str, Any]:
    """Settings of windows for streams of these times, s."""
    lengths = [float(some[-1] - some[0]) for some in times if len(some) > 1]
    longest = float(np.median(lengths)) if lengths else 0.0
    step_s = _step(longest, rates_hz)
    steps = STEPS
    if longest > 0 and steps * LEAST_ROOM > longest / step_s:
        steps = max(2, int(longest / step_s / LEAST_ROOM))
    windows: dict[str, Any] = {"step_s": step_s, "steps": steps}
    if (gap := _gap(times, step_s)) is not None:
        windows["max_gap_s"] = gap
    return windows


def binned(times: np.ndarray, step_s: float) -> dict[str, Any]:
    """How an irregular stream is brought into steps, where a step has several of its samples."""
    between = np.diff(times)
    between = between[between > 0]
    typical = float(np.median(between)) if len(between) else 0.0
    if typical <= 0 or step_s < SEVERAL * typical:
        return {}
    if np.quantile(between, 0.95) > JITTER * typical or len(between) < 0.5 * (len(times) - 1):
        return {"bin": "mean"}
    return {"resample_hz": float(f"{round(step_s / typical) / step_s:.6g}")}


def _step(length_s: float, rates_hz: Sequence[float | None]) -> float:
    """Seconds of a step: about a hundredth of a recording, and a whole number of samples of each rate."""
    least = float(f"{length_s / PER_RECORDING:.1g}") if length_s > 0 else 1.0
    for step_s in STEPS_S if least > STEPS_S[0] / 2 else (least, *STEPS_S):
        samples = [step_s * rate_hz for rate_hz in rates_hz if rate_hz is not None]
        if step_s >= ABOUT * least and all(
            abs(n - round(n)) < 1e-6 * max(n, 1.0) or n < 1 - 1e-6 for n in samples
        ):
            return step_s
    return least


def _gap(times: Sequence[np.ndarray], step_s: float) -> float | None:
    """Pauses that windows should not cross, s; None without long ones."""
    all_times = np.sort(np.concatenate([some for some in times if len(some)] or [np.zeros(0)]))
    between = np.diff(all_times)
    typical = float(np.median(between[between > 0])) if (between > 0).any() else 0.0
    if typical <= 0 or between.max() <= LONG_GAP * max(typical, step_s / STEPS):
        return None
    return float(f"{max(STEPS * step_s, 10 * typical):.2g}")
