"""What a profile is worth to network and readers when little is known: the part that `few_labels` and `early` share.

Either is told by shares: of the training entities that have labels, of the steps that have been seen. Scores are those
of `benchmarks.real`; settings are the defaults.
"""

import argparse
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy import stats

from benchmarks.missing import score_of
from benchmarks.real import SETS, Trial, fit_of, trials
from benchmarks.records import add_row, read_rows

MODELS: dict[str, tuple[str, bool]] = {
    "network": ("network", True),
    "network, no profile": ("unguided", False),
    "readers": ("readers", True),
    "readers, no profile": ("readers", False),
    "extra_trees": ("extra_trees", False),
    "minirocket_hydra": ("minirocket_hydra", False),
}
"""Models of `benchmarks.real`, and whether each has the profile."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """A benchmark over shares of what could be known.

    Attributes
    ----------
    path : file of lines of JSON; the page stands beside it
    sets, windows : of `benchmarks.real`
    models : some of `MODELS`
    shares : of what is known
    part : from a trial and a share to the trial in which only so much is known
    title, about, of_share : of the page: its heading, its first sentences, the heading of shares
    """

    path: Path
    sets: Sequence[str]
    windows: int
    models: Sequence[str]
    shares: Sequence[float]
    part: Callable[[Trial, float], Trial]
    title: str
    about: str
    of_share: str

    def main(self, description: str) -> None:
        """The command line."""
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("--root", type=Path)
        parser.add_argument("--sets", nargs="+", default=list(self.sets), choices=list(SETS))
        parser.add_argument("--splits", type=int, default=3)
        parser.add_argument("--table", action="store_true", help="write the table instead of measuring")
        options = parser.parse_args()
        if options.table:
            self.path.with_suffix(".md").write_text(table(self, read_rows(self.path)), "utf-8")
            return
        warnings.filterwarnings("ignore", category=UserWarning)
        torch.set_num_threads(1)
        measure(self, options)


def open_rows(study: Study, trial: Trial, have: set[tuple[int, float, str]]) -> Iterator[dict[str, object]]:
    """Lines of one split that are not there yet."""
    for share in study.shares:
        models = [m for m in study.models if (trial.split, share, m) not in have]
        if not models:
            continue
        some = study.part(trial, share)
        profile, profile_s = some.profile()
        for model in models:
            started, (name, guided) = time.perf_counter(), MODELS[model]
            ask = fit_of(name, some, {"profile": (profile if guided else None, profile_s)})
            score = score_of(*ask(some.test), some.test)
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


def measure(study: Study, options: argparse.Namespace) -> None:
    """Add what is missing."""
    for name in options.sets:
        have = {(r["split"], r["share"], r["model"]) for r in read_rows(study.path) if r["set"] == name}
        for trial in trials(name, options.root, study.windows, options.splits):
            for row in open_rows(study, trial, have):
                add_row(study.path, row)
                print(
                    f"{name} {trial.split} {row['share']:.0%} {row['model']}: {row['score']:.3f}", flush=True
                )


def table(study: Study, rows: list[dict]) -> str:
    """Markdown: scores of each set and share, and what a profile changes at the same split."""
    frame = pd.DataFrame(rows)
    wide = frame.pivot_table(index=["set", "share", "split"], columns="model", values="score")
    wide = wide[list(study.models)].dropna()
    entities = frame.groupby(["set", "share"])["entities"].median()
    lines = [
        f"# {study.title}",
        "",
        f"AUROC of two classes, macro-F1 of more, of entities without labels; means over splits. {study.about}",
        "",
        f"| set | {study.of_share} | entities | splits | {' | '.join(wide.columns)} |",
        "| --- " * (4 + len(wide.columns)) + "|",
    ]
    for (name, share), part in wide.groupby(level=["set", "share"]):
        scores = " | ".join(f"{score:.3f}" for score in part.mean())
        lines.append(f"| {name} | {share:.0%} | {entities[name, share]:.0f} | {len(part)} | {scores} |")
    lines += [
        "",
        "What a profile is worth: score with it less that without at the same split, mean over sets of their mean, and "
        "its 95 % interval over sets (Student's t).",
        "",
        f"| {study.of_share} | sets | network | readers |",
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
