"""Judging a trained model on test windows: scores, what they become without parts, and insight."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
import torch
import xarray as xr

from interplay.arrays import evenly
from interplay.data import Windows
from interplay.metrics import Agreement
from interplay.metrics.paired import Difference, differences
from interplay.nn import Model, empty_context
from interplay.notebook import counted, rows_html
from interplay.progress import Progress
from interplay.readers import ExtraTrees
from interplay.train.attribution import asked_about, examples, explain_windows
from interplay.train.batches import ScaledWindows
from interplay.train.on_device import on_device
from interplay.train.rivals import rival_predictions
from interplay.train.routing_statistics import Watch, beside_profile
from interplay.train.streams import thinned_streams
from interplay.train.target_kinds import TARGETS, TargetKind
from interplay.train.window_scores import WINDOW_SCORES
from interplay.types import Schema

BATCH_SIZE = 256
EXAMPLES = 24
"""Windows that are explained token by token, over the whole range of how sure they are."""

ASKED_ABOUT = 24
"""Windows that are explained beside them because someone will ask: wrong or unsure ones."""

STRESS_WINDOWS = 2000
"""At most so many windows, evenly drawn, are predicted again for each part that is taken away."""

STRESS_PREDICTIONS = 40_000
"""At most so many predictions are made anew in all: of more than 20 modalities each is taken from fewer windows."""

STRESS_NUMBERS, LEAST_STRESSED = 50_000_000, 100
"""At most so many numbers are read anew in all, where that leaves so many windows: long or fast windows take long."""

Scores = Mapping[str, float]
"""Scores of some windows by name, with their intervals; see `interplay.metrics`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """What came of testing a run.

    Attributes
    ----------
    test : mapping of str to float
        The scores of all test windows, see `interplay.metrics`.
    compared : mapping of str to float
        The scores of the windows that the comparisons below were made on.
    without_context : mapping of str to float, or None
        The scores of the same trained model with its context blanked; None where it has none. No model is trained
        for this: it says what this model loses, not what one trained without a profile would reach.
    without : modality name -> mapping of str to float
        The scores with that modality unobserved; empty where there is only one.
    agreement : atom name -> Agreement
        How far the routing of the last layer follows "redundancy" and "synergy" of the profile, see
        `beside_profile`; empty where that is unknown.
    predictions : DataFrame, see `Run.predict`
    insight : xarray.Dataset, see `interplay.train.routing_statistics`: `Watch.dataset` and `beside_profile`
    examples : xarray.Dataset, single windows, see `interplay.train.attribution.explain_windows`; ``row`` is that of
        each in `predictions`
    entities : names of the test entities
    control : mapping of str to float, or None
        The scores of all test windows under a model that was trained anew without the profile; None where none was.
    rivals : "guess", "forest" -> mapping of str to float
        The scores of all test windows under what the run has to beat, see `interplay.train.rivals`; empty where the run
        has no forest.
    ahead : rival -> Difference
        Of the main score, from the rival to the run, on all test windows.
    lost : modality name -> Difference
        Of the main score, from all modalities to all but this one, on the windows of `compared`.
    streams : xarray.Dataset or None, what the test windows were cut from, thinned, see `thinned_streams`
    """

    test: Scores
    compared: Scores
    without_context: Scores | None
    without: Mapping[str, Scores]
    agreement: Mapping[str, Agreement]
    predictions: pd.DataFrame
    insight: xr.Dataset
    examples: xr.Dataset
    entities: tuple[str, ...]
    control: Scores | None = None
    rivals: Mapping[str, Scores] = field(default_factory=dict)
    ahead: Mapping[str, Difference] = field(default_factory=dict)
    lost: Mapping[str, Difference] = field(default_factory=dict)
    streams: xr.Dataset | None = None

    def __repr__(self) -> str:
        return f"Evaluation({scores_line(self.test)})"

    def _repr_html_(self) -> str:
        names = [name for name in self.test if not name.endswith(("_low", "_high"))]
        rows = [
            (name, self.test[name], self.test.get(f"{name}_low"), self.test.get(f"{name}_high"))
            for name in names
        ]
        return rows_html(rows, ("score", "value", "95 % from", "to"), repr(self))


def scores_line(scores: Scores) -> str:
    """Scores that have an interval, and of how many windows, on a line."""
    # what was not defined is NaN, and None once it was saved
    defined = [name for name in scores if f"{name}_low" in scores and scores[name] is not None]
    said = [f"{name} {scores[name]:.3f}" for name in defined]
    windows = counted(int(scores["n_windows"]), "window")
    return f"{', '.join(said)} on {windows} of {counted(int(scores['n_entities']), 'entity', 'entities')}"


def judge(
    model: Model,
    scaled: ScaledWindows,
    target: TargetKind,
    progress: Progress,
    *,
    n_bootstrap: int,
    forest: ExtraTrees | None,
    streams: bool,
    device: torch.device,
) -> Evaluation:
    """Evaluate, beside a forest if there is one, and keep streams if asked; leakage is the caller's to rule out.

    Windows are predicted on `device`; single ones are explained on the processor.
    """
    test = scaled.windows
    few = scaled.select(evenly(len(scaled), stressed(test.schema)))
    guided = not model.context.is_empty()
    hidden = test.modalities if len(test.modalities) > 1 else ()
    tells = _shared_progress(progress, [len(test), *[len(few)] * (1 + guided + len(hidden))])

    def scores(windows: Windows, predicted: np.ndarray) -> Scores:
        return target.scores(windows, predicted, n_bootstrap)

    watch, there = Watch(model, test), partial(predictions, device=device)
    predicted = there(model, scaled, next(tells), watch)
    of_few = there(model, few, next(tells))
    # a model that does without the context does without that of single windows, too
    blanked = there(_blanked(model), few.without_contexts(), next(tells)) if guided else None
    without = {name: there(model, few, next(tells), hidden=m) for m, name in enumerate(hidden)}
    rivals = {} if forest is None else rival_predictions(forest, test, scaled.scaler)
    progress(1.0)
    insight = beside_profile(watch.dataset(), model.context)
    doubted = asked_about(test, predicted, target, ASKED_ABOUT)
    chosen = np.union1d(examples(test, predicted, target, EXAMPLES), doubted)
    read = (insight["pooling"] * insight["windows"]).sum(("class", "lag")).values
    return Evaluation(
        test=scores(test, predicted),
        compared=scores(few.windows, of_few),
        without_context=None if blanked is None else scores(few.windows, blanked),
        without={name: scores(few.windows, of_part) for name, of_part in without.items()},
        agreement=agreement(insight),
        predictions=prediction_table(test, predicted, target),
        insight=insight,
        examples=explain_windows(model, scaled.select(chosen), target).assign_coords(row=("window", chosen)),
        entities=test.entities,
        streams=thinned_streams(test, doubted, read) if streams else None,
        rivals={
            name: (by or target).scores(test, of_rival, n_bootstrap)
            for name, (by, of_rival) in rivals.items()
        },
        ahead={
            name: main_difference(test, (of_rival, by or target), (predicted, target), n_bootstrap)
            for name, (by, of_rival) in rivals.items()
        },
        lost={
            name: main_difference(few.windows, (of_few, target), (of_part, target), n_bootstrap)
            for name, of_part in without.items()
        },
    )


def stressed(schema: Schema) -> int:
    """How many windows are predicted again for each part that is taken away."""
    parts = len(schema.modalities)
    affordable = max(LEAST_STRESSED, STRESS_NUMBERS // (parts * schema.numbers))
    return min(STRESS_WINDOWS, STRESS_PREDICTIONS // parts, affordable)


def main_difference(
    windows: Windows,
    before: tuple[np.ndarray, TargetKind],
    after: tuple[np.ndarray, TargetKind],
    n_bootstrap: int,
) -> Difference:
    """Of the main score of the same windows, from one to another predictor: what it predicts, and who calls classes."""
    summed = WINDOW_SCORES[windows.kind]
    parts = [
        summed.parts(prediction_table(windows, predicted, by), windows.classes)
        for predicted, by in (before, after)
    ]
    apart = differences(summed.scores, *parts, entity=windows.entity, n_bootstrap=n_bootstrap)
    return apart[after[1].main_score]


@torch.no_grad()
def predictions(
    model: Model,
    scaled: ScaledWindows,
    progress: Progress,
    watch: Watch | None = None,
    *,
    hidden: int | None = None,
    device: torch.device | None = None,
) -> np.ndarray:
    """What is predicted of each window, see `TargetKind.predicted`; with modality number `hidden` unobserved.

    It is worked out on `device`, by default where the model is.
    """
    kind = TARGETS[scaled.windows.kind]
    parts, done = [], 0
    with on_device(model, device) as place:
        for batch in scaled.in_order(BATCH_SIZE):
            if hidden is not None:
                batch.observed[:, hidden] = False
            batch = batch.to(place)
            output = model(batch.x, batch.observed, batch.context, batch.static)
            if watch is not None:
                watch.see(output, batch.y, batch.observed)
            parts.append(kind.predicted(output.logits.cpu(), scaled.scaler))
            done += len(batch.y)
            progress(done / len(scaled))
    return np.concatenate(parts)


def prediction_table(
    windows: Windows, predicted: np.ndarray, target: TargetKind, *, observed: np.ndarray | None = None
) -> pd.DataFrame:
    """One row per window: who, when, the label, and what was predicted.

    Parameters
    ----------
    windows : Windows
    predicted : see `TargetKind.predicted`
    target : TargetKind
    observed : (N,) bool, optional
        Windows of which something was seen; of others nothing is said.
    """
    table = {
        "entity": np.array(windows.steps.entities, dtype=object)[windows.entity],
        "time_s": windows.steps.time_s[windows.last],
    }
    labels = target.label_columns(windows)
    columns = pd.DataFrame(target.predicted_columns(windows, predicted))
    # of a window that the model has nothing to say of, no class is called
    certain = np.isfinite(predicted.reshape(len(windows), -1)).all(axis=1)
    if observed is not None:
        certain &= observed
    return pd.concat(
        [pd.DataFrame(table | labels), columns.iloc[np.flatnonzero(certain)].reindex(columns.index)], axis=1
    )


def agreement(insight: xr.Dataset) -> dict[str, Agreement]:
    """Whether the routing of the last layer follows the profile, see `beside_profile`; empty where that is unknown."""
    if "agreement" not in insight:
        return {}
    last = insight["agreement"].isel(layer=-1).transpose("compared_atom", "statistic")
    names = [str(name) for name in last["statistic"].values]
    return {
        str(atom): Agreement.from_numbers(dict(zip(names, row, strict=True)))
        for atom, row in zip(last["compared_atom"].values, last.values.tolist(), strict=True)
    }


def _shared_progress(progress: Progress, work: Sequence[int]) -> Iterator[Progress]:
    """A callable for each piece of work, which tells `progress` the share of all work that is done."""
    ends = np.cumsum([0, *work]) / sum(work)
    for start, end in pairwise(ends):

        def tell_piece(share: float, start=float(start), end=float(end)) -> None:
            progress(start + (end - start) * share)

        yield tell_piece


def _blanked(model: Model) -> Model:
    """The same weights, knowing nothing of interactions."""
    blank = copy.deepcopy(model)
    blank.set_context(empty_context(*model.context.synergy.shape[2:]))
    return blank
