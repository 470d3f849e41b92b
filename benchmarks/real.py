"""Real data sets, splits by entity, one default without settings, beside every rival: the proof, or the lack of it.

One line of JSON for each (set, split, model) is added to benchmarks/results/real.jsonl, from which an interrupted run
goes on. Windows are thinned evenly to `--windows`; entities are apart; nothing is chosen on test entities. The score
that counts is AUROC for two classes and macro-F1 for more. Rivals from outside see the same summaries that our readers
see, of scaled values and of ranks, and call the likeliest class; "favoured" is a score by the rule that suits the test
windows better, likeliest or balanced, which nobody could know before. Run with
``python -m benchmarks.real --root FOLDER [--sets ...] [--splits 5] [--models ...]``, FOLDER with a folder for each set;
``--table`` writes benchmarks/results/real.md and the picture of ranks beside it.
"""

import argparse
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch

import interplay as ip
from benchmarks.real_ranks import draw_ranks
from benchmarks.real_rivals import RIVALS
from benchmarks.real_table import OURS, complete_scores, page
from benchmarks.records import add_row, read_rows
from interplay.datasets import DATASETS
from interplay.errors import InvalidInput
from interplay.metrics import classification_metrics

RESULTS = Path(__file__).parent / "results" / "real.jsonl"
PAGE = Path(__file__).parent / "results" / "real.md"
RANKS = Path(__file__).parent / "results" / "real_ranks.png"
SETS: dict[str, str] = {
    "basic_motions": "uea_small",
    "beijing_air_classes": "beijing_air",
    "cmu_mosi_utterance": "cmu_mosi_utterance",
    "epilepsy": "uea_small",
    "ering": "uea_small",
    "hapt": "hapt",
    "hydraulic_accumulator": "hydraulic_1hz",
    "hydraulic_cooler": "hydraulic_1hz",
    "hydraulic_pump": "hydraulic_1hz",
    "hydraulic_valve": "hydraulic_1hz",
    "mimic3_demo_glucose": "mimic3_demo",
    "mmash": "mmash",
    "physionet2012": "physionet2012",
    "pt_exercises": "pt_exercises",
    "racket_sports": "uea_small",
    "room_occupancy": "room_occupancy",
    "shoulder_watch": "shoulder_watch",
    "skab": "skab",
    "stress_predict": "stress_predict",
    "utd_mhad": "utd_mhad",
    "wesad_features": "wesad_features",
}
"""Names of data sets, and the folder of each."""

UNGUIDED = (
    "unguided",
    "vanilla_moe",
    "laplace_moe",
    "dense",
    "early_fusion",
    "late_fusion",
    "default_without_profile",
)
"""Models that are trained without a profile."""

MISGUIDED = ("default_shuffled_profile",)
"""Models that are trained with the atoms of other modalities at other lags."""

RECIPES = {
    "unguided": "network",
    "doubted_dense": "guided_dense",
    "default_without_profile": "default",
    "default_shuffled_profile": "default",
} | {
    name: name
    for name in (
        "default",
        "readers",
        "network",
        "vanilla_moe",
        "laplace_moe",
        "dense",
        "guided_dense",
        "early_fusion",
        "late_fusion",
        "paper",
    )
}
SETTINGS: dict[str, dict[str, object]] = {"doubted_dense": {"model.context": "auto"}}
"""Of models that are not as their recipe says, which other benchmarks ask for."""

LAGS = 4
"""Lags of the profile, spread over the window."""

TEST_SHARE = 0.3


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One split of one set.

    Attributes
    ----------
    name, split : of the set and the split
    train, test : Windows
    """

    name: str
    split: int
    train: ip.Windows
    test: ip.Windows

    def profile(self) -> tuple[ip.InteractionProfile | None, float]:
        """The profile of the training windows, and the seconds it took; none where a class is of one entity alone."""
        started = time.perf_counter()
        lags = np.unique(np.linspace(0, self.train.length - 1, LAGS).round()) * self.train.step_s
        try:
            estimated = ip.TemporalRUS(lags_s=lags.tolist(), progress=silent).fit(self.train).profile_
        except InvalidInput as refusal:
            print(f"{self.name} {self.split} has no profile: {refusal}", flush=True)
            return None, 0.0
        return estimated, time.perf_counter() - started


def misguiding(profile: ip.InteractionProfile) -> ip.InteractionProfile:
    """What is known of each modality and lag, said of the next one: as much is claimed, and of others."""
    over = ("source", "source_i", "source_j", "lag")
    return ip.InteractionProfile(profile.dataset.roll(dict.fromkeys(over, 1)))


def silent(done: float) -> None:
    """Tell nobody."""


def trials(name: str, root: Path, windows: int, splits: int) -> Iterator[Trial]:
    """Splits of one set, classes that only one side of all entities knows left as they are."""
    card = DATASETS[name].card
    recordings = ip.load_dataset(name, root / SETS[name])
    every = ip.make_windows(recordings, **card.window_options)
    rows = np.unique(np.linspace(0, len(every) - 1, min(windows, len(every))).astype(int))
    for split in range(splits):
        train, test = ip.data.split_by_entity(every.select(rows), test=TEST_SHARE, seed=split)
        yield Trial(name=name, split=split, train=train, test=test)


Ask = Callable[[ip.Windows], tuple[np.ndarray, np.ndarray | None]]
"""Test windows in; probabilities (N, C) and classes called (N,) out, None where a rival calls no class."""


def fit_of(model: str, trial: Trial, known: dict) -> Ask:
    """Train a model."""
    if model in RIVALS:
        ask = RIVALS[model](trial.train, trial.split)
        return lambda test: (ask(test), None)
    profile = None if model in UNGUIDED else known["profile"][0]
    if model in MISGUIDED and profile is not None:
        profile = misguiding(profile)
    run = ip.fit(
        trial.train,
        profile=profile,
        recipe=RECIPES[model],
        settings=SETTINGS.get(model),
        seed=trial.split,
        progress=silent,
    )

    def called(test: ip.Windows) -> tuple[np.ndarray, np.ndarray]:
        rows = run.predict(test, progress=silent)
        probs = rows[[f"p_{c}" for c in test.classes]].fillna(1.0 / len(test.classes)).to_numpy()
        return probs, run.target.called(probs)

    return called


def predicted(model: str, trial: Trial, known: dict) -> tuple[np.ndarray, np.ndarray | None, float, float]:
    """What is said of the test windows, see `Ask`, and seconds of training and of predicting."""
    started = time.perf_counter()
    ask = fit_of(model, trial, known)
    trained = time.perf_counter()
    return *ask(trial.test), trained - started, time.perf_counter() - trained


def that_counts(scores: Mapping[str, float], test: ip.Windows) -> float:
    """AUROC of two classes, macro-F1 of more."""
    return scores["auroc"] if len(test.classes) == 2 else scores["macro_f1"]


def row_of(model: str, trial: Trial, windows: int, known: dict) -> dict[str, object]:
    """One line of the results."""
    probs, called, train_s, predict_s = predicted(model, trial, known)
    y, of_entity = trial.test.y, {"entity": trial.test.entity, "n_bootstrap": 2}
    scores = classification_metrics(y, probs, called=called, **of_entity)
    shares = np.bincount(trial.train.y, minlength=probs.shape[1]).clip(1)
    balanced = classification_metrics(y, probs, called=(probs / shares).argmax(1), **of_entity)
    of_label = probs[np.arange(len(y)), y].clip(1e-6)
    return {
        "set": trial.name,
        "split": trial.split,
        "model": model,
        "windows": windows,
        "train windows": len(trial.train),
        "test windows": len(trial.test),
        "train entities": len(trial.train.entities),
        "test entities": len(trial.test.entities),
        "classes": len(trial.train.classes),
        "modalities": len(trial.train.modalities),
        "score": that_counts(scores, trial.test),
        "favoured": max(that_counts(scores, trial.test), that_counts(balanced, trial.test)),
        "macro_f1": scores["macro_f1"],
        "log loss": float(-np.log(of_label).mean()),
        "train (s)": round(train_s, 2),
        "predict (s)": round(predict_s, 3),
        "profile (s)": round(known["profile"][1], 2) if "profile" in known else 0.0,
        "threads": torch.get_num_threads(),
    }


def open_trials(
    name: str, options: argparse.Namespace, have: set[tuple[int, str]]
) -> Iterator[tuple[Trial, list[str], dict]]:
    """Splits of a set, the models of each that are not among those measured, and a profile if any of them wants one."""
    wanted = {(split, model) for split in range(options.splits) for model in options.models} - have
    for trial in trials(name, options.root, options.windows, options.splits) if wanted else ():
        models, known = [model for model in options.models if (trial.split, model) in wanted], {}
        if any(model not in RIVALS and model not in UNGUIDED for model in models):
            known["profile"] = trial.profile()
        yield trial, models, known


def measure(options: argparse.Namespace, path: Path = RESULTS) -> None:
    """Add what the file lacks."""
    for name in options.sets:
        have = {
            (row["split"], row["model"])
            for row in read_rows(path)
            if (row["set"], row["windows"]) == (name, options.windows)
        }
        for trial, models, known in open_trials(name, options, have):
            for model in models:
                row = row_of(model, trial, options.windows, known)
                add_row(path, row)
                print(
                    f"{name} {trial.split} {model}: {row['score']:.3f} in {row['train (s)']:.0f} s",
                    flush=True,
                )


def write_page(rows: list[dict]) -> None:
    """The tables, and the picture of ranks beside rivals from outside."""
    PAGE.write_text(page(rows), "utf-8")
    frame = pd.DataFrame(rows)
    scores = complete_scores(frame[frame["model"].isin([OURS, *RIVALS])])
    figure, ax = plt.subplots(figsize=(9, 3))
    draw_ranks(ax, scores)
    figure.savefig(RANKS, dpi=120, bbox_inches="tight", metadata={"Software": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--windows", type=int, default=500)
    asked = [*RIVALS, *(name for name in RECIPES if name not in SETTINGS)]
    parser.add_argument("--models", nargs="+", default=asked, choices=[*RIVALS, *RECIPES])
    parser.add_argument("--table", action="store_true", help="write the table instead of measuring")
    options = parser.parse_args()
    if options.table:
        write_page(read_rows(RESULTS))
        return
    warnings.filterwarnings("ignore", category=UserWarning)
    torch.set_num_threads(1)
    measure(options)


if __name__ == "__main__":
    main()
