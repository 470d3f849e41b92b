"""Every data set, end to end: estimate, train, evaluate and report, beside a random forest on the same split.

The forest sees the mean and the deviation of each channel in the window, and the static inputs. Entities are apart. Run
with ``python -m benchmarks.datasets --root FOLDER [--names hapt ...]``, FOLDER with a folder for each data set; prints
a Markdown table; rows are kept in benchmarks/results/datasets.json, from which an interrupted run goes on.
"""

import argparse
import json
import tempfile
import time
import warnings
from datetime import date
from pathlib import Path

import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier

import interplay as ip
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
    },
    # three people, who wear the units each in their own way
    "pt_exercises": {"optimiser.epochs": 8, "optimiser.level_noise": 0.5, "optimiser.modality_dropout": 0.3},
    # an epoch of 51 windows in one batch would be one step
    "mimic3_demo": {"optimiser.batch_size": 8},
}
"""Where the default recipe is changed, told in the table; for better scores by what held-out training entities say."""
LAGS = 4
"""Lags of the profile, spread over the window."""
KEPT = ("macro_f1", "macro_f1_low", "macro_f1_high", "auroc", "auroc_low", "auroc_high", "accuracy", "ece")


def split(name: str, root: Path) -> tuple[ip.Windows, ip.Windows]:
    card = DATASETS[name].card
    windows = ip.make_windows(ip.load_dataset(name, None if card.bundled else root), **card.window_options)
    for parts in card.splits.values():
        test = windows.of_entities(parts["test"])
        others = set(windows.entities) - {entity for part in parts.values() for entity in part}
        return windows.of_entities(parts.get("train", others)), test
    return ip.split_by_entity(windows, test=0.3, seed=0)


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


def forest(train: ip.Windows, test: ip.Windows) -> dict[str, float]:
    """Scores of a random forest of 300 trees."""
    model = RandomForestClassifier(300, n_jobs=-1, random_state=0)
    model.fit(summaries(train), train.y)
    probs = np.zeros((len(test), len(test.classes)))
    probs[:, model.classes_] = model.predict_proba(summaries(test))
    return classification_metrics(test.y, probs, entity=test.entity)


def one_row(name: str, root: Path) -> dict[str, object]:
    train, test = split(name, root)
    lags = np.unique(np.linspace(0, train.length - 1, LAGS).round()) * train.step_s
    times = [time.perf_counter()]
    profile = ip.TemporalRUS(lags_s=lags.tolist()).fit(train).profile_
    times.append(time.perf_counter())
    run = ip.fit(train, profile=profile, settings=SETTINGS.get(name), card=DATASETS[name].card.to_dict())
    times.append(time.perf_counter())
    scores = run.evaluate(test)
    with tempfile.TemporaryDirectory() as folder:
        run.save(Path(folder) / "run")
        page = ip.write_report(run, Path(folder) / "report.html")
        megabytes = Path(page).stat().st_size / 1e6
    row: dict[str, object] = {
        "name": name,
        "train windows": len(train),
        "test windows": len(test),
        "train entities": len(train.entities),
        "test entities": len(test.entities),
        "modalities": len(train.modalities),
        "profile (s)": times[1] - times[0],
        "training (s)": times[2] - times[1],
        "report (MB)": megabytes,
        "settings": SETTINGS.get(name, {}),
        "without context": run.evaluation.scores.get("without_context", {}).get("macro_f1"),
    }
    for who, found in (("", scores), ("forest ", forest(train, test))):
        row |= {who + key: found[key] for key in KEPT}
    return row


def report(rows: list[dict]) -> str:
    lines = [
        "# Data sets, end to end",
        "",
        f"{date.today()}, {torch.get_num_threads()} threads, torch {torch.__version__}. Estimate, train (default "
        "recipe), evaluate and report on entities apart, one seed; a random forest on per-window means and deviations "
        "of the same windows beside it. 95 % intervals over test entities. Settings are changed to save time "
        "(physionet2012), to take more than one step an epoch (mimic3_demo), or as held-out training entities ask.",
        "",
        "| data set | train, test windows (entities) | macro-F1 | forest | AUROC | forest | seconds | changed |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in sorted(rows, key=lambda row: row["name"]):
        told = [
            f"{row[who + key]:.3f} ({row[f'{who}{key}_low']:.3f} to {row[f'{who}{key}_high']:.3f})"
            for key in ("macro_f1", "auroc")
            for who in ("", "forest ")
        ]
        changed = ", ".join(f"{key} {value}" for key, value in row["settings"].items())
        lines.append(
            f"| {row['name']} | {row['train windows']:,} ({row['train entities']}), {row['test windows']:,} "
            f"({row['test entities']}) | {' | '.join(told)} | {row['profile (s)']:.0f}, {row['training (s)']:.0f} s | "
            f"{changed} |"
        )
    return "\n".join(lines)


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
