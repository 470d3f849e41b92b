"""Which k sensors to keep: what sets chosen in several ways are worth to entities that took no part in the choice.

On real sets, splits by entity. Each way chooses k modalities on the training windows alone; 500 extremely randomised
trees on window summaries of these modalities are then trained on the same windows and asked about the test entities:

- ``keep``: `profile.keep(k)`, of a profile of the training windows;
- ``select``: `select_modalities(..., profile=profile)`, the curve's set of size k;
- ``permutation``: by how much held-out log-loss rises when a modality of a forest of all of them is shuffled;
- ``single``: by the information that each tells alone, of the same profile;
- ``random``: drawn, several times.

One line of JSON for each (set, split, way) is added to benchmarks/results/budget.jsonl, from which an interrupted run
goes on. Run with ``python -m benchmarks.budget --root FOLDER [--sets ...] [--splits 5]``; ``--table`` writes
benchmarks/results/budget.md.
"""

import argparse
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import torch
from sklearn.ensemble import ExtraTreesClassifier

import interplay as ip
from benchmarks.budget_table import table
from benchmarks.real import SETS, silent
from benchmarks.real_rivals import extra_trees, features_of
from benchmarks.records import add_row, read_rows
from interplay.data import Scaler, cross_folds
from interplay.datasets import DATASETS
from interplay.metrics import classification_metrics
from interplay.readers import window_summaries

RESULTS = Path(__file__).parent / "results" / "budget.jsonl"
PAGE = Path(__file__).parent / "results" / "budget.md"

WHOLE, BY_CHANNEL = "whole", "by channel"
ASKED: dict[str, str] = {
    "hapt": WHOLE,
    "stress_predict": WHOLE,
    "hydraulic_accumulator": BY_CHANNEL,
    "pt_exercises": WHOLE,
    "physionet2012": WHOLE,
}
"""Data sets, and whether their modalities are what can be kept, or every channel is a sensor of its own."""

SIZES = (1, 2, 3, 4, 5)
WINDOWS = 400
LAGS = 2
DRAWS = 3
READER: dict[str, object] = {"name": "extra_trees", "trees": 50}
SELECT_FOLDS = 3
"""Of `select_modalities`: half the trees and fewer folds than it has by default, to save time."""
FOLDS = 5
TEST_SHARE = 0.3


@dataclass(frozen=True)
class Trial:
    """One split of one set; what several ways need is worked out once."""

    name: str
    split: int
    train: ip.Windows
    test: ip.Windows

    @cached_property
    def profile(self) -> tuple[ip.InteractionProfile, float]:
        """Of the training windows, and the seconds it took."""
        started = time.perf_counter()
        lags = np.unique(np.linspace(0, self.train.length - 1, LAGS).round()) * self.train.step_s
        profile = ip.TemporalRUS(lags_s=lags.tolist(), progress=silent).fit(self.train).profile_
        return profile, time.perf_counter() - started

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many to keep: fewer than all."""
        return tuple(k for k in SIZES if k < len(self.train.modalities))

    @cached_property
    def known(self) -> dict[frozenset[str], dict[str, float]]:
        """Scores of the sets that were asked for so far."""
        return {}

    def scores(self, names: Sequence[str]) -> dict[str, float]:
        """What a set is worth to the test entities."""
        key = frozenset(names)
        if key not in self.known:
            others = tuple(name for name in self.train.modalities if name not in key)
            train, test = (part.without(others) if others else part for part in (self.train, self.test))
            self.known[key] = scores_of(extra_trees(train, self.split)(test), train, test)
        return self.known[key]


def scores_of(probs: np.ndarray, train: ip.Windows, test: ip.Windows) -> dict[str, float]:
    """The score that counts, and bits gained over the shares of classes in the training windows."""
    scores = classification_metrics(test.y, probs, entity=test.entity, n_bootstrap=2)
    shares = np.bincount(train.y, minlength=len(train.classes)) + 0.5
    mixed = 0.99 * probs + 0.01 * shares / shares.sum()
    gain = np.log2(mixed[np.arange(len(test.y)), test.y]) - np.log2(shares / shares.sum())[test.y]
    main = "auroc" if len(train.classes) == 2 else "macro_f1"
    return {"score": scores[main], "bits": float(gain.mean())}


@cache
def windows_of(name: str, root: Path) -> ip.Windows:
    """All windows of a set, thinned evenly."""
    recordings = ip.load_dataset(name, root / SETS[name])
    if ASKED[name] == BY_CHANNEL:
        recordings = [by_channel(one) for one in recordings]
    every = ip.make_windows(recordings, **DATASETS[name].card.window_options)
    return every.select(np.unique(np.linspace(0, len(every) - 1, min(WINDOWS, len(every))).astype(int)))


def by_channel(recording: ip.Recording) -> ip.Recording:
    """The same with every channel a modality of its own."""
    streams = {
        channel: replace(
            stream,
            values=stream.values[:, [k]],
            channels=(channel,),
            units=stream.units[k : k + 1] if stream.units else stream.units,
        )
        for stream in recording.streams.values()
        for k, channel in enumerate(stream.channels)
    }
    return replace(recording, streams=streams)


# ---- ways ------------------------------------------------------------------------------------------------------


def keep(trial: Trial, sizes: Sequence[int]) -> dict[int, list[Sequence[str]]]:
    return {k: [trial.profile[0].keep(k).modalities] for k in sizes}


def select(trial: Trial, sizes: Sequence[int]) -> dict[int, list[Sequence[str]]]:
    selection = ip.select_modalities(
        trial.train,
        k=max(sizes),
        profile=trial.profile[0],
        reader=READER,
        folds=SELECT_FOLDS,
        seed=trial.split,
        n_bootstrap=2,
        progress=silent,
    )
    return {k: [selection.keep(k)] for k in sizes}


def permutation(trial: Trial, sizes: Sequence[int]) -> dict[int, list[Sequence[str]]]:
    order = [
        name for name, _ in sorted(importances(trial.train, trial.split).items(), key=lambda one: -one[1])
    ]
    return {k: [order[:k]] for k in sizes}


def single(trial: Trial, sizes: Sequence[int]) -> dict[int, list[Sequence[str]]]:
    profile = trial.profile[0]
    bits = profile.dataset["mi"].max("lag").values
    order = [profile.modalities[m] for m in np.argsort(-bits, kind="stable")]
    return {k: [order[:k]] for k in sizes}


def random(trial: Trial, sizes: Sequence[int]) -> dict[int, list[Sequence[str]]]:
    rng, names = np.random.default_rng(trial.split), trial.train.modalities
    return {k: [rng.choice(names, k, replace=False).tolist() for _ in range(DRAWS)] for k in sizes}


def everything(trial: Trial, sizes: Sequence[int]) -> dict[int, list[Sequence[str]]]:
    return {len(trial.train.modalities): [trial.train.modalities]}


WAYS: Mapping[str, Callable[[Trial, Sequence[int]], dict[int, list[Sequence[str]]]]] = {
    "all": everything,
    "random": random,
    "permutation": permutation,
    "single": single,
    "keep": keep,
    "select": select,
}


def importances(windows: ip.Windows, seed: int, repeats: int = 3) -> dict[str, float]:
    """Nats by which held-out log-loss rises when all summaries of a modality are shuffled together."""
    columns, names = [], []
    for name in windows.modalities:
        others = tuple(other for other in windows.modalities if other != name)
        alone = windows.without(others)
        columns.append(np.nan_to_num(features_of(alone, Scaler.fit(alone), window_summaries)))
        names += [name] * columns[-1].shape[1]
    x, of, rng = np.concatenate(columns, axis=1), np.array(names), np.random.default_rng(seed)
    fold = cross_folds(windows, min(FOLDS, len(windows.entities)), seed=seed)
    rise = dict.fromkeys(windows.modalities, 0.0)
    for k in np.unique(fold):
        inside = fold == k
        forest = ExtraTreesClassifier(300, random_state=seed).fit(x[~inside], windows.y[~inside])
        known = np.isin(windows.y[inside], forest.classes_)
        held, y = x[inside][known], windows.y[inside][known]
        before = log_loss(forest, held, y)
        for name in rise:
            for _ in range(repeats):
                shuffled = held.copy()
                shuffled[:, of == name] = held[rng.permutation(len(held))][:, of == name]
                rise[name] += log_loss(forest, shuffled, y) - before
    return rise


def log_loss(forest: ExtraTreesClassifier, x: np.ndarray, y: np.ndarray) -> float:
    """Summed over windows, nats; a hundredth of evenness keeps it finite."""
    probs = 0.99 * forest.predict_proba(x) + 0.01 / len(forest.classes_)
    return float(-np.log(probs[np.arange(len(y)), np.searchsorted(forest.classes_, y)]).sum())


# ---- work ------------------------------------------------------------------------------------------------------


def row_of(trial: Trial, way: str) -> dict[str, object]:
    """One line of the results."""
    started = time.perf_counter()
    chosen = WAYS[way](trial, trial.sizes)
    seconds = time.perf_counter() - started
    curve = [
        {"k": k, "sets": [list(names) for names in sets]}
        | {what: float(np.mean([trial.scores(names)[what] for names in sets])) for what in ("score", "bits")}
        for k, sets in chosen.items()
    ]
    return {
        "set": trial.name,
        "split": trial.split,
        "way": way,
        "modalities": len(trial.train.modalities),
        "classes": len(trial.train.classes),
        "train windows": len(trial.train),
        "test windows": len(trial.test),
        "train entities": len(trial.train.entities),
        "test entities": len(trial.test.entities),
        "curve": curve,
        "seconds": round(seconds, 2),
        "date": time.strftime("%Y-%m-%d"),
    }


def measure(options: argparse.Namespace) -> None:
    """Add what is missing, split after split, so that every set has some early."""
    for split in range(options.splits):
        for name in options.sets:
            done = {(row["set"], row["split"], row["way"]) for row in read_rows(RESULTS)}
            ways = [way for way in options.ways if (name, split, way) not in done]
            if ways:
                sides = ip.split_by_entity(windows_of(name, options.root), test=TEST_SHARE, seed=split)
                measure_trial(Trial(name, split, *sides), ways)


def measure_trial(trial: Trial, ways: Sequence[str]) -> None:
    for way in ways:
        row = row_of(trial, way)
        add_row(RESULTS, row)
        scores = " ".join(f"{one['k']}: {one['score']:.3f}" for one in row["curve"])
        print(f"{trial.name} {trial.split} {way}: {scores}, {row['seconds']:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(ASKED), choices=list(ASKED))
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--table", action="store_true", help="write the page from the rows so far")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    if options.root is not None:
        measure(options)
    if options.table:
        PAGE.write_text(table(read_rows(RESULTS)), "utf-8")


if __name__ == "__main__":
    main()
