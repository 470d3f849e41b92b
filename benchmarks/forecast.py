"""Forecasts of numbers, with intervals: fine dust hours ahead and glucose minutes ahead, beside simple rivals.

Jobs are (task, split, model); each result is added to benchmarks/results/forecast.jsonl, from which an interrupted run
goes on. All models learn from the same windows of the same entities; intervals are conformal by entity, from
calibration entities that no model has learned from. Nothing is chosen on test entities. Run with
``python -m benchmarks.forecast --root FOLDER``, FOLDER with beijing_air and shanghai_diabetes; ``--table`` writes
benchmarks/results/forecast.md.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import interplay as ip
from benchmarks.records import days, machine, markdown, read_rows, run_jobs
from interplay.data import split_windows
from interplay.datasets import BeijingAir, DataSet, ShanghaiGlucose
from interplay.metrics import conformal_radius, interval_metrics, regression_metrics

RESULTS = Path(__file__).parent / "results" / "forecast.jsonl"
PAGE = RESULTS.with_suffix(".md")
TEST_SHARE = CALIBRATION_SHARE = 0.3
COVERAGE = 0.8


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is forecast.

    Attributes
    ----------
    dataset, folder : the data set, and where it lies below the root
    source : modality whose first channel is the target's own past
    split : published split; None draws entities anew for each split
    unit : of the target
    """

    dataset: DataSet
    folder: str
    source: str
    split: str | None
    unit: str


TASKS = {
    "pm25, 6 h": Task(
        dataset=BeijingAir(6),
        folder="beijing_air",
        source="particles",
        split="time_and_station",
        unit="ug/m3",
    ),
    **{
        f"glucose, {minutes} min": Task(
            dataset=ShanghaiGlucose(minutes),
            folder="shanghai_diabetes",
            source="glucose",
            split=None,
            unit="mg/dL",
        )
        for minutes in (30, 60)
    },
}
Predict = Callable[[ip.Windows], np.ndarray]
"""Windows in, numbers (N,) out."""


def lags(windows: ip.Windows) -> np.ndarray:
    """(N, F) every channel at every step of a window, NaN where nothing was observed."""
    rows = windows.rows()
    return np.concatenate([v[rows].reshape(len(rows), -1) for v in windows.steps.values.values()], axis=1)


def persistence(train: ip.Windows, source: str, seed: int) -> Predict:
    """The newest value of the target's own past; the mean of training where the window saw none."""
    mean = train.y.mean()

    def predict(windows: ip.Windows) -> np.ndarray:
        rows = windows.rows()
        past = windows.steps.values[source][rows][..., 0].reshape(len(rows), -1)
        return pd.DataFrame(past).ffill(axis=1).iloc[:, -1].fillna(mean).to_numpy(np.float64)

    return predict


def ridge(train: ip.Windows, source: str, seed: int) -> Predict:
    """Linear in all lags of all channels; what is missing is the mean, and flagged."""
    model = make_pipeline(
        SimpleImputer(add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        RidgeCV(10.0 ** np.arange(0, 6)),
    ).fit(lags(train), train.y)
    return lambda windows: model.predict(lags(windows))


def boosted_trees(train: ip.Windows, source: str, seed: int) -> Predict:
    """Trees on all lags of all channels that training has seen; scikit-learn cannot bin a column without a value."""
    x = lags(train)
    seen = ~np.isnan(x).all(0)
    model = HistGradientBoostingRegressor(
        max_iter=300, learning_rate=0.05, early_stopping=False, random_state=seed
    ).fit(x[:, seen], train.y)
    return lambda windows: model.predict(lags(windows)[:, seen])


def interaction(recipe: str) -> Callable[[ip.Windows, str, int], Predict]:
    """`InteractionRegressor` with a recipe, all else as it comes."""

    def fit(train: ip.Windows, source: str, seed: int) -> Predict:
        profile = None if recipe == "readers" else "auto"
        return ip.InteractionRegressor(recipe, profile=profile, random_state=seed).fit(train).predict

    return fit


MODELS = {
    "persistence": persistence,
    "ridge on lags": ridge,
    "boosted trees on lags": boosted_trees,
    "InteractionRegressor, readers": interaction("readers"),
    "InteractionRegressor": interaction("default"),
}


def parts(task: Task, windows: ip.Windows, split: int) -> tuple[ip.Windows, ip.Windows, ip.Windows]:
    """Training, calibration and test windows, entities apart."""
    if task.split is None:
        train, test = ip.split_by_entity(windows, test=TEST_SHARE, seed=split)
    else:
        sides, _ = split_windows(windows, task.dataset.card.splits[task.split])
        train, test = sides["train"], sides["test"]
    train, calibration = ip.split_by_entity(train, test=CALIBRATION_SHARE, seed=split)
    return train, calibration, test


def thinned(windows: ip.Windows, most: int) -> ip.Windows:
    """At most so many, evenly."""
    rows = np.linspace(0, len(windows) - 1, min(most, len(windows)))
    return windows.select(np.unique(rows.astype(int)))


def one_row(name: str, split: int, model: str, most: int, root: Path) -> dict[str, object]:
    """Train, calibrate and test one model; a line of the results."""
    task = TASKS[name]
    recordings = task.dataset.recordings(root / task.folder)
    windows = thinned(ip.make_windows(recordings, **task.dataset.card.window_options), most)
    train, calibration, test = parts(task, windows, split)
    started = time.perf_counter()
    predict = MODELS[model](train, task.source, split)
    seconds = time.perf_counter() - started
    radius = conformal_radius(
        calibration.y, predict(calibration), entity=calibration.entity, coverage=COVERAGE
    )
    predicted = predict(test)
    return {
        "task": name,
        "split": split,
        "model": model,
        "windows": most,
        "sizes": [len(side) for side in (train, calibration, test)],
        "entities": [len(side.entities) for side in (train, calibration, test)],
        **regression_metrics(test.y, predicted, entity=test.entity),
        **interval_metrics(test.y, predicted - radius, predicted + radius, entity=test.entity),
        "seconds": round(seconds, 2),
    }


def page(rows: list[dict]) -> str:
    """The table of all results."""
    table = pd.DataFrame(rows)
    text = [
        "# Forecasts",
        "",
        f"`python -m benchmarks.forecast`, {days(rows)}, {machine()}. Means over splits; entities (months and groups "
        "of stations, patients) are apart. Intervals are conformal by entity and should hold the truth in "
        f"{COVERAGE:.0%} of the windows of a new entity. The test months of `pm25` come after those of training and "
        "are therefore not drawn like those of calibration: no promise holds there, and coverage is what was seen.",
    ]
    for name, of_task in table.groupby("task", sort=False):
        first = of_task.iloc[0]
        means = of_task.groupby("model")[["mae", "rmse", "r2", "coverage", "width", "seconds"]].mean()
        means.insert(0, "splits", of_task.groupby("model").size())
        means["coverage"] = means["coverage"].map("{:.0%}".format)
        for column in ("mae", "rmse", "width"):
            means[column] = means[column].map("{:.1f}".format)
        means = means.rename(columns={"width": "width of the interval"})
        sizes = ", ".join(
            f"{n:,} {side} windows of {k} entities"
            for side, n, k in zip(
                ("training", "calibration", "test"), first["sizes"], first["entities"], strict=True
            )
        )
        order = [model for model in MODELS if model in means.index]
        text += [
            "",
            f"## {name} ahead",
            "",
            f"In {TASKS[name].unit}; {sizes}.",
            "",
            markdown(means.loc[order]),
        ]
    return "\n".join(text) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--splits", type=int, default=3, help="of tasks without a published split")
    parser.add_argument("--windows", type=int, default=3000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--table", action="store_true", help="write the table instead of measuring")
    options = parser.parse_args()
    if not options.table:
        jobs = [
            (name, split, model, options.windows, options.root)
            for model in options.models
            for name in options.tasks
            for split in range(options.splits if TASKS[name].split is None else 1)
        ]
        run_jobs(
            jobs,
            one_row,
            RESULTS,
            key=lambda row: (row["task"], row["split"], row["model"], row["windows"], options.root),
            processes=options.processes,
        )
    PAGE.write_text(page(read_rows(RESULTS)), "utf-8")


if __name__ == "__main__":
    main()
