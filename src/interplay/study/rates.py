"""The rate that a stream of wavering times is meant to have."""

import numpy as np

JITTER = 2.5
"""Typical intervals that nearly all are shorter than, where a stream comes at a rate that wavers."""
NEAR = 0.03
"""Share by which a typical interval may differ from that of a round rate."""


def nominal_rate(times: np.ndarray) -> float | None:
    """The round rate that a stream of wavering times is meant to have, Hz; None without one."""
    interval = typical_interval(times)
    if interval is None:
        return None
    rate_hz = float(round(1 / interval)) if interval <= 1 else 1 / round(interval)
    return rate_hz if abs(rate_hz * interval - 1) < NEAR else None


def typical_interval(times: np.ndarray) -> float | None:
    """The typical interval of a stream, s; None of events, which come at any time or several at once."""
    between = np.diff(times)
    between = between[between > 0]
    if not len(between) or len(between) < 0.5 * (len(times) - 1):
        return None
    typical = float(np.median(between))
    return typical if np.quantile(between, 0.95) <= JITTER * typical else None


def round_rate(rate_hz: float) -> float:
    """A rate in few digits, Hz; of slow streams the interval is the round number, so that a minute is a minute."""
    return float(f"{rate_hz:.6g}") if rate_hz >= 1 else 1 / float(f"{1 / rate_hz:.6g}")
