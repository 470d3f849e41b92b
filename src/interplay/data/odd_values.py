"""Values that stand for something else: marks of missing samples that recur, and numbers too large to be measured."""

import re
from collections.abc import Iterator

import numpy as np

CODE = re.compile(
    r"-1|-9|-?(9{2,}|8{2,}|7{3,})(\.9+|\.0+)?|-999\.25|255|-?3276[78]|65535|-?214748364[78]|4294967295"
)
"""Numbers that devices and people write where there is no value: -1, rows of nines, and the ends of whole numbers."""
RECURS = 5
"""Times that a mark must come."""
FEWEST = 3
"""Values that the rest must take: with two, -1 is as good as 1."""
ALIVE = ("bpm", "mmHg", "1/min")
"""Units in which 0 is no measurement of the living."""
SPREADS = 2.0
"""Distances between the quartiles by which a mark is away from the rest."""
SPANS = 0.75
"""Distances between the first and last percentile of the rest by which a mark is away from it."""
SPACINGS = 5.0
"""Typical distances of neighbouring values by which a mark is away from the rest."""
ALONE = 0.1
"""Values near a mark, as a share of how often it comes."""
HUGE = 1e8
"""Typical sizes of a channel that no measurement reaches."""
AT_LEAST = 1e10
"""A smaller number is not called huge."""
MARKED = "does that mark a missing value?"
SAMPLES = 20_000
"""Values from which the rest of a channel is known."""


def odd_values(values: np.ndarray, unit: str = "") -> Iterator[str]:
    """What is odd in a channel, in words that follow its name.

    Parameters
    ----------
    values : (n,) float, NaN where missing
    unit : str
    """
    values = values[~np.isnan(values)]
    huge = _huge(values)
    if huge.any():
        worst = values[huge][np.argmax(np.abs(values[huge]))]
        usual = _typical(values[~huge])
        yield f"holds {worst:.3g}{_more(int(huge.sum()))}, and is typically {usual:.3g}: can that be measured?"
        values = values[~huge]
    for end in (np.min, np.max):
        for _ in range(3):
            if len(values) <= RECURS:
                return
            mark = float(end(values))
            same = values == end(values)
            if not (CODE.fullmatch(_written(mark)) or (mark == 0 and unit in ALIVE)) or same.sum() < RECURS:
                break
            if not _is_away(mark, values[~same], int(same.sum())):
                break
            yield f"is {_written(mark)} {int(same.sum()):,} times, far from all else: {MARKED}"
            values = values[~same]


def _huge(values: np.ndarray) -> np.ndarray:
    """(n,) bool"""
    size = np.abs(values)
    if len(values) == 0 or size.max() < AT_LEAST:
        return np.zeros(len(values), dtype=bool)
    return size > max(AT_LEAST, HUGE * _typical(values))


def _typical(values: np.ndarray) -> float:
    """Median size of what is not 0."""
    size = np.abs(values[:: max(1, len(values) // SAMPLES)])
    return float(np.median(size[size > 0])) if (size > 0).any() else 0.0


def _is_away(mark: float, rest: np.ndarray, times: int) -> bool:
    """Whether nothing else lies near a mark, and the rest is far off for its own size."""
    if len(rest) < RECURS or len(np.unique(rest[:SAMPLES])) < FEWEST:
        return False
    some = np.sort(rest[:: max(1, len(rest) // SAMPLES)].astype(np.float64))
    first, low, high, last = np.quantile(some, [0.01, 0.25, 0.75, 0.99])
    away = first - mark if mark < first else mark - last
    steps = np.diff(np.unique(some))
    spacing = float(np.median(steps)) if len(steps) else abs(first - mark) / (2 * SPACINGS)
    near = int(np.sum(np.abs(rest - mark) < away / 2))
    return (
        away > max(SPREADS * (high - low), SPANS * (last - first))
        and away >= SPACINGS * spacing
        and near <= ALONE * times
    )


def _written(value: float) -> str:
    """A number as people write it: -1, 999.9; single precision is no more exact than that."""
    return f"{value:.7g}" if abs(value) < 1e7 else f"{value:.0f}"


def _more(times: int) -> str:
    return "" if times == 1 else f" (and {times - 1} more such values)"
