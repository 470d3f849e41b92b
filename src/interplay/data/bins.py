"""Samples that fall into steps, or into slots of a rate: what stands for several of them, and for none."""

import numpy as np

from interplay.errors import InvalidInput

BINS = ("last", "mean", "sum", "count", "stats")
ADDITIVE = ("sum", "count")
"""Of a step without a sample these are 0: that nothing happened is known."""
STATISTICS = ("mean", "sd", "min", "max")
HELD = 2.5
"""Typical intervals of an irregular stream for which a sample stands where it is resampled."""


def check_bin(bin_: str | None, name: str) -> None:
    """Refuse a way of binning that does not exist."""
    if bin_ is not None and bin_ not in BINS:
        raise InvalidInput(f"bin of stream {name!r} must be one of {', '.join(BINS)}; got {bin_!r}.")


def binned_channels(channels: tuple[str, ...], bin_: str | None) -> tuple[str, ...]:
    """Names of channels once samples are binned."""
    if bin_ != "stats":
        return channels
    return tuple(f"{channel} {statistic}" for channel in channels for statistic in STATISTICS)


def binned(values: np.ndarray, place: np.ndarray, n: int, bin_: str | None) -> np.ndarray:
    """What stands for the samples of each of n bins.

    Parameters
    ----------
    values : (samples, d) float, NaN is no sample
    place : (samples,) int, the bin of each, not decreasing; those of n or more are left out
    n : int
    bin_ : one of BINS; None is "last"

    Returns
    -------
    (n, d) float, or (n, 4 d) of "stats"; NaN where a bin has no sample, 0 for "sum" and "count"
    """
    inside = (place >= 0) & (place < n)
    values, place = values[inside], place[inside]
    known = ~np.isnan(values)
    if bin_ in (None, "last"):
        result = np.full((n, values.shape[1]), np.nan, dtype=values.dtype)
        sample, channel = np.nonzero(known)
        result[place[sample], channel] = values[sample, channel]
        return result
    columns = [
        _of_channel(values[known[:, c], c], place[known[:, c]], n, bin_) for c in range(values.shape[1])
    ]
    return np.concatenate(columns, axis=1).astype(values.dtype)


def resampled(
    values: np.ndarray, times_s: np.ndarray, start_s: float, slot_s: float, n: int, bin_: str | None
) -> np.ndarray:
    """Samples (n, d) at the ends of n slots, from nothing that comes later.

    A slot without a sample has that of the last slot with one, unless it is older than 2.5 typical intervals.
    """
    slots = binned(values, steps_of(times_s, start_s, slot_s), n, bin_)
    typical = float(np.median(np.diff(times_s))) if len(times_s) > 1 else slot_s
    row = np.arange(n)[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(slots), -1, row), axis=0)
    fresh = (last >= 0) & ((row - last) * slot_s <= HELD * max(typical, slot_s) * (1 + 1e-9))
    return np.where(fresh, np.take_along_axis(slots, np.maximum(last, 0), axis=0), np.nan).astype(
        values.dtype
    )


def steps_of(times_s: np.ndarray, start_s: float, step_s: float) -> np.ndarray:
    """Step of each time, (n,) int64: step k covers (start + k step, start + (k + 1) step], the first its start, too."""
    return np.maximum(np.ceil((times_s - start_s) / step_s - 1e-9).astype(np.int64) - 1, 0)


def thinned(times_s: np.ndarray, start_s: float, step_s: float) -> float:
    """Share of samples that the last of each step leaves out."""
    if len(times_s) == 0:
        return 0.0
    return 1.0 - len(np.unique(steps_of(times_s, start_s, step_s))) / len(times_s)


def _of_channel(values: np.ndarray, place: np.ndarray, n: int, bin_: str) -> np.ndarray:
    """(n, 1) of one channel, or (n, 4) of "stats"."""
    count = np.bincount(place, minlength=n)
    if bin_ == "count":
        return count[:, None].astype(np.float64)
    total = np.bincount(place, weights=values.astype(np.float64), minlength=n)
    if bin_ == "sum":
        return total[:, None]
    some = count > 0
    mean = np.where(some, total / np.maximum(count, 1), np.nan)
    if bin_ == "mean":
        return mean[:, None]
    squares = np.bincount(place, weights=(values - mean[place]) ** 2, minlength=n)
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, place, values)
    np.maximum.at(high, place, values)
    spread = np.sqrt(squares / np.maximum(count, 1))
    return np.where(some[:, None], np.stack([mean, spread, low, high], axis=1), np.nan)
