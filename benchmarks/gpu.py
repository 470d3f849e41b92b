"""The same work on a processor and on a GPU: estimates, trainings, predictions, and how far they differ.

Run with ``python -m benchmarks.gpu`` on a machine with a GPU that torch knows; prints Markdown. Processors work with
all the threads that torch takes by itself. A first training warms the GPU up and is not counted.
"""

import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import torch

import interplay as ip
from benchmarks.devices import sides
from benchmarks.records import markdown
from benchmarks.scale import streams
from interplay.progress import silent

SIZES = ((12, 5000, 6), (64, 10_000, 10))
"""Modalities, steps and lags of what is measured."""

TRAININGS: dict[str, dict[str, object]] = {
    "processor": {"devices.accelerator": "cpu"},
    "GPU": {"devices.accelerator": "gpu"},
    "GPU, bf16-mixed": {"devices.accelerator": "gpu", "devices.precision": "bf16-mixed"},
}
WIDE = {"model.width": 256, "model.layers": 4, "optimiser.batch_size": 256, "optimiser.least_steps": 40}
SEEDS = 2
REPEATED = 10


def timed(work: Callable, *args, **kwargs) -> tuple[float, Any]:
    """Seconds by the clock until the GPU has nothing left to do, and what came of it."""
    started = time.perf_counter()
    result = work(*args, **kwargs)
    torch.cuda.synchronize()
    return time.perf_counter() - started, result


def estimates(sizes: Sequence[tuple[int, int, int]]) -> pd.DataFrame:
    """A profile on either, and what differs."""
    rows = []
    for modalities, steps, lags in sizes:
        windows = streams(modalities, steps, lags)
        profiles, row = [], {"modalities": modalities, "lags": lags, "steps": steps}
        for device in ("cpu", "cuda"):
            torch.cuda.reset_peak_memory_stats()
            estimator = ip.TemporalRUS(ip.PosteriorPID(device=device), progress=silent)
            row[f"seconds {device}"], fitted = timed(estimator.fit, windows)
            profiles.append(fitted.profile_)
        row["peak MB of the GPU"] = round(torch.cuda.max_memory_allocated() / 2**20)
        apart, called = [], []
        for atom in ("redundancy", "unique", "synergy"):
            ours, theirs = (profile.dataset[atom].values for profile in profiles)
            apart.append(np.nanmax(np.abs(ours - theirs)))
            called.append((profiles[0].significant(atom) != profiles[1].significant(atom)).sum())
        row |= {"largest difference (bits)": float(max(apart)), "called otherwise": int(sum(called))}
        rows.append(row)
    return pd.DataFrame(rows).set_index("modalities")


def trainings(wide: bool) -> pd.DataFrame:
    """Networks of the sample of HAPT, and their predictions."""
    train, test = sides()
    many = test.select(np.tile(np.arange(len(test)), REPEATED))
    common = {"optimiser.epochs": 4} | (WIDE if wide else {})
    ip.fit(
        train,
        recipe="network",
        settings=common | TRAININGS["GPU"] | {"optimiser.least_steps": 5},
        progress=silent,
    )
    rows = []
    for way, settings in TRAININGS.items():
        for seed in range(SEEDS):
            seconds, run = timed(
                ip.fit, train, recipe="network", settings=common | settings, seed=seed, progress=silent
            )
            place = settings["devices.accelerator"]
            predicting, table = timed(run.predict, many, accelerator=place, progress=silent)
            here = table if place == "cpu" else run.predict(many, accelerator="cpu", progress=silent)
            columns = [name for name in table if str(name).startswith("p_")]
            scores = run.evaluate(test, progress=silent, n_bootstrap=2, accelerator=place)
            rows.append(
                {
                    "way": way,
                    "seconds": seconds,
                    "macro-F1": scores["macro_f1"],
                    "windows/s predicted": len(many) / predicting,
                    "largest difference": float(np.abs(table[columns].values - here[columns].values).max()),
                }
            )
            print(rows[-1], file=sys.stderr, flush=True)
    grouped = pd.DataFrame(rows).groupby("way", sort=False)
    return grouped.agg(
        {
            "seconds": "median",
            "macro-F1": "mean",
            "windows/s predicted": "median",
            "largest difference": "max",
        }
    )


if __name__ == "__main__":
    print(
        f"# A GPU\n\n`python -m benchmarks.gpu`, {date.today()}, {torch.cuda.get_device_name(0)} beside "
        f"{os.cpu_count()} processors ({platform.machine()}), torch {torch.__version__}.\n"
    )
    # what takes longest comes last, so that a short lease of a machine gives the rest
    print(f"## Estimates\n\n{markdown(estimates(SIZES[:1]))}\n", flush=True)
    for wide in (False, True):
        print(
            f"## Training, {'width 256, 4 layers, batches of 256' if wide else 'recipe `network` as it is'}\n"
        )
        print(markdown(trainings(wide)), "\n", flush=True)
    print(f"## Estimates of many\n\n{markdown(estimates(SIZES[1:]))}")
