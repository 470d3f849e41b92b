"""Real activities: the default recipe and every baseline on HAPT, people apart.

Windows of 2 s that overlap by half, labelled by the majority of their samples, 6 activities; subjects 1 to 20
train, 23 to 30 test, 21 and 22 are left for choosing settings. The profile comes from the training subjects. Run with
``python -m benchmarks.hapt --root FOLDER [--seeds 3]``, FOLDER with hapt.npz; prints a Markdown table; rows are kept in
benchmarks/results/hapt.json, from which an interrupted run goes on.
"""

import argparse
import json
import platform
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import torch

import interplay as ip
from interplay.data.targets import labels_on_grid
from interplay.data.windows import index_windows
from interplay.files import whole_file
from interplay.train import RECIPES
from interplay.types import UNLABELLED

RESULTS = Path(__file__).parent / "results" / "hapt.json"
STEP_S, STEPS, STRIDE, RATE_HZ = 0.5, 4, 2, 50
TRAIN, VALIDATE, TEST = (
    [f"subject{s:02d}" for s in who] for who in (range(1, 21), range(21, 23), range(23, 31))
)
SETTINGS: dict[str, dict[str, object]] = {
    "paper": {"model.width": 48, "model.layers": 2, "model.moe_every": 1}
}
"""The published model has three times the layers; the comparison is of guidance at equal size and budget."""


def hapt_windows(root: Path) -> ip.Windows:
    """Windows of all subjects under the majority of their labels; those without a majority are left out."""
    recordings = list(ip.load_dataset("hapt", root))
    target = np.concatenate([majority_target(recording) for recording in recordings])
    steps = ip.make_steps(recordings, step_s=STEP_S)
    return index_windows(replace(steps, target=target), steps=STEPS, stride=STRIDE)


def majority_target(recording: ip.Recording) -> np.ndarray:
    """For each step the label that most samples of the window that ends there have; -1 without a majority."""
    n_steps = len(ip.make_steps(recording, step_s=STEP_S))
    per_step = round(STEP_S * RATE_HZ)
    label = labels_on_grid(recording.target, 0.0, 1.0 / RATE_HZ, n_steps * per_step)
    held = label[:, None] == np.arange(len(recording.classes))
    so_far = np.concatenate([np.zeros((1, held.shape[1])), held.cumsum(0)])
    ends = per_step * np.arange(1, n_steps + 1)
    count = so_far[ends] - so_far[np.maximum(ends - STEPS * per_step, 0)]
    return np.where(count.max(1) > STEPS * per_step / 2, count.argmax(1), UNLABELLED)


def one_run(recipe: str, seed: int, train, test, profile) -> dict[str, object]:
    """Train and judge one recipe once."""
    started = time.perf_counter()
    run = ip.fit(train, profile=profile, recipe=recipe, settings=SETTINGS.get(recipe), seed=seed)
    trained = time.perf_counter()
    scores = run.evaluate(test)
    kept = ("macro_f1", "macro_f1_low", "macro_f1_high", "accuracy", "auroc", "ece")
    return {
        "recipe": recipe,
        "seed": seed,
        **{name: scores[name] for name in kept},
        "without context": (run.evaluation.without_context or {}).get("macro_f1"),
        "weights": sum(p.numel() for p in run.model.parameters()),
        "training (s)": trained - started,
    }


def report(rows: list[dict], seconds: float, train, test) -> str:
    frame = pd.DataFrame(rows)
    lines = [
        "# HAPT",
        "",
        f"{date.today()}, {platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}; "
        f"{len(train):,} training windows of {len(train.entities)} subjects, {len(test):,} test windows of "
        f"{len(test.entities)}; {seconds:.0f} s for the profile, estimated once. Mean over seeds; the interval is that "
        "over test subjects, mean over seeds. Same windows, epochs and optimiser for all but the paper's recipe, which "
        "keeps its own losses and optimiser.",
        "",
        "| recipe | macro-F1 | lowest, highest seed | 95 % interval | accuracy | ECE | weights | training (s) |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for recipe, part in frame.groupby("recipe", sort=False):
        f1 = part["macro_f1"]
        lines.append(
            f"| {recipe} | {f1.mean():.4f} | {f1.min():.4f}, {f1.max():.4f} | {part['macro_f1_low'].mean():.3f} to "
            f"{part['macro_f1_high'].mean():.3f} | {part['accuracy'].mean():.4f} | {part['ece'].mean():.3f} | "
            f"{part['weights'].iloc[0]:,} | {part['training (s)'].mean():.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES), choices=list(RECIPES))
    options = parser.parse_args()
    windows = hapt_windows(options.root)
    train, test = windows.of_entities(TRAIN), windows.of_entities(TEST)
    rows = json.loads(RESULTS.read_text()) if RESULTS.is_file() else []
    started = time.perf_counter()
    profile = ip.TemporalRUS().fit(train).profile_
    seconds = time.perf_counter() - started
    for seed in range(options.seeds):
        for recipe in options.recipes:
            if not any(row["recipe"] == recipe and row["seed"] == seed for row in rows):
                rows.append(one_run(recipe, seed, train, test, profile))
                with whole_file(RESULTS, overwrite=True) as part:
                    part.write_text(json.dumps(rows, indent=0))
    order = {name: k for k, name in enumerate(RECIPES)}
    print(report(sorted(rows, key=lambda row: order[row["recipe"]]), seconds, train, test))


if __name__ == "__main__":
    main()
