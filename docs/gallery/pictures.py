"""Measures and draws what the gallery shows: ``python docs/gallery/pictures.py DATA [page ...]``, DATA with the sets.

For each page: profiles of all entities (nothing is predicted here), kept as docs/gallery/*.json, and a picture.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from wrist import LABEL_AGE_S, STEP_S, task_of_before, temperature_to_come

import interplay as ip
from interplay.datasets import DATASETS
from interplay.estimators.target_history import past_labels, prior_in_context
from interplay.info import entropy
from interplay.types import UNLABELLED, Recording

HERE = Path(__file__).parent
HOUR = 3600.0
HOURS = (0, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 9 * HOUR)
WIDE, HIGH = 5.5, 3.6
HIGH_OF_MAPS = 4.6


def only(recording: Recording, classes: tuple[str, ...]) -> Recording:
    """The recording with labels of these classes alone; other times are unlabelled."""
    number = np.full(len(recording.classes) + 1, UNLABELLED)
    for new, name in enumerate(classes):
        number[recording.classes.index(name)] = new
    # an unlabelled -1 looks up the last entry, which is unlabelled
    target = replace(recording.target, values=number[recording.target.values])
    return replace(recording, target=target, classes=classes)


def without_magnetometers(recording: Recording) -> Recording:
    """The recording without what tells which way a person faces."""
    kept = {name: stream for name, stream in recording.streams.items() if not name.endswith("_mag")}
    return replace(recording, streams=kept)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is measured of a data set, and what is drawn of it: "lags" of the pair, "alone", or an atom's heat map.

    `also` are pairs written down beside the one that is drawn; `too_much` tells so much alone that it would hide the
    others in a drawing.
    """

    dataset: str
    lags_s: tuple[float, ...]
    pair: tuple[str, str]
    also: tuple[tuple[str, str], ...] = ()
    asked: str = ""
    draw: tuple[str, ...] = ("lags",)
    change: Callable[[Recording], Recording] | None = None
    windows: dict[str, float] | None = None
    label_age_s: float = 0.0
    target_history: int = 0
    halves: bool = False
    too_much: tuple[str, ...] = ()


PAGES = {
    "intensive_care": {
        "mimic3_demo_glucose": Question(
            dataset="mimic3_demo_glucose", lags_s=HOURS, pair=("insulin", "glucose")
        ),
        "mimic3_demo_potassium": Question(
            dataset="mimic3_demo_potassium", lags_s=HOURS, pair=("furosemide", "potassium")
        ),
    },
    "movement": {
        "hapt_walking": Question(
            dataset="hapt",
            asked="level, up or down",
            change=partial(only, classes=("walking", "upstairs", "downstairs")),
            lags_s=(0.0, 0.5, 1.0, 2.0, 4.0),
            pair=("body_horizontal", "gyro_horizontal"),
            draw=("redundancy", "lags"),
        ),
        "hapt_posture": Question(
            dataset="hapt",
            asked="sit, stand or lie",
            change=partial(only, classes=("sitting", "standing", "lying")),
            lags_s=(0.0, 0.5, 1.0, 2.0, 4.0),
            pair=("gravity", "body_vertical"),
            draw=("redundancy", "lags"),
        ),
        "pt_exercises": Question(
            dataset="pt_exercises",
            asked="which of 8",
            change=without_magnetometers,
            lags_s=(0.0, 0.4, 0.8, 1.6, 3.2),
            pair=("unit3_acc", "unit5_acc"),
            also=(("unit2_gyro", "unit5_gyro"),),
            draw=("redundancy", "synergy"),
        ),
    },
    "stress": {
        "task": Question(
            dataset="stress_predict",
            asked=f"rest or task, {LABEL_AGE_S:g} s ago",
            change=task_of_before,
            windows={"step_s": STEP_S, "steps": 31, "stride": 1},
            lags_s=(0.0, 30.0, 60.0, 90.0, 120.0, 150.0, 180.0, 210.0, 240.0, 270.0, 300.0),
            pair=("eda", "clock"),
            also=(("hr", "clock"), ("eda", "hr")),
            draw=("alone", "lags"),
            too_much=("clock",),
            label_age_s=LABEL_AGE_S,
            halves=True,
        ),
        "task_begins_or_ends": Question(
            dataset="stress_predict",
            asked="rest or task, given 10 s ago",
            change=partial(task_of_before, age_s=0.0),
            windows={"step_s": STEP_S, "steps": 19, "stride": 1},
            lags_s=(0.0, 10.0, 20.0, 30.0, 60.0),
            pair=("acc", "clock"),
            draw=("alone", "lags"),
            target_history=1,
        ),
        "temperature": Question(
            dataset="stress_predict",
            asked="temperature in 60 s",
            change=temperature_to_come,
            windows={"step_s": STEP_S, "steps": 19, "stride": 1},
            lags_s=(0.0, 10.0, 20.0, 30.0, 40.0, 60.0, 80.0, 100.0, 120.0, 150.0, 180.0),
            pair=("temp", "hr"),
            draw=("alone", "lags"),
        ),
    },
}


def profile_of(question: Question, data: Path):
    """The profile of all entities, and the windows it is of."""
    name = question.dataset
    folder = next(path for path in sorted(data.iterdir(), reverse=True) if name.startswith(path.name))
    recordings = DATASETS[name]().recordings(folder)
    if question.change is not None:
        recordings = map(question.change, recordings)
    options = DATASETS[name].card.window_options if question.windows is None else question.windows
    windows = ip.make_windows(recordings, **options)
    return measured(question, windows), windows


def measured(question: Question, windows):
    """The profile of these windows."""
    estimator = ip.PosteriorPID(target_history=question.target_history)
    return ip.TemporalRUS(estimator, lags_s=question.lags_s).fit(windows).profile_


def draw(kind: str, profile, question: Question, ax) -> None:
    """One of the drawings of a question."""
    said = f"{question.dataset}, {question.asked}" if question.asked else question.dataset
    first, second = question.pair
    if kind not in ("lags", "alone"):
        profile.plot_heatmap(kind, lag_s=0.0, ax=ax)
        ax.tick_params(labelsize=8)
        ax.set_title(f"{said}: {kind} at lag 0 s", fontsize=10)
        return
    if kind == "lags":
        profile.plot_lags(first, second, ax=ax)
        ax.set_title(f"{said}: {first} and {second}", fontsize=10)
    else:
        plot_alone(profile, ax, question.too_much)
        left_out = f", without {' and '.join(question.too_much)}" if question.too_much else ""
        ax.set_title(f"{said}: each alone{left_out}", fontsize=10)
    if question.label_age_s:
        ax.axvline(question.label_age_s, color="0.4", lw=0.8, ls="--")
        ax.set_xlabel(f"lag of the sources (s); dashed: when the label was, {question.label_age_s:g} s ago")
        ax.invert_xaxis()


def plot_alone(profile, ax, left_out: tuple[str, ...]) -> None:
    """What each modality tells alone over lag, with 95 % intervals."""
    for number, name in enumerate(profile.modalities):
        if name in left_out:
            continue
        values = profile.dataset["mi"].sel(source=name).values
        half = 1.96 * profile.dataset["mi_stderr"].sel(source=name).values
        ax.plot(profile.lag_s, values, color=f"C{number}", label=name, marker="o", markersize=3)
        ax.fill_between(profile.lag_s, values - half, values + half, color=f"C{number}", alpha=0.15, lw=0)
    ax.axhline(0.0, color="0.6", lw=0.8)
    ax.set_xlabel("lag of the source before the target (s)")
    ax.set_ylabel("information (bits)")
    ax.legend(frameon=False, fontsize="small")


def page(name: str, data: Path) -> None:
    """Draw one page's picture, two drawings in a row, and write down what was found."""
    drawings = [(key, kind) for key, question in PAGES[name].items() for kind in question.draw]
    rows = -(-len(drawings) // 2)
    high = HIGH if all(kind in ("lags", "alone") for _, kind in drawings) else HIGH_OF_MAPS
    figure, axes = plt.subplots(rows, 2, figsize=(2 * WIDE, high * rows), layout="constrained")
    found, profiles = {}, {}
    for key, question in PAGES[name].items():
        profiles[key], windows = profile_of(question, data)
        found[key] = facts(profiles[key], windows, question)
        if question.halves:
            found[key]["largest_alone_in_halves"] = of_halves(question, windows)
    for ax, (key, kind) in zip(np.ravel(axes), drawings, strict=True):
        draw(kind, profiles[key], PAGES[name][key], ax)
    figure.savefig(HERE / f"{name}.png", dpi=120)
    # 256 colours are half of the size; the octree keeps thin lines apart, which are few pixels
    drawn = Image.open(HERE / f"{name}.png").convert("RGB")
    drawn.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        HERE / f"{name}.png", optimize=True
    )
    (HERE / f"{name}.json").write_text(json.dumps(found, indent=1, default=str) + "\n", "utf-8")


def of_halves(question: Question, windows) -> list[dict[str, object]]:
    """At which lag each modality alone tells most, in every second entity and in the others."""
    found = []
    for half in (windows.entities[::2], windows.entities[1::2]):
        alone = measured(question, windows.of_entities(half)).dataset["mi"].to_pandas().T
        found.append(
            {
                name: {
                    "lag_s": float(alone[name].idxmax() * windows.step_s),
                    "bits": round(float(alone[name].max()), 4),
                }
                for name in windows.modalities
            }
        )
    return found


def left_by_past(windows, history: int) -> float:
    """Entropy of the label given its own past, bits."""
    windows, context = past_labels(windows, history)
    share = prior_in_context(windows.y, context, len(windows.classes))
    weight = np.bincount(context) / len(context)
    return float(sum(part * entropy(row) for part, row in zip(weight, share, strict=True)))


def facts(profile, windows, question: Question) -> dict[str, object]:
    """What a page may say of a profile: sizes, sentences, the strongest, each alone, all pairs now, one over lags."""
    pairs = profile.to_dataframe().round(4).drop(columns=["lag", "gap_bits", "residual_bits"])
    alone = profile.dataset[["mi", "mi_stderr", "mi_p_value"]].to_dataframe().reset_index().round(4)
    atoms = [
        column for column in pairs if column.startswith(("redundancy", "unique", "synergy", "source", "q_"))
    ]

    def of_pair(pair: tuple[str, str]):
        return pairs.query("source_i in @pair and source_j in @pair").to_dict("records")

    return {
        "windows": len(windows),
        "entities": len(windows.entities),
        "share_of_classes": dict(zip(windows.classes, profile.dataset.attrs["class_prior"], strict=True)),
        "h_y_bits": profile.h_y_bits,
        "h_y_given_past_bits": left_by_past(windows, question.target_history),
        "sentences": {atom: profile.sentences(3, atom=atom) for atom in ("redundancy", "unique", "synergy")},
        "top": profile.top(12).round(4).to_dict("records"),
        "alone": alone[["source", "lag_s", "mi", "mi_stderr", "mi_p_value"]].to_dict("records"),
        "pairs_at_lag_0": pairs.query("lag_s == 0")[atoms].to_dict("records"),
        "pair": of_pair(question.pair),
        "also": [row for pair in question.also for row in of_pair(pair)],
    }


if __name__ == "__main__":
    for chosen in sys.argv[2:] or PAGES:
        page(chosen, Path(sys.argv[1]))
