"""Few labels: what a profile of the same few entities is worth to network and readers on real sets.

A share of the training entities of `benchmarks.real` is labelled; profile, scaler and model know of no others, and
settings are the defaults. Scores are those of `benchmarks.real`. One line of JSON for each (set, split, share, model)
is added to benchmarks/results/few_labels.jsonl, from which an interrupted run goes on. Run with
``python -m benchmarks.few_labels --root FOLDER [--sets ...] [--splits 3]``; ``--table`` writes
benchmarks/results/few_labels.md.
"""

import argparse
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy import stats

import interplay as ip
from benchmarks.missing import score_of
from benchmarks.real import SETS, Trial, fit_of, trials
from benchmarks.records import add_row, read_rows

RESULTS = Path(__file__).parent / "results" / "few_labels.jsonl"
PAGE = Path(__file__).parent / "results" / "few_labels.md"
SHARES = (0.05, 0.1, 0.25)
FEWEST = 3
"""Entities with labels: of fewer none could be held out."""

WINDOWS = 1000
MODELS: dict[str, tuple[str, bool]] = {
    "network": ("network", True),
    "network, no profile": ("unguided", False),
    "readers": ("readers", True),
    "readers, no profile": ("readers", False),
    "extra_trees": ("extra_trees", False),
}
"""Models of `benchmarks.real`, and whether each has the profile."""

TOLD = ("cmu_mosi_utterance", "hydraulic_pump", "mimic3_demo_glucose", "hapt", "stress_predict", "skab")
"""Sets by default: of these entities are many enough that a tenth of them is a few."""


def few(trial: Trial, share: float) -> Trial:
    """The same split with labels of a share of the training entities, of `FEWEST` at least."""
    kept = max(FEWEST, round(share * len(trial.train.entities)))
    left_out = 1.0 - kept / len(trial.train.entities)
    labelled, _ = ip.data.split_by_entity(trial.train, test=left_out, seed=trial.split)
    return replace(trial, train=labelled)


def open_rows(trial: Trial, have: set[tuple[int, float, str]]) -> Iterator[dict[str, object]]:
    """Lines of one split that are not there yet."""
    for share in SHARES:
        models = [m for m in MODELS if (trial.split, share, m) not in have]
        if not models:
            continue
        some = few(trial, share)
        profile, profile_s = some.profile()
        for model in models:
            started, (name, guided) = time.perf_counter(), MODELS[model]
            ask = fit_of(name, some, {"profile": (profile if guided else None, profile_s)})
            score = score_of(*ask(trial.test), trial.test)
            yield {
                "set": trial.name,
                "split": trial.split,
                "share": share,
                "model": model,
                "entities": len(some.train.entities),
                "windows": len(some.train),
                "profile": profile is not None,
                "score": score,
                "seconds": round(time.perf_counter() - started, 1),
                "profile (s)": round(profile_s, 1),
            }


def measure(options: argparse.Namespace) -> None:
    """Add what is missing."""
    for name in options.sets:
        have = {(r["split"], r["share"], r["model"]) for r in read_rows(RESULTS) if r["set"] == name}
        for trial in trials(name, options.root, WINDOWS, options.splits):
            for row in open_rows(trial, have):
                add_row(RESULTS, row)
                print(
                    f"{name} {trial.split} {row['share']:.0%} {row['model']}: {row['score']:.3f}", flush=True
                )


def table(rows: list[dict]) -> str:
    """Markdown: scores of each set and share, and what a profile changes at the same split."""
    frame = pd.DataFrame(rows)
    wide = frame.pivot_table(index=["set", "share", "split"], columns="model", values="score")
    wide = wide[list(MODELS)].dropna()
    entities = frame.groupby(["set", "share"])["entities"].median()
    lines = [
        "# Few labels",
        "",
        "AUROC of two classes, macro-F1 of more, of entities without labels; means over splits. A share of the "
        "training entities has labels, and model, scaler and profile know of no others.",
        "",
        f"| set | labelled entities | splits | {' | '.join(wide.columns)} |",
        "| --- " * (3 + len(wide.columns)) + "|",
    ]
    for (name, share), part in wide.groupby(level=["set", "share"]):
        scores = " | ".join(f"{score:.3f}" for score in part.mean())
        lines.append(f"| {name} | {entities[name, share]:.0f} ({share:.0%}) | {len(part)} | {scores} |")
    lines += [
        "",
        "What a profile is worth: score with it less that without at the same split, mean over sets of their mean, and "
        "its 95 % interval over sets (Student's t).",
        "",
        "| labelled | sets | network | readers |",
        "| --- | --- | --- | --- |",
    ]
    for share, part in wide.groupby(level="share"):
        worth = [gain(part[name] - part[f"{name}, no profile"]) for name in ("network", "readers")]
        lines.append(
            f"| {share:.0%} | {part.index.get_level_values('set').nunique()} | {' | '.join(worth)} |"
        )
    return "\n".join(lines) + "\n"


def gain(differences: pd.Series) -> str:
    """Mean over sets, and the interval of it."""
    of_sets = differences.groupby(level="set").mean()
    half = stats.t.ppf(0.975, len(of_sets) - 1) * of_sets.std() / np.sqrt(len(of_sets))
    mean = of_sets.mean()
    return f"{mean:+.3f} ({mean - half:+.3f} to {mean + half:+.3f}), up in {(of_sets > 0).sum()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(TOLD), choices=list(SETS))
    parser.add_argument("--splits", type=int, default=3)
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
