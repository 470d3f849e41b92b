"""Fair timing on a machine that does other things as well: programs take turns, and medians are compared."""

import statistics
import time
from collections.abc import Callable, Mapping


def median_ms(programs: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median milliseconds of each program over repeats in which every one runs once, after one run to warm."""
    taken: dict[str, list[float]] = {name: [] for name in programs}
    for turn in range(repeats + 1):
        for name, program in programs.items():
            started = time.perf_counter()
            program()
            if turn:
                taken[name].append(1e3 * (time.perf_counter() - started))
    return {name: statistics.median(times) for name, times in taken.items()}
