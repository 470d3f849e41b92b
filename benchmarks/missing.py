"""What is lost when sensors fail at test time: modalities, stretches of steps, or both, at shares of 20 to 60 %.

Models are trained as in `benchmarks.real`, on whole windows and without settings; then each test entity loses
modalities drawn for it (one always stays), the same steps of every modality (`stretch`), or both. The score is that
of `benchmarks.real`; a loss is the score of whole windows less that of what is left. One line of JSON for each (set,
split, model) is added to benchmarks/results/missing.jsonl, from which an interrupted run goes on. Run with
``python -m benchmarks.missing --root FOLDER [--sets ...] [--splits 2] [--models ...]``; ``--table`` writes
benchmarks/results/missing.md.
"""

import argparse
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

import interplay as ip
from benchmarks.real import RECIPES, SETS, Trial, fit_of, open_trials, that_counts
from benchmarks.real_rivals import RIVALS
from benchmarks.records import add_row, read_rows
from interplay.metrics import classification_metrics

RESULTS = Path(__file__).parent / "results" / "missing.jsonl"
PAGE = Path(__file__).parent / "results" / "missing.md"
SHARES = (0.2, 0.4, 0.6)
KINDS = ("modalities", "stretch", "both")
MODELS = (
    "readers",
    "network",
    "late_fusion",
    "early_fusion",
    "vanilla_moe",
    "extra_trees",
    "minirocket_summaries",
)
LEAST_MODALITIES = 3
DRAWS = 5
"""Of what fails; scores are means over them."""


def failing(windows: ip.Windows, kind: str, share: float, seed: int) -> ip.Windows:
    """The same windows, whose entities have each lost a share of their modalities, of a window's steps, or both."""
    steps, rng = windows.steps, np.random.default_rng(seed)
    n_m = len(steps.modalities)
    left = np.ones((len(steps.entities), n_m), dtype=bool)
    stays = np.ones(len(steps), dtype=bool)
    for entity in range(len(left)):
        if kind != "stretch":
            left[entity, rng.permutation(n_m)[: min(n_m - 1, round(share * n_m))]] = False
        if kind != "modalities":
            # the same place within every window of whole windows, which is a period of the entity's steps
            rows = np.flatnonzero(steps.entity == entity)
            phase = (np.arange(len(rows)) + rng.integers(windows.length)) % windows.length
            stays[rows[phase < share * windows.length]] = False
    observed = steps.observed & left[steps.entity] & stays[:, None]
    values = {
        name: np.where(observed[:, m, None, None], steps.values[name], np.nan).astype(
            steps.values[name].dtype
        )
        for m, name in enumerate(steps.modalities)
    }
    return replace(windows, steps=replace(steps, values=values, observed=observed))


def score_of(probs: np.ndarray, called: np.ndarray | None, test: ip.Windows) -> float:
    """The score that counts, of probabilities and called classes."""
    scores = classification_metrics(test.y, probs, called=called, entity=test.entity, n_bootstrap=2)
    return that_counts(scores, test)


def row_of(model: str, trial: Trial, known: dict) -> dict[str, object]:
    """One line of the results."""
    ask = fit_of(model, trial, known)
    row: dict[str, object] = {"set": trial.name, "split": trial.split, "model": model}
    row["whole"] = score_of(*ask(trial.test), trial.test)
    for kind in KINDS:
        for share in SHARES:
            drawn = [failing(trial.test, kind, share, DRAWS * trial.split + k) for k in range(DRAWS)]
            row[f"{kind} {share:.0%}"] = float(np.mean([score_of(*ask(test), test) for test in drawn]))
    return row


def measure(options: argparse.Namespace) -> None:
    """Add what is missing."""
    for name in options.sets:
        have = {(row["split"], row["model"]) for row in read_rows(RESULTS) if row["set"] == name}
        for trial, models, known in open_trials(name, options, have):
            if len(trial.train.modalities) < LEAST_MODALITIES:
                print(f"{name}: {len(trial.train.modalities)} modalities, left out", flush=True)
                break
            for model in models:
                row = row_of(model, trial, known)
                add_row(RESULTS, row)
                print(
                    f"{name} {trial.split} {model}: {row['whole']:.3f}, {row['modalities 40%']:.3f}",
                    flush=True,
                )


def table(rows: list[dict]) -> str:
    """Markdown: means over sets that have every model, of scores and of what is lost."""
    frame = pd.DataFrame(rows)
    names = [f"{kind} {share:.0%}" for kind in KINDS for share in SHARES]
    per_set = frame.groupby(["set", "model"])[["whole", *names]].mean()
    full = [s for s, part in per_set.groupby("set") if len(part) == frame["model"].nunique()]
    mean = per_set.loc[full].groupby("model").mean().sort_values("modalities 40%", ascending=False)
    lines = [
        "# Missing modalities and stretches at test time",
        "",
        f"Mean score over {len(full)} sets ({', '.join(full)}), AUROC of two classes and macro-F1 of more: of whole "
        "windows, and what is lost of it when shares of modalities, of steps or of both are missing.",
        "",
        "| model | whole | " + " | ".join(names) + " |",
        "| --- " * (len(names) + 2) + "|",
    ]
    for model, row in mean.iterrows():
        lost = " | ".join(f"{row['whole'] - row[name]:.3f}" for name in names)
        lines.append(f"| {model} | {row['whole']:.3f} | {lost} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--windows", type=int, default=350)
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=[*RIVALS, *RECIPES])
    parser.add_argument("--table", action="store_true", help="write the table instead of measuring")
    options = parser.parse_args()
    if options.table:
        PAGE.write_text(table(read_rows(RESULTS)), "utf-8")
        return
    warnings.filterwarnings("ignore", category=UserWarning)
    torch.set_num_threads(1)
    measure(options)


if __name__ == "__main__":
    main()
