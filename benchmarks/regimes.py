"""Do experts pay where each window follows one of four rules?

Truth: nine modalities, six steps, windows drawn each on its own. A context modality shows at the newest step which of
four regimes holds; in each the label is the exclusive or of another pair at another lag, and 5 % of labels are drawn
anew. The profile is estimated from the training windows, the same for all models, whose active width is equal. "Bits of
the regime" is the mutual information of regime and chosen expert (tokens weigh as they are pooled), of 2 at the most.

Jobs are (windows, seed, model); each result is added to benchmarks/results/regimes.jsonl, from which an interrupted run
goes on, and the table is written beside it. Run with ``python -m benchmarks.regimes``.
"""

import time
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch

import interplay as ip
from benchmarks.records import days, machine, markdown, run_draws
from interplay.info import mutual_information
from interplay.train import Run
from interplay.train.batches import ScaledWindows

RESULTS = Path(__file__).parent / "results" / "regimes.jsonl"
REGIMES, STEPS, N_TEST = 4, 6, 5000
LAGS = (1, 2, 4, 5)
"""Of the pair of each regime."""
NOISE, REDRAWN = 0.4, 0.05
PLACES = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
"""Where a level lies among three channels: corners of a tetrahedron, seven standard deviations of the noise apart."""
CEILING = 1 - REDRAWN / 2
LONGER = 40
"""Epochs at most, instead of the default's 15."""
MODELS: dict[str, tuple[str, dict]] = {
    "guided mixture": ("network", {}),
    "guided dense": ("guided_dense", {}),
    "unguided mixture": ("network", {"model.context": "none"}),
    "guided mixture, longer": ("network", {"optimiser.epochs": LONGER}),
    "guided dense, longer": ("guided_dense", {"optimiser.epochs": LONGER}),
}
"""Recipe and settings."""


def draw(n: int, seed: int) -> tuple[ip.Windows, np.ndarray]:
    """Windows, and the regime (n,) of each."""
    rng = np.random.default_rng(seed)
    bit = rng.integers(0, 2, (n, 2 * REGIMES, STEPS))
    regime = rng.integers(0, REGIMES, (n, STEPS))
    level = np.concatenate([bit, regime[:, None]], axis=1)
    values = PLACES[level] + NOISE * rng.normal(size=(*level.shape, PLACES.shape[1]))
    now = regime[:, -1]
    at = STEPS - 1 - np.array(LAGS)[now]
    rows = np.arange(n)
    y = bit[rows, 2 * now, at] ^ bit[rows, 2 * now + 1, at]
    again = rng.random(n) < REDRAWN
    y[again] = rng.integers(0, 2, again.sum())
    names = [*(f"x{k}" for k in range(2 * REGIMES)), "regime"]
    arrays = {name: values[:, m] for m, name in enumerate(names)}
    return ip.windows_from_arrays(arrays, y, classes="01"), now


def bits_of_regime(used: np.ndarray, regime: np.ndarray) -> float:
    """Mutual information of regime (N,) and expert, of which each window uses shares (N, E)."""
    return float(mutual_information(np.eye(REGIMES)[regime].T @ used / used.sum()))


def experts_used(run: Run, windows: ip.Windows) -> list[np.ndarray]:
    """For each layer the share (N, E) of each expert in the tokens of a window, weighed as they are pooled."""
    scaled = ScaledWindows(windows, run.scaler, run.contexts(windows))
    parts: list[list[torch.Tensor]] = [[] for _ in run.model.moe_layers]
    with torch.no_grad():
        for rows in np.array_split(np.arange(len(windows)), max(1, len(windows) // 500)):
            batch = scaled[rows]
            output = run.model(batch.x, batch.observed, batch.context, batch.static)
            for part, routing in zip(parts, output.routings, strict=True):
                weight = routing.expert_weights * output.pooling[..., None]
                used = torch.zeros(len(rows), routing.logits.shape[-1])
                part.append(used.scatter_add(1, routing.expert_ids.flatten(1), weight.flatten(1)))
    return [torch.cat(part).double().numpy() for part in parts]


@lru_cache(maxsize=1)
def measured(size: int, seed: int) -> tuple[ip.Windows, ip.InteractionProfile]:
    """Training windows and their profile, for one model after the other."""
    train, _ = draw(size, 1000 + seed)
    return train, ip.TemporalRUS(ip.PosteriorPID(random_state=seed)).fit(train).profile_


def one_row(size: int, seed: int, model: str) -> dict[str, object]:
    """Train and test one model."""
    train, profile = measured(size, seed)
    test, regime = draw(N_TEST, seed)
    d = profile.dataset
    pairs = [
        d["synergy"].sel(source_i=f"x{2 * r}", source_j=f"x{2 * r + 1}", lag=lag)
        for r, lag in enumerate(LAGS)
    ]
    recipe, settings = MODELS[model]
    started = time.process_time()
    run = ip.fit(train, profile=profile, recipe=recipe, settings=settings, seed=seed, rivals=False)
    seconds = time.process_time() - started
    right = run.predict(test).pipe(lambda table: table["label"] == table["predicted"]).to_numpy()
    used = experts_used(run, test)
    loads = [one.sum(0) / one.sum() for one in used]
    return {
        "size": size,
        "seed": seed,
        "model": model,
        "accuracy": float(right.mean()),
        "worst regime": min(float(right[regime == r].mean()) for r in range(REGIMES)),
        "synergy (bits)": float(np.mean([float(value) for value in pairs])),
        "bits of the regime": max((bits_of_regime(one, regime) for one in used), default=float("nan")),
        "least load": float(min((load.min() for load in loads), default=np.nan)),
        "largest load": float(max((load.max() for load in loads), default=np.nan)),
        "epochs": len(run.log),
        "seconds": round(seconds, 1),
    }


def page(rows: list[dict]) -> str:
    """The table."""
    table = pd.DataFrame(rows)
    text = [
        "# Regimes",
        "",
        f"`python -m benchmarks.regimes`, {days(rows)}, {machine()}, one thread; seconds of the processor. {N_TEST:,} "
        f"test windows; {CEILING:.3f} is the best there can be. Loads are shares of pooled tokens.",
    ]
    for size, of_size in table.groupby("size"):
        groups = of_size.groupby("model")
        columns = [
            "accuracy",
            "worst regime",
            "bits of the regime",
            "least load",
            "largest load",
            "epochs",
            "seconds",
        ]
        means = groups[columns].mean()
        means.insert(1, "lowest", groups["accuracy"].min())
        means.insert(2, "highest", groups["accuracy"].max())
        means.insert(0, "seeds", groups.size())
        found = of_size["synergy (bits)"].mean()
        text += [
            "",
            f"## {size:,} training windows",
            "",
            f"Mean synergy of the four pairs: {found:.4f} bit.",
            "",
        ]
        text.append(markdown(means.loc[[name for name in MODELS if name in means.index]]))
    return "\n".join(text) + "\n"


def main() -> None:
    """Measure what is missing, and write the page."""
    run_draws(__doc__.split("\n")[0], "model", MODELS, [2000, 6000], one_row, RESULTS, page)


if __name__ == "__main__":
    # workers find the functions by the module's own name
    from benchmarks import regimes

    regimes.main()
