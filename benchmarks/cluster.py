"""An estimate on one process and on one and two workers of a Dask cluster on this machine.

Run with ``python -m benchmarks.cluster``; prints Markdown. Exclusive ors of pairs of modalities at a lag, every
promising pair a block of its own. From the seconds of one process, alone and shared, it says what they predict for more
workers.
"""

import argparse
import os
import platform
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date

import joblib
import numpy as np
import torch
from distributed import Client, LocalCluster

import interplay as ip
from interplay.estimators.posterior.estimator import SCREENING

LAG = 2


def windows(bits: int, noise: int, steps: int, lags: int) -> ip.Windows:
    """Each bit of the target is an exclusive or of two steps before; two modalities show either side of it, so that
    four pairs tell it. The others are noise."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, 2, (2 * bits + noise, steps))
    y = sum(np.roll(drawn[2 * k] ^ drawn[2 * k + 1], LAG) << k for k in range(bits))
    shown = np.repeat(drawn, np.r_[np.full(2 * bits, 2), np.ones(noise, dtype=int)], axis=0)
    arrays = {
        f"m{k:03d}": 2.0 * bit[:, None] + 0.3 * rng.normal(size=(steps, 2)) for k, bit in enumerate(shown)
    }
    return ip.windows_from_arrays(arrays, y, steps=lags)


@dataclass
class Clock:
    """When shares of the work were done, s."""

    started: float = field(default_factory=time.perf_counter)
    marks: list[tuple[float, float]] = field(default_factory=list)

    def __call__(self, share: float) -> None:
        self.marks.append((share, time.perf_counter() - self.started))

    def at(self, share: float) -> float:
        """Seconds until so much was done."""
        return next(seconds for done, seconds in self.marks if done >= share - 1e-9)


def one_fit(data: ip.Windows, lags: int) -> tuple[float, float, float, ip.InteractionProfile]:
    """Seconds in all, of the screening, and until the other blocks begin; and the profile."""
    clock = Clock()
    estimator = ip.PosteriorPID(block_bytes=1.0, folds=3, epochs=8, n_rotations=49)
    profile = ip.TemporalRUS(estimator, lags_s=range(lags), progress=clock).fit(data).profile_
    total = time.perf_counter() - clock.started
    first = clock.at(SCREENING + (1 - SCREENING) / len(profile.probe.blocks))
    return total, clock.at(SCREENING), first, profile


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bits", type=int, default=3)
    parser.add_argument("--noise", type=int, default=8)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--lags", type=int, default=10)
    options = parser.parse_args()
    data = windows(options.bits, options.noise, options.steps, options.lags)
    n_m = len(data.modalities)
    print(f"# Estimates on a cluster\n\n{date.today()}, {platform.machine()}, {os.cpu_count()} processors, "
          f"{torch.get_num_threads()} threads, torch {torch.__version__}; load when it began {os.getloadavg()[0]:.1f}. "
          f"{n_m} modalities, {n_m * (n_m - 1) // 2} pairs, {options.lags} lags, {len(data):,} windows, "
          f"{len(data.classes)} classes.\n")  # fmt: skip
    print("| workers | seconds | of the screening | until the other blocks begin | equal to the bit |")
    print("| --- | --- | --- | --- | --- |")
    alone, total, screening, first = None, 0.0, 0.0, 0.0
    for workers in (0, 1, 2):
        cluster = (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) if workers else None
        )
        with (
            cluster or nullcontext(),
            Client(cluster) if cluster else nullcontext() as client,
            joblib.parallel_config("dask", client=client) if cluster else nullcontext(),
        ):
            *seconds, profile = one_fit(data, options.lags)
        alone = alone or profile
        if not workers:
            total, screening, first = seconds
        same = profile.dataset.identical(alone.dataset)
        name = workers or "none, one process"
        print(
            f"| {name} | {' | '.join(f'{s:.1f}' for s in seconds)} | {'yes' if same else 'no'} |", flush=True
        )
    n_blocks = len(alone.probe.blocks) - 1
    shared = total - first
    of_block = shared / max(1, n_blocks)
    print(f"\nIn one process {first:.1f} s ({first / total:.0%}) are work of one process, {screening:.1f} s "
          f"of them screening, and {shared:.1f} s are {n_blocks} further blocks of {of_block:.1f} s, which workers "
          "share. By these shares alone, without what travels:\n")  # fmt: skip
    print("| workers | seconds, at the least | times as fast |\n| --- | --- | --- |")
    for workers in (1, 2, 8, 64):
        least = first + -(-n_blocks // workers) * of_block
        print(f"| {workers} | {least:.1f} | {total / least:.1f} |")


if __name__ == "__main__":
    main()
