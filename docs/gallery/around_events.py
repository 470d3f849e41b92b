"""Measures and draws what the page on events shows: ``python docs/gallery/around_events.py DATA FOLDER``.

DATA holds the data sets; in FOLDER every profile is kept when it is measured, so that what was interrupted goes on.
"""

import json
import sys
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from wrist import slow_signals

import interplay as ip
from interplay.errors import DataWarning
from interplay.profile import stretches

HERE = Path(__file__).parent
HOUR = 3600.0


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked around which events, and which pair is drawn."""

    dataset: str
    folder: str
    event: str
    target: str
    bins_s: np.ndarray
    sources: tuple[str, ...]
    pair: tuple[str, str]
    channel: str | None = None
    within: tuple[str, ...] = ()
    before_s: float = 0.0
    away_s: float | None = None
    unit: str = ""


def hours(*edges: float) -> np.ndarray:
    return HOUR * np.array(edges)


DRUGS = {"dataset": "mimic4_demo_bedside", "folder": "mimic4_demo_vitals"}
WRIST = {"dataset": "stress_predict", "folder": "stress_predict"}
OLDER = {"folder": "mimic3_demo"}
QUESTIONS = {
    "insulin_mimic4": Question(
        **DRUGS, event="insulin", target="glucose", bins_s=hours(0, 1, 2, 3, 4, 5, 6), unit="mg/dL",
        sources=("glucose", "dextrose", "creatinine"), pair=("insulin", "glucose"), before_s=4 * HOUR,
    ),
    "insulin_mimic3": Question(
        **OLDER, dataset="mimic3_demo_glucose", event="insulin", target="glucose", bins_s=hours(0, 1, 2, 3, 4, 5, 6),
        sources=("glucose", "dextrose", "creatinine"), pair=("insulin", "glucose"), before_s=4 * HOUR, unit="mg/dL",
    ),
    "furosemide_urine_mimic4": Question(
        **DRUGS, event="furosemide", target="urine", bins_s=hours(0, 1, 2, 3, 4, 6, 8), unit="mL",
        sources=("urine", "creatinine", "pressure"), pair=("furosemide", "urine"), before_s=4 * HOUR,
    ),
    "furosemide_potassium_mimic4": Question(
        **DRUGS, event="furosemide", target="potassium", bins_s=hours(0, 3, 6, 9, 12, 18, 24), unit="mmol/L",
        sources=("potassium", "potassium_chloride", "insulin"), pair=("furosemide", "potassium"),
        before_s=12 * HOUR, away_s=6 * HOUR,
    ),
    "furosemide_potassium_mimic3": Question(
        **OLDER, dataset="mimic3_demo_potassium", event="furosemide", target="potassium", unit="mmol/L",
        bins_s=hours(0, 3, 6, 9, 12, 18, 24), sources=("potassium", "potassium_chloride", "insulin"),
        pair=("furosemide", "potassium"), before_s=12 * HOUR, away_s=6 * HOUR,
    ),
    "stress_heart": Question(
        **WRIST, event="stress", target="hr", channel="0", bins_s=10.0 * np.arange(0, 25, 3), unit="bpm",
        sources=(), within=("eda", "temp", "acc"), pair=("stress", "eda"), away_s=120.0,
    ),
    "stress_skin": Question(
        **WRIST, event="stress", target="eda", channel="0", bins_s=10.0 * np.arange(0, 25, 3), unit="log uS",
        sources=(), within=("hr", "temp", "acc"), pair=("stress", "hr"), away_s=120.0,
    ),
    "stress_temperature": Question(
        **WRIST, event="stress", target="temp", channel="0", bins_s=10.0 * np.arange(0, 25, 3), unit="deg C",
        sources=(), within=("hr", "eda", "acc"), pair=("stress", "hr"), away_s=120.0,
    ),
    "rest_heart": Question(
        **WRIST, event="rest", target="hr", channel="0", bins_s=10.0 * np.arange(0, 25, 3), unit="bpm",
        sources=(), within=("eda", "temp", "acc"), pair=("rest", "eda"), away_s=120.0,
    ),
}  # fmt: skip


DRAWN = {
    "insulin_mimic4": "Insulin and the change of bedside glucose, MIMIC-IV demo",
    "insulin_mimic3": "Insulin and the change of glucose, MIMIC-III demo",
    "furosemide_urine_mimic4": "Furosemide and the change of urine, MIMIC-IV demo",
    "furosemide_potassium_mimic4": "Furosemide and the change of potassium, MIMIC-IV demo",
    "stress_skin": "A stress task begins: change of skin conductance",
    "rest_heart": "A stress task ends: change of heart rate",
}
"""Question -> title of its drawing."""


def steps_of(question: Question, data: Path) -> ip.data.Steps:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        recordings = ip.load_dataset(question.dataset, data / question.folder)
    if question.dataset == "stress_predict":
        return ip.make_steps(map(slow_of, recordings), step_s=10.0)
    return ip.make_steps(recordings, step_s=HOUR, fill="mark")


def slow_of(recording: ip.Recording) -> ip.Recording:
    return replace(recording, streams=slow_signals(recording))


def windows_of(question: Question, data: Path, seed: int) -> ip.data.EventWindows:
    """Windows around the events of a question; the seed draws their controls."""
    steps = steps_of(question, data)
    if question.event in steps.classes:
        events = ip.Events.of_label(steps, question.event)
    else:
        events = ip.Events.where(steps, question.event, above=0)
    return ip.windows_around(
        steps, events, target=question.target, channel=question.channel, bins_s=question.bins_s,
        sources=question.sources, within=question.within, before_s=question.before_s, away_s=question.away_s,
        seed=seed,
    )  # fmt: skip


def profile_of(question: Question, data: Path, file: Path, seed: int = 0) -> tuple:
    """The profile, from its file if it was measured before, and the windows that it is of."""
    windows = windows_of(question, data, seed)
    if not file.is_file():
        estimator = ip.GaussianPID(n_rotations=99)
        ip.EventResolved(estimator, random_state=seed).fit(windows).profile_.save(file)
    return ip.InteractionProfile.load(file), windows


def facts(
    profile: ip.InteractionProfile, windows: ip.data.EventWindows, question: Question
) -> dict[str, object]:
    """What the page may say: sizes, means after events and controls, each alone, the pair, stretches and sentences."""
    rows = profile.to_dataframe().round(4)
    alone = profile.dataset[["mi", "mi_stderr", "mi_p_value", "mi_cluster_p_value", "mi_q_value"]]
    alone = alone.assign_coords({name: ("lag", values) for name, values in profile.axis.columns.items()})
    clusters = stretches(profile).round(4)
    return {
        "events": int(windows.is_event.sum()),
        "entities": len(windows.entities),
        "windows": [len(bin_) for bin_ in windows.bins],
        "bins_s": question.bins_s.tolist(),
        f"mean_change_{question.unit}": {name: m.round(3).tolist() for name, m in windows.means().items()},
        "alone": alone.drop_vars("lag_s")
        .to_dataframe()
        .reset_index()
        .drop(columns="lag")
        .round(4)
        .to_dict("records"),
        "pair": rows.query("source_i in @question.pair and source_j in @question.pair").to_dict("records"),
        "stretches": clusters.query("p_value <= 0.05").to_dict("records"),
        "sentences": profile.sentences(12),
    }


def of_event(profile: ip.InteractionProfile, event: str) -> list[dict[str, object]]:
    """Where the event tells something, alone or in a pair."""
    rows = stretches(profile).query("(source_i == @event or source_j == @event) and p_value <= 0.05")
    rows = rows[(rows["atom"] != "unique") | (rows["source_i"] == event)]
    return rows.drop(columns="stderr").round(4).to_dict("records")


def main(data: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    wide, high = 2, -(-len(DRAWN) // 2)
    figure, axes = plt.subplots(high, wide, figsize=(11.0, 3.4 * high), layout="constrained")
    measured = {}
    for key, question in QUESTIONS.items():
        profile, windows = profile_of(question, data, folder / f"{key}.nc")
        measured[key] = facts(profile, windows, question)
        measured[key]["other_controls"] = [
            of_event(profile_of(question, data, folder / f"{key}-{seed}.nc", seed)[0], question.event)
            for seed in (1, 2)
        ]
        if key in DRAWN:
            ax = np.ravel(axes)[list(DRAWN).index(key)]
            profile.plot_lags(*question.pair, ax=ax)
            ax.set_title(DRAWN[key], fontsize=10)
    figure.savefig(HERE / "events.png", dpi=120)
    drawn = Image.open(HERE / "events.png").convert("RGB")
    drawn.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        HERE / "events.png", optimize=True
    )
    (HERE / "events.json").write_text(json.dumps(measured, indent=1, default=str) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
