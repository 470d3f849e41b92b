"""Evaluated runs of any size made of drawn numbers, without training, for tests of the report."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
import xarray as xr

import interplay as ip
from interplay.data import Scaler, SplitManifest
from interplay.data.scaling import ChannelScale
from interplay.metrics import classification_metrics, multilabel_metrics, regression_metrics
from interplay.metrics.paired import Difference
from interplay.nn import ATOMS, build_model
from interplay.nn.context import interaction_context
from interplay.train import Evaluation, Recipe, Run, TrainingData, make_recipe
from interplay.train.evaluation import agreement
from interplay.types import Schema

STEP_S = 1.0
N_WINDOWS, N_EXAMPLES = 240, 6
CLASSES = {"classes": ("rest", "walk", "climb"), "labels": ("fever", "shock", "sepsis"), "number": ()}


def names_of(n: int) -> tuple[str, ...]:
    """Names in groups of eight, such as ``hand_3``."""
    groups = ("hand", "chest", "ankle", "ecg", "breath", "skin", "phone", "room")
    return tuple(f"{groups[k // 8 % 8]}_{k % 8}" for k in range(n))


def drawn_profile(names, steps: int, seed: int = 0) -> ip.InteractionProfile:
    """Noise around zero; within a group redundancy, and synergy of every seventh pair; with errors and q-values."""
    rng = np.random.default_rng(seed)
    n = len(names)
    group = np.array([name.split("_")[0] for name in names])
    fade = np.exp(-np.arange(steps) / 4)
    error = 0.02 + 0.01 * rng.random((n, n, steps))
    error = (error + error.transpose(1, 0, 2)) / 2

    def noisy(values):
        drawn = rng.normal(size=(n, n, steps))
        return values + error * (drawn + drawn.transpose(1, 0, 2)) / 2

    alike = (group[:, None] == group[None]) * 0.8
    apart = ((np.arange(n)[:, None] + np.arange(n)[None]) % 7 == 3) * 0.3
    profile = ip.InteractionProfile.from_arrays(
        names,
        redundancy=noisy(alike[..., None] * fade),
        unique=0.1 * rng.random((n, n, steps)) * fade + error * rng.normal(size=(n, n, steps)),
        synergy=noisy(apart[..., None] * fade[::-1]),
        step_s=STEP_S, h_y_bits=1.5, entities=("a", "b"),
    )  # fmt: skip
    d = profile.dataset
    for name in ("redundancy", "unique", "synergy", "joint_mi"):
        d[f"{name}_stderr"] = d[name] * 0 + error
    d["mi_stderr"] = d["mi"] * 0 + 0.02
    d["p_value"] = d["joint_mi"] * 0 + np.where(d["joint_mi"] > 0.3, 0.005, 0.4)
    d["q_value"] = d["p_value"] * 1.2
    return profile


def after_an_event(run):
    """The run with a profile in four bins of one to three hours since a dose."""
    d = run.profile.dataset.copy()
    edges_s = [0.0, 3600.0, 7200.0, 14400.0, 25200.0]
    d = d.assign_coords(lag_s=("lag", edges_s[1:]))
    d.attrs |= {"event": "dose", "bins_s": edges_s, "n_events": 40, "n_controls": 40}
    return replace(run, profile=ip.InteractionProfile(d))


def drawn_run(
    n_modalities: int = 2, steps: int = 3, kind: str = "classes", names=None, classes=None, card=None
) -> Run:
    """A run whose model was never trained and whose evaluation is drawn; all shapes are those of real ones."""
    rng = np.random.default_rng(n_modalities)
    names = names or names_of(n_modalities)
    classes = CLASSES[kind] if classes is None else classes
    schema = Schema(
        shapes=dict.fromkeys(names, (2, 1)), steps=steps, step_s=STEP_S, classes=tuple(classes), kind=kind
    )
    recipe: Recipe = make_recipe(settings={"model.width": 16, "model.expert_width": 16, "model.layers": 2})
    profile = drawn_profile(names, steps)
    context = interaction_context(profile, names, steps=steps, step_s=STEP_S)
    torch.manual_seed(0)
    model = build_model(schema, recipe.model, context).eval()
    predictions, scores = drawn_predictions(rng, kind, classes)
    insight = drawn_insight(rng, names, steps, kind, classes, recipe.model)
    evaluation = Evaluation(
        test=scores,
        compared=scores,
        without_context=worse(scores, 0.01),
        without={name: worse(scores, 0.3 / (k + 1)) for k, name in enumerate(names)},
        agreement=agreement(insight),
        predictions=predictions,
        insight=insight,
        examples=drawn_examples(rng, names, steps, kind, classes, recipe.model, predictions),
        entities=("x", "y", "z"),
    )
    scaler = Scaler(channels={name: ChannelScale.fit(np.zeros((1, 1))) for name in names})
    data = TrainingData(
        entities=("a", "b"), n_windows=500, class_counts=tuple(100 for _ in classes),
        channels=dict.fromkeys(names, ("x",)), card=card,
    )  # fmt: skip
    log = [{"epoch": k, "accuracy": 0.4 + 0.1 * k, "cross_entropy": 1.2 - 0.2 * k} for k in range(4)]
    return Run(model=model, scaler=scaler, recipe=recipe, schema=schema, profile=profile, data=data, seed=0, log=log,
               split=SplitManifest(parts={}), evaluation=evaluation)  # fmt: skip


def drawn_predictions(rng, kind: str, classes) -> tuple[pd.DataFrame, dict[str, float]]:
    entity = rng.choice(["x", "y", "z"], N_WINDOWS)
    table = {"entity": entity, "time_s": np.arange(N_WINDOWS) * STEP_S}
    if kind == "number":
        label = rng.normal(50, 10, N_WINDOWS)
        told = label + rng.normal(0, 4, N_WINDOWS)
        scores = regression_metrics(label, told, entity=entity, n_bootstrap=20)
        return pd.DataFrame(table | {"label": label, "predicted": told}), scores
    logits = rng.normal(size=(N_WINDOWS, len(classes)))
    if kind == "labels":
        y = rng.integers(-1, 2, logits.shape)
        p = 1 / (1 + np.exp(-(logits + 2 * (y == 1))))
        table |= {f"label_{name}": y[:, c] for c, name in enumerate(classes)}
        table |= {f"p_{name}": p[:, c] for c, name in enumerate(classes)}
        return pd.DataFrame(table), multilabel_metrics(y, p, entity=entity, n_bootstrap=20)
    y = rng.integers(0, len(classes), N_WINDOWS)
    logits[np.arange(N_WINDOWS), y] += 2
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    kept = np.array(classes, dtype=object)
    table |= {"label": kept[y], "predicted": kept[p.argmax(1)]}
    table |= {f"p_{name}": p[:, c] for c, name in enumerate(classes)}
    return pd.DataFrame(table), classification_metrics(y, p, entity=entity, n_bootstrap=20)


def worse(scores: dict[str, float], by: float) -> dict[str, float]:
    kept = ("accuracy", "macro_f1", "r2")
    return {name: value - by if name.startswith(kept) else value for name, value in scores.items()}


def drawn_insight(rng, names, steps: int, kind: str, classes, model) -> xr.Dataset:
    groups = list(classes) if kind == "classes" else ["all"]
    n_m, n_e, n_l = len(names), model.num_experts, model.layers
    pooling = rng.dirichlet(np.ones(n_m * steps), len(groups)).reshape(len(groups), n_m, steps)
    use, probability = (rng.dirichlet(np.ones(n_e), (n_l, n_m, steps)) for _ in range(2))
    square = rng.random((n_l, n_m, n_m, steps))
    square = (square + square.transpose(0, 2, 1, 3)) / 2
    square[:, np.arange(n_m), np.arange(n_m)] = np.nan
    pair = ("layer", "source_i", "source_j", "lag")
    token = ("layer", "modality", "lag", "expert")
    return xr.Dataset(
        {
            "pooling": (("class", "modality", "lag"), pooling),
            "windows": ("class", np.full(len(groups), N_WINDOWS // len(groups))),
            "expert_use": (token, use),
            "expert_probability": (token, probability),
            "divergence": (pair, square),
            "synergy_mass": (pair, square[::-1].copy()),
            "use_by_atom": (("layer", "atom", "expert"), rng.dirichlet(np.ones(n_e), (n_l, len(ATOMS)))),
            "agreement": (("layer", "compared_atom", "statistic"), np.tile([-0.3, -0.5, -0.1, 60.0], (n_l, 2, 1))),
        },
        coords={"class": groups, "modality": list(names), "lag": np.arange(steps),
                "lag_s": ("lag", np.arange(steps) * STEP_S), "source_i": list(names), "source_j": list(names),
                "atom": list(ATOMS), "compared_atom": ["redundancy", "synergy"],
                "statistic": ["gamma", "low", "high", "n"]},
        attrs={"synergy_experts": model.synergy_experts},
    )  # fmt: skip


def drawn_examples(
    rng, names, steps: int, kind: str, classes, model, predictions: pd.DataFrame
) -> xr.Dataset:
    rows = np.arange(N_EXAMPLES) * 7
    shape = (N_EXAMPLES, len(names), steps)
    relevance = rng.normal(size=shape) * 0.2
    weights = rng.random((N_EXAMPLES, model.layers, len(names), steps, model.num_experts))
    weights *= weights >= np.sort(weights, axis=-1)[..., -2:-1]
    token = ("window", "modality", "lag")
    output = np.zeros(N_EXAMPLES, np.int64)
    if kind == "classes":
        output = pd.Index(classes).get_indexer(predictions["predicted"].iloc[rows])
    return xr.Dataset(
        {
            "relevance": (token, relevance),
            "pooling": (token, rng.dirichlet(np.ones(len(names) * steps), N_EXAMPLES).reshape(shape)),
            "observed": (token, rng.random(shape) > 0.1),
            "output": ("window", output),
            "moved": ("window", relevance.sum((1, 2)) + 0.01),
            "missed": ("window", np.full(N_EXAMPLES, 0.01)),
            "expert_weight": (
                ("window", "layer", "modality", "lag", "expert"),
                weights / weights.sum(-1, keepdims=True),
            ),
        },
        coords={"modality": list(names), "lag": np.arange(steps), "lag_s": ("lag", np.arange(steps) * STEP_S),
                "entity": ("window", predictions["entity"].iloc[rows].to_numpy().astype(str)),
                "time_s": ("window", predictions["time_s"].iloc[rows].to_numpy()), "row": ("window", rows)},
        attrs={"synergy_experts": model.synergy_experts, "outputs": list(classes) or ["number"]},
    )  # fmt: skip


def against_rivals(run):
    """The run beside a guess, and a forest that is 0.02 behind it; with what is lost without each modality."""
    evaluation, main = run.evaluation, run.target.main_score
    scores = dict(evaluation.test)
    value = scores[main]
    guess = scores | {main: 0.21, f"{main}_low": 0.2, f"{main}_high": 0.22}
    rivals = {"guess": guess, "forest": worse(scores, 0.02)}
    ahead = {
        name: Difference(a=one[main], b=value, difference=value - one[main], low=value - one[main] - 0.03,
                         high=value - one[main] + 0.03)
        for name, one in rivals.items()
    }  # fmt: skip
    lost = {
        name: Difference(a=value, b=one[main], difference=one[main] - value, low=one[main] - value - 0.005,
                         high=one[main] - value + 0.005)
        for name, one in evaluation.without.items()
    }  # fmt: skip
    return replace(run, evaluation=replace(evaluation, rivals=rivals, ahead=ahead, lost=lost))


def recorded(run, n_windows: int = N_WINDOWS):
    """The run with the streams that its windows were cut from: a sine of 4 Hz with a spike, in one strip an entity."""
    evaluation, schema = run.evaluation, run.schema
    predictions = evaluation.predictions.sort_values("entity", kind="stable").reset_index(drop=True)
    rows = np.arange(min(n_windows, len(predictions)))
    counts = predictions["entity"].iloc[rows].value_counts().sort_index()
    steps = counts.to_numpy() + schema.steps - 1
    first = np.r_[0, np.cumsum(steps)[:-1]]
    at = np.concatenate(
        [begin + schema.steps - 1 + np.arange(n) for begin, n in zip(first, counts, strict=True)]
    )
    values = np.sin(np.arange(4 * steps.sum()) / 3.0)[:, None].astype(np.float32)
    values[SPIKE] = 9.0
    streams = {
        "strip_entity": ("strip", counts.index.to_numpy().astype(str)),
        "strip_steps": ("strip", steps),
        "strip_start_s": ("strip", np.zeros(len(steps))),
        "row": ("window", rows),
        "at": ("window", at),
    }
    described = []
    for k, name in enumerate(schema.modalities):
        streams[f"low_{k}"] = ((f"piece_{k}", f"channel_{k}"), values)
        described.append({"name": name, "channels": ["x"], "units": ["g"], "rate": 4, "per": 1})
    kept = xr.Dataset(streams, attrs={"streams": json.dumps(described)})
    explained = predictions.iloc[evaluation.examples["row"].values]
    examples = evaluation.examples.assign_coords(
        entity=("window", explained["entity"].to_numpy().astype(str)),
        time_s=("window", explained["time_s"].to_numpy()),
    )
    return replace(
        run, evaluation=replace(evaluation, predictions=predictions, examples=examples, streams=kept)
    )


SPIKE = 101
"""Sample of the streams of `recorded` that stands out."""
