"""Judging a trained model on test windows: scores, what they become without parts, and insight."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
import xarray as xr

from interplay.data import Windows
from interplay.nn import Model, empty_context
from interplay.progress import Progress
from interplay.train.attribution import examples, explain_windows
from interplay.train.batches import ScaledWindows
from interplay.train.routing_statistics import Watch, beside_profile
from interplay.train.target_kinds import TARGETS, TargetKind

BATCH_SIZE = 256
EXAMPLES = 24
"""Windows that are explained token by token."""

STRESS_WINDOWS = 2000
"""At most so many windows, evenly drawn, are predicted again for each part that is taken away."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """What came of testing a run.

    Attributes
    ----------
    scores : mapping of mapping
        ``test``: the scores of all test windows, see `interplay.metrics`; ``compared``: of the windows that the
        comparisons below were made on; ``without_context``; ``without <modality>`` for each, if there are
        several; ``agreement_redundancy`` and ``agreement_synergy``: see `beside_profile`.
    predictions : DataFrame, see `Run.predict`
    insight : xarray.Dataset, see `interplay.train.routing_statistics`: `Watch.dataset` and `beside_profile`
    examples : xarray.Dataset, single windows, see `interplay.train.attribution.explain_windows`; ``row`` is that of
        each in `predictions`
    entities : names of the test entities
    """

    scores: Mapping[str, Mapping[str, float]]
    predictions: pd.DataFrame
    insight: xr.Dataset
    examples: xr.Dataset
    entities: tuple[str, ...]


def judge(
    model: Model, scaled: ScaledWindows, target: TargetKind, progress: Progress, *, n_bootstrap: int
) -> Evaluation:
    """Evaluate; leakage is the caller's to rule out."""
    test = scaled.windows
    few = scaled.select(_evenly(len(test), STRESS_WINDOWS))
    trials = _trials(model, test.modalities)
    share = len(test) / (len(test) + len(trials) * len(few))
    watch = Watch(model, test)
    told = predictions(model, scaled, lambda done: progress(share * done), watch)
    scores = {"test": target.scores(test, told, n_bootstrap)}
    for k, (name, (trial, hidden)) in enumerate(trials.items()):
        done = share + (1 - share) * k / len(trials)

        def tell_trial(part: float, done=done) -> None:
            progress(done + (1 - share) * part / len(trials))

        # a model that does without the context does without that of single windows, too
        seen = few.without_contexts() if name == "without_context" else few
        told_by_trial = predictions(trial, seen, tell_trial, hidden=hidden)
        scores[name] = target.scores(few.windows, told_by_trial, n_bootstrap)
    progress(1.0)
    insight = beside_profile(watch.dataset(), model.context)
    chosen = examples(test, told, EXAMPLES)
    return Evaluation(
        scores=scores | agreement(insight),
        predictions=prediction_table(test, told, target),
        insight=insight,
        examples=explain_windows(model, scaled.select(chosen), target).assign_coords(row=("window", chosen)),
        entities=test.entities,
    )


@torch.no_grad()
def predictions(
    model: Model,
    scaled: ScaledWindows,
    progress: Progress,
    watch: Watch | None = None,
    *,
    hidden: int | None = None,
) -> np.ndarray:
    """What is predicted of each window, see `TargetKind.predicted`; with modality number `hidden` unobserved."""
    kind = TARGETS[scaled.windows.kind]
    device = next(model.parameters()).device
    parts, done = [], 0
    for batch in scaled.in_order(BATCH_SIZE):
        if hidden is not None:
            batch.observed[:, hidden] = False
        batch = batch.to(device)
        output = model(batch.x, batch.observed, batch.context, batch.static)
        if watch is not None:
            watch.see(output, batch.y)
        parts.append(kind.predicted(output.logits.cpu(), scaled.scaler))
        done += len(batch.y)
        progress(done / len(scaled))
    return np.concatenate(parts)


def prediction_table(windows: Windows, predicted: np.ndarray, target: TargetKind) -> pd.DataFrame:
    """One row per window: who, when, the label, and what was predicted."""
    table = {
        "entity": np.array(windows.steps.entities, dtype=object)[windows.entity],
        "time_s": windows.steps.time_s[windows.last],
    }
    return pd.DataFrame(table | target.columns(windows, predicted))


def agreement(insight: xr.Dataset) -> dict[str, dict[str, float]]:
    """Whether the routing of the last layer follows the profile, see `beside_profile`; empty where that is unknown."""
    if "agreement" not in insight:
        return {}
    last = insight["agreement"].isel(layer=-1)
    return {
        f"agreement_{atom}": {
            str(bound): float(last.sel(compared_atom=atom, bound=bound)) for bound in last["bound"].values
        }
        for atom in last["compared_atom"].values
    }


def _trials(model: Model, modalities: tuple[str, ...]) -> dict[str, tuple[Model, int | None]]:
    """Model and hidden modality of every comparison, by name."""
    trials: dict[str, tuple[Model, int | None]] = {"compared": (model, None)}
    if not model.context.is_empty():
        blind = copy.deepcopy(model)
        blind.set_context(empty_context(*model.context.synergy.shape[2:]))
        trials["without_context"] = (blind, None)
    if len(modalities) > 1:
        trials |= {f"without {name}": (model, m) for m, name in enumerate(modalities)}
    return trials


def _evenly(n: int, most: int) -> np.ndarray:
    return np.unique(np.linspace(0, n - 1, min(most, n)).astype(int))
