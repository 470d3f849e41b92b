"""A stream at real time: activities of HAPT, a step of half a second at a time, beside the same windows in one batch.

Run with ``python -m benchmarks.stream [--recipes default readers network] [--every 3]``; prints Markdown. Each
recipe is trained on every so-manieth window of the bundled sample; then one new person goes through step by step.
Milliseconds are of the processor (one thread) and by the clock; the difference is the largest of any probability to
that of the batch.
"""

import argparse
import time
from datetime import date

import numpy as np
import torch

import interplay as ip
from benchmarks.records import machine
from interplay.datasets import data_folder, find_dataset

STEPS = 400
WARM = 20
QUICK = {"optimiser.epochs": 1, "optimiser.least_steps": 0, "readers.folds": 2}
"""A step takes as long after one epoch as after fifteen."""


def one_recipe(recipe: str, train: ip.Windows, new: ip.Recording, cut: dict) -> dict[str, float]:
    """Times of steps of a new person, and how far predictions are from those of the batch."""
    run = ip.fit(train, recipe=recipe, settings=QUICK)
    table = run.predict(ip.make_windows(new, **cut, labelled=False))
    steps = ip.make_steps(new, step_s=cut["step_s"])
    stream, wall, worked, said = run.stream(new.entity), [], [], []
    for k in range(min(STEPS, len(steps))):
        values = {name: array[k] for name, array in steps.values.items()}
        started, began = time.perf_counter(), time.process_time()
        prediction = stream.step(values)
        wall.append(1e3 * (time.perf_counter() - started))
        worked.append(1e3 * (time.process_time() - began))
        said += [] if prediction is None else [list(prediction.probabilities.values())]
    batch = table[[f"p_{name}" for name in run.schema.classes]].to_numpy()[: len(said)]
    return {
        "processor": float(np.median(worked[WARM:])),
        "processor_95": float(np.quantile(worked[WARM:], 0.95)),
        "wall": float(np.median(wall[WARM:])),
        "difference": float(np.abs(np.array(said) - batch).max()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recipes", nargs="+", default=["default", "readers", "network"])
    parser.add_argument("--every", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    dataset = find_dataset("hapt_sample")
    recordings = list(dataset.recordings(data_folder(dataset.card, None)))
    cut = {"step_s": dataset.card.step_s, "steps": dataset.card.steps}
    windows = ip.make_windows(recordings[:-1], **cut, stride=dataset.card.stride)
    train = windows.select(np.arange(0, len(windows), options.every))
    print(f"# Streams\n\n{date.today()}, {machine()}, one thread; `hapt_sample`, steps of {cut['step_s']:g} s, "
          f"windows of {cut['steps']} steps, {len(train):,} training windows, no profile.\n")  # fmt: skip
    print(
        "| recipe | processor ms a step (median) | (95 %) | clock ms (median) | largest difference to the batch |"
    )
    print("| --- | --- | --- | --- | --- |")
    for recipe in options.recipes:
        row = one_recipe(recipe, train, recordings[-1], cut)
        print(f"| {recipe} | {row['processor']:.1f} | {row['processor_95']:.1f} | {row['wall']:.1f} | "
              f"{row['difference']:.1e} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
