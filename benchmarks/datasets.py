"""Every data set, end to end: estimate, train, evaluate and report, beside a random forest on the same split.

The forest sees the mean and the deviation of each channel in the window, and the static inputs; where the rule of
calling is not the likeliest class, the same rule calls from its probabilities. Entities are apart. Of fewer than `FEW`
windows one split says nothing: there every entity is tested in turn. The score that counts is AUROC for two classes and
macro-F1 for more, as is usual for risks and for activities. Run with ``python -m benchmarks.datasets --root FOLDER
[--names hapt ...]``, FOLDER with a folder for each data set; prints a Markdown table; rows are kept in
benchmarks/results/datasets.json, from which an interrupted run goes on.
"""

import argparse
import json
import math
import tempfile
import time
import warnings
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier

import interplay as ip
from interplay.data import cross_folds, find_split, split_windows
from interplay.datasets import DATASETS
from interplay.files import whole_file
from interplay.metrics import classification_metrics

RESULTS = Path(__file__).parent / "results" / "datasets.json"
SETTINGS: dict[str, dict[str, object]] = {
    "physionet2012": {"optimiser.epochs": 5},
    # 24 people who differ in their levels, and labels that hardly show
    "stress_predict": {
        "model.width": 16,
        "model.expert_width": 32,
        "model.layers": 1,
        "optimiser.epochs": 2,
        "optimiser.learning_rate": 1e-3,
        "optimiser.level_noise": 1.0,
        "decision.rule": "balanced",
    },
    # three people, who wear the units each in their own way
    "pt_exercises": {"optimiser.epochs": 8, "optimiser.level_noise": 0.5, "optimiser.modality_dropout": 0.3},
    # some sixty windows: the small model for few entities, and more than one step an epoch
    "mimic3_demo": {
        "model.width": 16,
        "model.expert_width": 32,
        "model.layers": 1,
        "optimiser.epochs": 10,
        "optimiser.batch_size": 16,
    },
    "mimic3_demo_potassium": {"optimiser.epochs": 8},
}
"""Where the default recipe is changed, told in the table; for better scores by what held-out training entities say, of
mimic3_demo, which has too few to hold any out, as docs/model.md recommends."""
LAGS = 4
"""Lags of the profile, spread over the window."""
FEW = 200
"""Windows below which a data set is tested in folds of entities."""
FOLDS, REPEATS = 5, 4
KEPT = ("macro_f1", "macro_f1_low", "macro_f1_high", "auroc", "auroc_low", "auroc_high", "accuracy", "ece")


def splits(name: str, root: Path) -> list[tuple[ip.Windows, ip.Windows]]:
    """Training and test windows; several times of few."""
    card = DATASETS[name].card
    windows = ip.make_windows(ip.load_dataset(name, None if card.bundled else root), **card.window_options)
    split = find_split(None, card.splits)
    if split is not None or len(windows) >= FEW:
        parts, _ = split_windows(windows, split)
        return [(parts["train"], parts["test"])]
    folds = [cross_folds(windows, FOLDS, seed=seed) for seed in range(REPEATS)]
    return [(windows.select(fold != k), windows.select(fold == k)) for fold in folds for k in range(FOLDS)]


def summaries(windows: ip.Windows) -> np.ndarray:
    """(N, F) mean and deviation of each channel over what is observed in the window, and the static inputs."""
    pieces = np.array_split(np.arange(len(windows)), len(windows) // 500 + 1)
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="Mean of empty slice|Degrees of freedom", category=RuntimeWarning
        )
        return np.concatenate([_summaries(windows.select(piece)) for piece in pieces])


def _summaries(windows: ip.Windows) -> np.ndarray:
    rows, columns = windows.rows(), [windows.static]
    for values in windows.steps.values.values():
        seen = values[rows].reshape(len(rows), -1, values.shape[-1])
        columns += [np.nanmean(seen, 1), np.nanstd(seen, 1)]
    return np.concatenate(columns, axis=1)


def forest(train: ip.Windows, test: ip.Windows) -> np.ndarray:
    """(N, C) probabilities of a random forest of 300 trees."""
    model = RandomForestClassifier(300, n_jobs=-1, random_state=0)
    model.fit(summaries(train), train.y)
    probs = np.zeros((len(test), len(test.classes)))
    probs[:, model.classes_] = model.predict_proba(summaries(test))
    return probs


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One training and its test: windows (N,), classes C.

    Attributes
    ----------
    y : (N,) int, entity : (N,) str
    probs, called : (N, C) float, (N,) int, of the run
    forest_probs, forest_called : the same of the forest, called by the rule of the run
    seconds : of the profile and of training
    megabytes : of the report
    without_context : macro-F1 of the run without its context, None if it has none
    """

    y: np.ndarray
    entity: np.ndarray
    probs: np.ndarray
    called: np.ndarray
    forest_probs: np.ndarray
    forest_called: np.ndarray
    seconds: tuple[float, float]
    megabytes: float
    without_context: float | None


def trial(name: str, train: ip.Windows, test: ip.Windows) -> Trial:
    lags = np.unique(np.linspace(0, train.length - 1, LAGS).round()) * train.step_s
    times = [time.perf_counter()]
    profile = ip.TemporalRUS(lags_s=lags.tolist()).fit(train).profile_
    times.append(time.perf_counter())
    run = ip.fit(train, profile=profile, settings=SETTINGS.get(name), card=DATASETS[name].card.to_dict())
    times.append(time.perf_counter())
    run.evaluate(test)
    with tempfile.TemporaryDirectory() as folder:
        run.save(Path(folder) / "run")
        page = ip.write_report(run, Path(folder) / "report.html")
        megabytes = Path(page).stat().st_size / 1e6
    told = run.evaluation.predictions
    probs = told[[f"p_{c}" for c in test.classes]].to_numpy()
    trees = forest(train, test)
    return Trial(
        y=test.y,
        entity=told["entity"].to_numpy(str),
        probs=probs,
        called=run.target.called(probs),
        forest_probs=trees,
        forest_called=run.target.called(trees),
        seconds=(times[1] - times[0], times[2] - times[1]),
        megabytes=megabytes,
        without_context=(run.evaluation.without_context or {}).get("macro_f1"),
    )


def one_row(name: str, root: Path) -> dict[str, object]:
    parts = splits(name, root)
    trials = [trial(name, *part) for part in parts]
    y, entity, probs, called, forest_probs, forest_called = (
        np.concatenate([getattr(one, what) for one in trials])
        for what in ("y", "entity", "probs", "called", "forest_probs", "forest_called")
    )
    train = parts[0][0]
    row: dict[str, object] = {
        "name": name,
        "classes": len(train.classes),
        "train windows": len(train),
        # of folds, each window once
        "test windows": len(y) // max(1, len(parts) // FOLDS),
        "train entities": len(train.entities),
        "test entities": len(np.unique(entity)),
        "trainings": len(parts),
        "modalities": len(train.modalities),
        "profile (s)": float(np.mean([one.seconds[0] for one in trials])),
        "training (s)": float(np.mean([one.seconds[1] for one in trials])),
        "report (MB)": trials[0].megabytes,
        "settings": SETTINGS.get(name, {}),
        "without context": trials[0].without_context,
        "forest likeliest macro_f1": classification_metrics(y, forest_probs, n_bootstrap=2)["macro_f1"],
    }
    ours = classification_metrics(y, probs, called=called, entity=entity)
    trees = classification_metrics(y, forest_probs, called=forest_called, entity=entity)
    return row | {who + key: found[key] for who, found in (("", ours), ("forest ", trees)) for key in KEPT}


def main_score(row: dict) -> str:
    """The score that counts."""
    return "auroc" if row["classes"] == 2 else "macro_f1"


def report(rows: list[dict]) -> str:
    below = [row["name"] for row in rows if row[main_score(row)] < row[f"forest {main_score(row)}"]]
    lines = [
        "# Data sets, end to end",
        "",
        f"{date.today()}, {torch.get_num_threads()} threads, torch {torch.__version__}. Estimate, train (default "
        "recipe), evaluate and report on entities apart, one seed; a random forest on per-window means and deviations "
        "of the same windows beside it. 95 % intervals over test entities. The score that counts is in bold: AUROC "
        "for two classes, macro-F1 for more. Settings are changed to save time (physionet2012), for few "
        "entities (mimic3_demo) or as held-out training entities ask. Data sets of fewer than "
        f"{FEW} windows are tested in {FOLDS} folds of entities, {REPEATS} times. "
        f"Below the forest in the score that counts: {', '.join(below) or 'none'}.",
        "",
        "| data set | train, test windows (entities) | macro-F1 | forest | AUROC | forest | seconds | changed |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in sorted(rows, key=lambda row: row["name"]):
        told = [_told(row, who, key) for key in ("macro_f1", "auroc") for who in ("", "forest ")]
        changed = ", ".join(f"{key} {value}" for key, value in row["settings"].items())
        lines.append(
            f"| {row['name']} | {row['train windows']:,} ({row['train entities']}), {row['test windows']:,} "
            f"({row['test entities']}) | {' | '.join(told)} | {row['profile (s)']:.0f}, {row['training (s)']:.0f} s | "
            f"{changed} |"
        )
    return "\n".join(lines)


def _told(row: dict, who: str, key: str) -> str:
    value = f"{row[who + key]:.3f}"
    if not who and key == main_score(row):
        value = f"**{value}**"
    text = f"{value} ({row[f'{who}{key}_low']:.3f} to {row[f'{who}{key}_high']:.3f})"
    likeliest = row["forest likeliest macro_f1"]
    if who and key == "macro_f1" and not math.isclose(likeliest, row["forest macro_f1"]):
        text += f"; likeliest class {likeliest:.3f}"
    return text


def recorded() -> list[dict]:
    """The rows kept so far."""
    return json.loads(RESULTS.read_text()) if RESULTS.is_file() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--names", nargs="+", default=list(DATASETS), choices=list(DATASETS))
    options = parser.parse_args()
    for name in options.names:
        # one folder may hold the files of several data sets: mimic3_demo those of mimic3_demo_glucose
        folders = [path for path in sorted(options.root.iterdir()) if name.startswith(path.name)]
        if not folders or any(row["name"] == name for row in recorded()):
            continue
        row = one_row(name, folders[-1])
        # read again: another process may have kept rows of other data sets meanwhile
        rows = [*recorded(), row]
        with whole_file(RESULTS, overwrite=True) as part:
            part.write_text(json.dumps(rows, indent=0))
    print(report(recorded()))


if __name__ == "__main__":
    main()
