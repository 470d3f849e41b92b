"""Measures and draws what the gallery shows: ``python docs/gallery/pictures.py DATA FOLDER [page ...]``.

DATA holds the data sets; in FOLDER every profile is kept when it is measured, so that what was interrupted goes on.
For each page: profiles of all entities (nothing is predicted here), their numbers as docs/gallery/*.json, and a
picture.
"""

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from questions import HOUR, PAGES, Question

import interplay as ip
from interplay.datasets import DATASETS
from interplay.errors import DataWarning
from interplay.estimators.target_history import past_labels, prior_in_context
from interplay.info import entropy
from interplay.profile.figures import time_to_the_right

HERE = Path(__file__).parent
WIDE, HIGH = 5.0, 3.4


class Measured:
    """The profiles of one question, each measured once and kept in a file."""

    def __init__(self, question: Question, data: Path, folder: Path, key: str):
        self.question = question
        self.windows = windows_of(question, data)
        self.profile = self._kept(folder / f"{key}-lags.nc", self._lags)
        self.rate = self._kept(folder / f"{key}-rate.nc", self._rate) if question.rate else None

    def _estimator(self) -> ip.PosteriorPID:
        return ip.PosteriorPID(target_history=self.question.target_history, given=self.question.given)

    def _lags(self) -> ip.InteractionProfile:
        asked = self.question
        return (
            ip.TemporalRUS(self._estimator(), lags_s=asked.lags_s, novel=asked.novel)
            .fit(self.windows)
            .profile_
        )

    def _rate(self) -> ip.InteractionProfile:
        return ip.DirectedInformation(self._estimator()).fit(self.windows).profile_

    def _kept(self, file: Path, measure: Callable[[], ip.InteractionProfile]) -> ip.InteractionProfile:
        if not file.is_file():
            measure().save(file)
        return ip.InteractionProfile.load(file)


def windows_of(question: Question, data: Path) -> ip.Windows:
    """The windows of a question, of all entities."""
    name = question.dataset
    folder = next(path for path in sorted(data.iterdir(), reverse=True) if name.startswith(path.name))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        recordings = DATASETS[name]().recordings(folder)
        if question.change is not None:
            recordings = map(question.change, recordings)
        options = DATASETS[name].card.window_options if question.windows is None else question.windows
        windows = ip.make_windows(recordings, **options)
    return windows.without(set(windows.modalities) - set(question.modalities))


def draw(kind: str, measured: Measured, ax) -> None:
    """One of the drawings of a question."""
    question, profile = measured.question, measured.profile
    if kind == "lags":
        profile.plot_lags(*question.modalities[:2], ax=ax)
        ax.set_title(f"{question.asked}: {' and '.join(question.modalities[:2])}", fontsize=10)
    elif kind == "alone":
        plot_alone(profile, ax)
        ax.set_title(f"{question.asked}: each alone", fontsize=10)
    else:
        name = kind.removeprefix("novel: ")
        profile.plot_novel(name, ax=ax)
        ax.set_title(f"{question.asked}: {name}", fontsize=10)
    if question.label_age_s:
        ax.axvline(question.label_age_s, color="0.4", lw=0.8, ls="--")
        ax.set_xlabel(f"lag of the sources (s); dashed: when the label was, {question.label_age_s:g} s ago")
    if max(question.lags_s) > HOUR:
        ax.set_xticks(question.lags_s, [f"{lag / HOUR:g}" for lag in question.lags_s])
        ax.set_xlabel("lag of the source before the target (h)")


def plot_alone(profile: ip.InteractionProfile, ax) -> None:
    """What each modality tells alone over lag, with 95 % intervals."""
    for number, name in enumerate(profile.modalities):
        values = profile.dataset["mi"].sel(source=name).values
        half = 1.96 * profile.dataset["mi_stderr"].sel(source=name).values
        ax.plot(profile.lag_s, values, color=f"C{number}", label=name, marker="o", markersize=3)
        ax.fill_between(profile.lag_s, values - half, values + half, color=f"C{number}", alpha=0.15, lw=0)
    ax.axhline(0.0, color="0.6", lw=0.8)
    time_to_the_right(profile, ax)
    ax.set_xlabel("lag of the source before the target (s)")
    ax.set_ylabel("information (bits)")
    ax.legend(frameon=False, fontsize="small")


def page(name: str, data: Path, folder: Path) -> None:
    """Draw one page's picture, and write down its numbers."""
    measured = {key: Measured(question, data, folder, key) for key, question in PAGES[name].items()}
    drawings = [(key, kind) for key, question in PAGES[name].items() for kind in question.draw]
    columns = 3 if len(drawings) % 3 == 0 else 2
    rows = len(drawings) // columns
    figure, axes = plt.subplots(rows, columns, figsize=(columns * WIDE, rows * HIGH), layout="constrained")
    for ax, (key, kind) in zip(np.ravel(axes), drawings, strict=True):
        draw(kind, measured[key], ax)
    save_small(figure, HERE / f"{name}.png")
    numbers = {key: facts(parts) for key, parts in measured.items()}
    (HERE / f"{name}.json").write_text(json.dumps(numbers, indent=1, default=str) + "\n", "utf-8")


def save_small(figure, path: Path) -> None:
    """A picture of 256 colours, half of the size; the octree keeps thin lines apart, which are few pixels."""
    figure.savefig(path, dpi=100)
    drawn = Image.open(path).convert("RGB")
    drawn.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(path, optimize=True)


def facts(measured: Measured) -> dict[str, object]:
    """What a page may say: sizes, sentences, each alone, all pairs over lags, what is new at a lag, and the rate."""
    question, profile, windows = measured.question, measured.profile, measured.windows
    numbers = {
        "windows": len(windows),
        "entities": len(windows.entities),
        "share_of_classes": dict(zip(windows.classes, profile.dataset.attrs["class_prior"], strict=True)),
        "h_y_bits": profile.h_y_bits,
        "h_y_given_past_bits": left_by_past(windows, question.target_history),
        "sentences": profile.sentences(8),
        "alone": alone(profile, ("mi", "mi_stderr", "mi_p_value")),
        "pairs": pairs(profile),
    }
    if question.novel:
        numbers["novel_sentences"] = profile.novel_sentences(8)
        numbers["novel"] = alone(profile, ("novel", "novel_stderr", "novel_q_value"))
    if measured.rate is not None:
        numbers["rate"] = {
            "lags_s": measured.rate.dataset.attrs["lags_s"],
            "sentences": measured.rate.sentences(8),
            "alone": alone(measured.rate, ("mi", "mi_stderr", "mi_p_value")),
            "pairs": pairs(measured.rate),
        }
    return numbers


def alone(profile: ip.InteractionProfile, names: tuple[str, ...]) -> list[dict[str, object]]:
    """Values of single modalities, a row for each lag."""
    table = profile.dataset[list(names)].to_dataframe().reset_index().round(4)
    return table[["source", "lag_s", *names]].to_dict("records")


def pairs(profile: ip.InteractionProfile) -> list[dict[str, object]]:
    """All values of all pairs."""
    table = profile.to_dataframe().round(4)
    return table.drop(columns=["lag", "gap_bits", "residual_bits"], errors="ignore").to_dict("records")


def left_by_past(windows: ip.Windows, history: int) -> float:
    """Entropy of the label given its own past, bits."""
    windows, context = past_labels(windows, history)
    share = prior_in_context(windows.y, context, len(windows.classes))
    weight = np.bincount(context) / len(context)
    return float(sum(part * entropy(row) for part, row in zip(weight, share, strict=True)))


if __name__ == "__main__":
    data, folder, *pages = sys.argv[1:]
    Path(folder).mkdir(parents=True, exist_ok=True)
    for chosen in pages or PAGES:
        page(chosen, Path(data), Path(folder))
