"""Readers under published protocols: HAPT and UTD-MHAD (inertial), people apart.

WHAR Arena (arXiv 2606.13194) cuts windows of 3 s that overlap by half and leaves out one of ten groups of subjects
(HAPT, all 12 activities) or one of eight subjects (UTD-MHAD, acceleration and turning alone). Here a window lies within
one activity; what of an activity is shorter than a window is one window, its first part unobserved. The length of each
triple of axes is a fourth channel. Nothing is chosen on test subjects. One line of JSON for each fold is added to
benchmarks/results/published.jsonl, from which an interrupted run goes on. Run with
``python -m benchmarks.published --root FOLDER [--sets ...]``, FOLDER with a folder for each set; ``--table`` writes
benchmarks/results/published.md.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import accuracy_score, f1_score

import interplay as ip
from benchmarks.real import silent
from benchmarks.records import add_row, read_rows

RESULTS = Path(__file__).parent / "results" / "published.jsonl"
PAGE = Path(__file__).parent / "results" / "published.md"
RATE_HZ = 50
LENGTH, STRIDE = 3 * RATE_HZ, 3 * RATE_HZ // 2
GROUPS = {"hapt": 10, "utd_mhad": 8}
PUBLISHED = {"hapt": (0.848, "CNN-HAR"), "utd_mhad": (0.682, "CNN-HAR")}
SETTINGS = {"decision.rule": "balanced"}
"""Macro-F1 counts all activities alike."""

Piece = tuple[str, int, np.ndarray]
"""Subject, activity counted from 0, and samples (n, 6) of acceleration and turning."""


def hapt_pieces(folder: Path) -> Iterator[Piece]:
    """Each stretch of one of the 12 activities."""
    data = np.load(folder / "hapt.npz", allow_pickle=False)
    samples = np.hstack([data["acc"] * float(data["acc_scale"]), data["gyro"] * float(data["gyro_scale"])])
    starts, label = data["experiment_starts"], data["label"]
    for k, subject in enumerate(data["experiment_subject"]):
        of_one = np.arange(starts[k], starts[k + 1])
        for rows in np.split(of_one, np.flatnonzero(np.diff(label[of_one])) + 1):
            if label[rows[0]] > 0:
                yield f"{int(subject):02d}", int(label[rows[0]]) - 1, samples[rows]


def utd_mhad_pieces(folder: Path) -> Iterator[Piece]:
    """Each sequence."""
    data = np.load(folder / "utd_mhad.npz", allow_pickle=False)
    for k, samples in enumerate(np.split(data["inertial"], data["inertial_starts"][1:-1])):
        yield f"{int(data['subject'][k]):02d}", int(data["action"][k]) - 1, samples


PIECES = {"hapt": hapt_pieces, "utd_mhad": utd_mhad_pieces}


def windows_of(pieces: Iterator[Piece]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows (N, `LENGTH`, 6), their activities (N,) and subjects (N,)."""
    cut, y, subjects = [], [], []
    for subject, activity, samples in pieces:
        if len(samples) < LENGTH:
            unobserved = np.full((LENGTH - len(samples), samples.shape[1]), np.nan)
            samples = np.vstack([unobserved, samples])
        for start in range(0, len(samples) - LENGTH + 1, STRIDE):
            cut.append(samples[start : start + LENGTH])
            y.append(activity)
            subjects.append(subject)
    return np.stack(cut), np.array(y), np.array(subjects)


def triple(values: np.ndarray) -> np.ndarray:
    """Three axes and their length, (..., 4)."""
    return np.concatenate([values, np.linalg.norm(values, axis=-1, keepdims=True)], axis=-1)


def folds(name: str, root: Path) -> Iterator[tuple[int, ip.Windows, ip.Windows]]:
    """Number of the group of subjects that is left out, training and test windows; subjects are dealt out in turn."""
    cut, y, subjects = windows_of(PIECES[name](root / name))
    group = np.unique(subjects, return_inverse=True)[1] % GROUPS[name]
    for k in range(GROUPS[name]):
        parts = []
        for rows in (group != k, group == k):
            arrays = {"acc": triple(cut[rows, :, :3]), "gyro": triple(cut[rows, :, 3:])}
            classes = [str(c + 1) for c in range(y.max() + 1)]
            parts.append(
                ip.windows_from_arrays(
                    arrays, y[rows], step_s=1 / RATE_HZ, entity=subjects[rows], classes=classes, fill="mark"
                )
            )
        yield k, *parts


def measure(name: str, root: Path) -> None:
    """Add the folds that are missing."""
    have = {row["fold"] for row in read_rows(RESULTS) if row["set"] == name}
    for fold, train, test in folds(name, root):
        if fold in have:
            continue
        started = time.perf_counter()
        run = ip.fit(train, recipe="readers", settings=SETTINGS, seed=fold, progress=silent)
        trained = time.perf_counter()
        rows = run.predict(test, progress=silent)
        row = {
            "set": name,
            "fold": fold,
            "train windows": len(train),
            "test windows": len(test),
            "macro_f1": f1_score(rows["label"], rows["predicted"], average="macro"),
            "accuracy": accuracy_score(rows["label"], rows["predicted"]),
            "train (s)": round(trained - started, 1),
            "predict (s)": round(time.perf_counter() - trained, 1),
            "threads": torch.get_num_threads(),
        }
        add_row(RESULTS, row)
        print(row, flush=True)


def table(rows: list[dict]) -> str:
    """Markdown: each set beside the best that is published."""
    lines = [
        "# Published protocols",
        "",
        "Readers alone, classes called balanced; mean and deviation over folds of people left out.",
        "",
        "| set | folds | windows | macro-F1 | accuracy | published best | training (s) a fold |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, part in pd.DataFrame(rows).groupby("set"):
        score, model = PUBLISHED[str(name)]
        f1, seconds = part["macro_f1"], part["train (s)"].median()
        lines.append(
            f"| {name} | {len(part)} of {GROUPS[str(name)]} | {part['test windows'].sum():,} | {f1.mean():.3f} "
            f"(+- {f1.std():.3f}) | {part['accuracy'].mean():.3f} | {score} ({model}) | {seconds:.0f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(PIECES), choices=list(PIECES))
    parser.add_argument("--table", action="store_true", help="write the table instead of measuring")
    options = parser.parse_args()
    if options.table:
        PAGE.write_text(table(read_rows(RESULTS)), "utf-8")
        return
    for name in options.sets:
        measure(name, options.root)


if __name__ == "__main__":
    main()
