"""Single windows explained token by token: what the prediction rests on, and where each token was routed.

Letters: W windows, M modalities, T steps, E experts, K steps of a path.
"""

from dataclasses import replace

import numpy as np
import torch
import xarray as xr

from interplay.arrays import evenly
from interplay.data import Scaler, Windows
from interplay.nn import ATOMS, Adapted, InteractionContext, Model, Output, TwoLevels
from interplay.progress import Progress, silent
from interplay.train.batches import Batch, ScaledWindows
from interplay.train.target_kinds import TargetKind
from interplay.types import Routing

PATH_STEPS = 32
"""Points at which the gradient is taken on the way from the mean input to the window."""

TOKENS_AT_ONCE = 20_000
"""Bounds the memory of one window of many modalities and steps."""


def explain_windows(
    model: Model, scaled: ScaledWindows, target: TargetKind, progress: Progress = silent
) -> xr.Dataset:
    """Relevance and routing of every token of some windows.

    Of a model with readers, which have no gradients, relevance is what the output loses when a token is not observed;
    its sum says less, as tokens stand in for one another.


    Relevance is by integrated gradients (Sundararajan et al., ICML 2017) along the straight way from the training
    mean of every channel to the window, by the midpoint rule: how much each token moves the output that was
    called. Over tokens it adds up to `moved`, up to `missed`, which is what the rule and jumps of the routing leave.

    Parameters
    ----------
    model : Model
    scaled : ScaledWindows
        Few: each is predicted `PATH_STEPS` times with gradients.
    target : TargetKind
        Which output is called.

    Returns
    -------
    xarray.Dataset
        By ``window``, ``modality`` and ``lag`` (0 is the newest step): ``relevance`` in logits (of a number in
        standard deviations), ``pooling`` the share of the token in the pooled window, ``observed``; by window
        ``moved`` and ``missed`` (logits), ``output`` the number of the explained output, ``time_s``, ``entity``; and
        if tokens are routed ``expert_weight (window, layer, modality, lag, expert)``.
    """
    parts = []
    for k in range(len(scaled)):
        parts.append(_one_window(model, scaled[np.array([k])], target, scaled.scaler))
        progress((k + 1) / len(scaled))
    windows = scaled.windows
    stacked = {name: np.stack([part[name] for part in parts]) for name in parts[0]}
    token = ("window", "modality", "lag")
    dims: dict[str, tuple[str, ...]] = dict.fromkeys(("relevance", "pooling", "observed"), token)
    dims["expert_weight"] = ("window", "layer", "modality", "lag", "expert")
    lags = np.arange(windows.length)
    names = np.array(windows.steps.entities, dtype=object)[windows.entity].astype(str)
    return xr.Dataset(
        {name: (dims.get(name, ("window",)), values) for name, values in stacked.items()},
        coords={
            "modality": list(windows.modalities),
            "lag": lags,
            "lag_s": ("lag", lags * windows.step_s, {"units": "s"}),
            "entity": ("window", names),
            "time_s": ("window", windows.steps.time_s[windows.last], {"units": "s"}),
        },
        attrs={
            "synergy_experts": model.config.synergy_experts,
            "outputs": list(target.outputs(windows.schema)),
        },
    )


def _one_window(model: Model, batch: Batch, target: TargetKind, scaler: Scaler) -> dict[str, np.ndarray]:
    """Arrays of one window, lag 0 first."""
    with torch.no_grad():
        output = _asked(model, batch, batch.x, 1)
    of = int(target.called(target.predicted(output.logits.cpu(), scaler))[0])
    measure = _occlusions if isinstance(model, (TwoLevels, Adapted)) else _integrated_gradients
    relevance = measure(model, batch, of)
    with torch.no_grad():
        nothing = {name: torch.zeros_like(values) for name, values in batch.x.items()}
        moved = float(output.logits[0, of] - _asked(model, batch, nothing, 1).logits[0, of])
    arrays = {
        "relevance": relevance.flip(-1).numpy(),
        "pooling": output.pooling[0].flip(-1).numpy(),
        "observed": batch.observed[0].flip(-1).numpy(),
        "output": np.array(of),
        "moved": np.array(moved, dtype=np.float32),
        "missed": np.array(moved - float(relevance.sum()), dtype=np.float32),
    }
    if output.routings:
        layers = [_weights(routing)[0].flip(1) for routing in output.routings]
        arrays["expert_weight"] = torch.stack(layers).numpy()
    return arrays


def _integrated_gradients(model: Model, batch: Batch, of: int) -> torch.Tensor:
    """(M, T): mean gradient along the path times the input, summed over samples and channels of each token."""
    shares = (torch.arange(PATH_STEPS) + 0.5) / PATH_STEPS
    relevance = torch.zeros(batch.observed.shape[1:])
    for some in shares.split(max(1, TOKENS_AT_ONCE // batch.observed.numel())):
        path = {n: (some[:, None, None, None] * values).requires_grad_() for n, values in batch.x.items()}
        logits = _asked(model, batch, path, len(some)).logits[:, of]
        slopes = torch.autograd.grad(logits.sum(), list(path.values()))
        for m, (values, slope) in enumerate(zip(batch.x.values(), slopes, strict=True)):
            relevance[m] += (slope * values).sum((0, 2, 3)) / PATH_STEPS
    return relevance * batch.observed[0]


@torch.no_grad()
def _occlusions(model: Model, batch: Batch, of: int) -> torch.Tensor:
    """(M, T): by how much the logit falls when a token is hidden."""
    tokens = batch.observed[0].nonzero()
    relevance = torch.zeros(batch.observed.shape[1:])
    whole = float(_asked(model, batch, batch.x, 1).logits[0, of])
    for some in tokens.split(max(1, TOKENS_AT_ONCE // batch.observed.numel())):
        observed = batch.observed.repeat(len(some), 1, 1)
        observed[torch.arange(len(some)), some[:, 0], some[:, 1]] = False
        x = {name: values.expand(len(some), *values.shape[1:]) for name, values in batch.x.items()}
        hidden = replace(batch, observed=observed)
        relevance[tuple(some.T)] = whole - _asked(model, hidden, x, len(some)).logits[:, of]
    return relevance


def _asked(model: Model, batch: Batch, x: dict[str, torch.Tensor], n: int) -> Output:
    """The model's output for n inputs of the same window."""
    context = batch.context
    if context is not None:
        context = InteractionContext(**{a: getattr(context, a).expand(n, -1, -1, -1) for a in ATOMS})
    return model(x, batch.observed.expand(n, -1, -1), context, batch.static.expand(n, -1))


def _weights(routing: Routing) -> torch.Tensor:
    """Weight of every expert (B, M, T, E); 0 of those that were not chosen."""
    return torch.zeros_like(routing.log_probs).scatter(-1, routing.expert_ids, routing.expert_weights)


def examples(windows: Windows, predicted: np.ndarray, target: TargetKind, most: int) -> np.ndarray:
    """Windows to explain, at most so many: of each group as many, over the whole of its ranking."""
    group = target.group_of(torch.from_numpy(windows.y)).numpy()
    ranking = target.ranking(windows, predicted)
    chosen: list[int] = []
    groups = np.unique(group)
    for g in groups:
        rows = np.flatnonzero(group == g)
        rows = rows[np.argsort(ranking[rows])]
        chosen += list(rows[evenly(len(rows), max(1, most // len(groups)))])
    return np.sort(np.array(chosen[:most]))


def asked_about(windows: Windows, predicted: np.ndarray, target: TargetKind, most: int) -> np.ndarray:
    """Windows of which someone will ask why, at most so many: wrong ones from the least to the most sure, at least half
    of them if there are so many, and the least sure of all."""
    sureness = target.sureness(windows, predicted)
    order = np.argsort(sureness, kind="stable")
    wrong = order[target.wrong(windows, predicted)[order]]
    some = wrong[evenly(len(wrong), most // 2)]
    others = order[~np.isin(order, some)]
    return np.sort(np.r_[some, others[: most - len(some)]])
