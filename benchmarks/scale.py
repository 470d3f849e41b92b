"""How PosteriorPID grows: time per pair and memory, beside MultiScaleBatchPID at its published settings.

Run with ``python -m benchmarks.scale`` on an idle machine; prints Markdown. The largest run, 64 modalities, 10 lags
and 10,000 steps, is made with one epoch unless ``--epochs-of-largest`` says otherwise: its memory does not depend on
the epochs, and its time is close to proportional to them.
"""

import argparse
import platform
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context

import torch

import interplay as ip
from interplay.synthetic import lagged_streams

STEPS, LAGS = 5000, 6
MEASURED_PAIRS = 3


def streams(modalities: int, steps: int, lags: int, seed: int = 0) -> ip.Windows:
    """Planted lags among `modalities` streams; beyond the first four they see bits that nobody asks for."""
    sees = {f"m{m:02d}": (("A", "B", "A", "C")[m] if m < 4 else f"other{m}",) for m in range(modalities)}
    drawn = lagged_streams(steps, sees=sees, lags=lags, channels=8, random_state=seed)
    return ip.windows_from_arrays(drawn.arrays, drawn.y, steps=lags)


def one_fit(estimator, modalities: int, steps: int, lags: int) -> tuple[float, float, int]:
    """Seconds, peak memory of the process in MB, and blocks of pairs."""
    windows = streams(modalities, steps, lags)
    started = time.perf_counter()
    profile = ip.TemporalRUS(estimator, progress=lambda done: None).fit(windows).profile_
    seconds = time.perf_counter() - started
    blocks = len(profile.probe.blocks) if profile.probe else 1
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, blocks


def apart(*arguments) -> tuple[float, float, int]:
    """The same in a process of its own, so that memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(one_fit, *arguments).result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--epochs-of-largest", type=int, default=1)
    parser.add_argument("--largest-only", action="store_true")
    options = parser.parse_args()
    print(
        f"# Scale\n\n{date.today()}, {platform.machine()}, {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}.\n"
    )
    if not options.largest_only:
        growth()
    epochs = options.epochs_of_largest
    seconds, memory, blocks = apart(ip.PosteriorPID(epochs=epochs), 64, 10_000, 10)
    print(f"\n64 modalities, 2,016 pairs, 10 lags, 10,000 steps, {epochs} of 20 epochs: {seconds:.0f} s in {blocks} "
          f"blocks, peak memory {memory:,.0f} MB.", flush=True)  # fmt: skip


def growth() -> None:
    """Tables by number of modalities, and the comparison at 16."""
    print(
        f"PosteriorPID, {STEPS:,} steps, {LAGS} lags:\n\n"
        "| modalities | pairs | seconds | seconds per pair | peak MB |"
    )
    print("| --- | --- | --- | --- | --- |")
    seconds = 0.0
    for modalities in (2, 4, 8, 16):
        pairs = modalities * (modalities - 1) // 2
        seconds, memory, _ = apart(ip.PosteriorPID(), modalities, STEPS, LAGS)
        print(
            f"| {modalities} | {pairs} | {seconds:.1f} | {seconds / pairs:.2f} | {memory:,.0f} |", flush=True
        )
    each = [apart(ip.MultiScaleBatchPID(), 2, STEPS, LAGS)[0] for _ in range(MEASURED_PAIRS)]
    mean = sum(each) / len(each)
    print(f"\nMultiScaleBatchPID, published settings: {mean:.1f} s per pair (mean of {MEASURED_PAIRS}); 120 pairs, "
          f"extrapolated linearly: {120 * mean:,.0f} s, {120 * mean / seconds:.0f} times PosteriorPID.")  # fmt: skip


if __name__ == "__main__":
    main()
