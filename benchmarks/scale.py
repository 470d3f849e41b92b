"""How PosteriorPID grows: time per pair and memory, beside MultiScaleBatchPID at its published settings.

Run with ``python -m benchmarks.scale`` on an idle machine; prints Markdown. The largest runs, of 64 and of 256
modalities, 10 lags and 10,000 steps, are made in full; beside each stands what became of the four modalities that tell
something.
"""

import argparse
import platform
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context

import numpy as np
import torch

import interplay as ip
from interplay.synthetic import lagged_streams

STEPS, LAGS = 5000, 6
MOST_STEPS, MOST_LAGS = 10_000, 10
"""Of the largest runs."""

MEASURED_PAIRS = 3


def streams(modalities: int, steps: int, lags: int, seed: int = 0) -> ip.Windows:
    """Planted lags among `modalities` streams; beyond the first four they see bits that nobody asks for."""
    sees = {f"m{m:02d}": (("A", "B", "A", "C")[m] if m < 4 else f"other{m}",) for m in range(modalities)}
    drawn = lagged_streams(steps, sees=sees, lags=lags, channels=8, random_state=seed)
    return ip.windows_from_arrays(drawn.arrays, drawn.y, steps=lags)


def one_fit(estimator, modalities: int, steps: int, lags: int) -> dict:
    """Seconds by the clock and of all processors, peak memory of the process in MB, blocks of pairs, the profile."""
    windows = streams(modalities, steps, lags)
    started, worked = time.perf_counter(), time.process_time()
    profile = ip.TemporalRUS(estimator, progress=lambda done: None).fit(windows).profile_
    return {
        "seconds": time.perf_counter() - started,
        "worked": time.process_time() - worked,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "blocks": len(profile.probe.blocks) if profile.probe else 1,
        "profile": ip.InteractionProfile(profile.dataset),
    }


def told(profile: ip.InteractionProfile) -> str:
    """What became of the four modalities that tell something, beside an estimate of these alone."""
    drawn = streams(len(profile.modalities), MOST_STEPS, MOST_LAGS)
    four = drawn.without(profile.modalities[4:])
    alone = ip.TemporalRUS(ip.PosteriorPID(), progress=lambda done: None).fit(four).profile_
    i, j = np.nonzero(~np.eye(4, dtype=bool))
    off, called, expected, false = [], 0, 0, 0
    for atom in ("redundancy", "unique", "synergy"):
        here, there = profile.significant(atom), alone.significant(atom)
        called += int((here[:4, :4] & there)[i, j].sum())
        expected += int(there[i, j].sum())
        planted = np.zeros(here.shape, dtype=bool)
        planted[:4], planted[:, :4] = True, True
        false += int((here & ~planted).sum())
        off.append(np.abs(profile.dataset[atom].values[:4, :4] - alone.dataset[atom].values)[i, j].max())
    return (
        f"Of the four modalities that tell something {called} of {expected} atoms are called that are called of these "
        f"four alone, and values differ by {max(off):.3f} bit at the most; between the others {false} are."
    )


def apart(*arguments) -> dict:
    """The same in a process of its own, so that memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(one_fit, *arguments).result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--largest-only", action="store_true")
    parser.add_argument("--largest", type=int, nargs="*", default=[64, 256], metavar="MODALITIES")
    options = parser.parse_args()
    print(
        f"# Scale\n\n{date.today()}, {platform.machine()}, {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}.\n"
    )
    if not options.largest_only:
        growth()
    for modalities in options.largest:
        found = apart(ip.PosteriorPID(), modalities, MOST_STEPS, MOST_LAGS)
        print(
            f"\n{modalities} modalities, {modalities * (modalities - 1) // 2:,} pairs, "
            f"{MOST_LAGS} lags, {MOST_STEPS:,} steps: "
            f"{found['seconds']:.0f} s ({found['worked']:.0f} s of processors) in {found['blocks']} blocks, peak "
            f"memory {found['mb']:,.0f} MB. {told(found['profile'])}",
            flush=True,
        )


def growth() -> None:
    """Tables by number of modalities, and the comparison at 16."""
    print(
        f"PosteriorPID, {STEPS:,} steps, {LAGS} lags:\n\n"
        "| modalities | pairs | seconds | processor seconds | seconds per pair | peak MB |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    last = {}
    for modalities in (2, 4, 8, 16):
        pairs = modalities * (modalities - 1) // 2
        last = apart(ip.PosteriorPID(), modalities, STEPS, LAGS)
        print(
            f"| {modalities} | {pairs} | {last['seconds']:.1f} | {last['worked']:.1f} | "
            f"{last['seconds'] / pairs:.2f} | {last['mb']:,.0f} |",
            flush=True,
        )
    each = [apart(ip.MultiScaleBatchPID(), 2, STEPS, LAGS) for _ in range(MEASURED_PAIRS)]
    for name, of_what in (("seconds", "by the clock"), ("worked", "of processors")):
        mean = sum(one[name] for one in each) / len(each)
        print(f"\nMultiScaleBatchPID, published settings: {mean:.1f} s {of_what} per pair (mean of {MEASURED_PAIRS}); "
              f"120 pairs, extrapolated linearly: {120 * mean:,.0f} s, {120 * mean / last[name]:.0f} times "
              f"PosteriorPID.")  # fmt: skip


if __name__ == "__main__":
    main()
