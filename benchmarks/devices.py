"""One process and two, by data-parallel training and by weights in shares: what they learn, and how long it takes.

Activities of the bundled sample of HAPT, every third window of people apart from those who test, a network with experts
and no readers, on processors by gloo; a process has one thread. Of each seed all ways train the same number of steps on
batches of the same size. Run with ``python -m benchmarks.devices [--seeds 3]`` on at least two idle processors; rows
are kept in benchmarks/results/devices.jsonl, from which an interrupted run goes on, the table is written beside it.
"""

import time
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

import interplay as ip
from benchmarks.records import days, machine, markdown, run_draws
from interplay.datasets import DATASETS
from interplay.progress import silent

RESULTS = Path(__file__).parent / "results" / "devices.jsonl"
EVERY = 3
WAYS: dict[str, dict[str, object]] = {
    "one process": {},
    "two processes (ddp)": {"devices.count": 2},
    "two processes (fsdp)": {"devices.count": 2, "devices.strategy": "fsdp"},
}


@cache
def sides() -> tuple[ip.Windows, ip.Windows]:
    """Windows to train on and to test by."""
    windows = ip.make_windows(ip.load_dataset("hapt_sample"), **DATASETS["hapt_sample"].card.window_options)
    return ip.split_by_entity(windows.select(np.arange(0, len(windows), EVERY)))


def work(epochs: int, seed: int, way: str) -> dict:
    """One training."""
    train, test = sides()
    settings = {"optimiser.epochs": epochs, "devices.accelerator": "cpu", **WAYS[way]}
    started = time.perf_counter()
    run = ip.fit(train, recipe="network", settings=settings, seed=seed, progress=silent)
    seconds = time.perf_counter() - started
    metrics = run.evaluate(test, progress=silent, n_bootstrap=2)
    return {
        "size": epochs,
        "seed": seed,
        "way": way,
        "macro-F1": metrics["macro_f1"],
        "log loss (bits)": metrics["log_loss_bits"],
        "train windows": len(train),
        "seconds": seconds,
    }


def page(rows: list[dict]) -> str:
    """Markdown: means over seeds, their range, and time as a share of that of one process."""
    frame = pd.DataFrame(rows)
    n = frame["train windows"].iloc[0]
    parts = [
        f"# Several devices\n\n`python -m benchmarks.devices`, {days(rows)}, {machine()}; processes of one thread "
        "each, gloo, on processors. "
        f"Bundled sample of HAPT, {n:,} training windows, recipe `network`."
    ]
    for epochs, part in frame.groupby("size"):
        grouped = part.groupby("way", sort=False)
        table = grouped.agg(
            seeds=("seed", "count"),
            macro_f1=("macro-F1", "mean"),
            lowest=("macro-F1", "min"),
            highest=("macro-F1", "max"),
            log_loss_bits=("log loss (bits)", "mean"),
            seconds=("seconds", "median"),
        ).reindex(WAYS)
        table["share of time"] = table["seconds"] / table["seconds"].iloc[0]
        parts.append(f"## {epochs} epochs\n\n{markdown(table)}")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    run_draws(__doc__.split("\n")[0], "way", WAYS, [4], work, RESULTS, page)
