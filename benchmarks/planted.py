"""Does guidance find planted interactions? 12 modalities, 10 steps; guidance and profile varied.

Truth: one modality tells a bit at lag 2, a pair tells another by its product at lag 4. Guidance: none; the paper's,
router and losses alone, with its weights and thresholds; ours. Profile: none; estimated from the training windows; the
same of other modalities at other lags ("shuffled"); true. "Doubted" is held against training without it on held-out
windows. Run with ``python -m benchmarks.planted [--seeds 5]``; prints a Markdown table; rows are kept in
benchmarks/results/planted.json, from which an interrupted run goes on.
"""

import argparse
import json
import platform
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import torch

import interplay as ip
from interplay.files import whole_file
from interplay.profile import InteractionProfile
from interplay.synthetic import planted_ceiling, planted_truth, planted_windows
from interplay.synthetic.planted import PAIR, PAIR_LAG, SINGLE, SINGLE_LAG
from interplay.train import make_recipe

RESULTS = Path(__file__).parent / "results" / "planted.json"
SIZES = (500, 2000)
N_TEST = 20_000
"""Enough that the luck of the test draw is worth 0.2 %, not 0.7 %."""
PAPER = {"model.guided": False} | {
    f"{group}.{name}": value
    for group in ("losses", "pairs")
    for name, value in make_recipe("paper").to_dict()[group].items()
}
"""The default model with what the paper guides: its router, and its losses as published."""

TRIALS: dict[str, tuple[dict, str]] = {
    "no guidance": ({}, "none"),
    "paper's guidance, estimated profile": (PAPER, "estimated"),
    "ours, shuffled profile": ({}, "shuffled"),
    "ours, shuffled profile, doubted": ({"model.context": "auto"}, "shuffled"),
    "ours, estimated profile": ({}, "estimated"),
    "ours, estimated profile, doubted": ({"model.context": "auto"}, "estimated"),
    "ours, true profile": ({}, "true"),
}


def profiles(train: ip.Windows, seed: int) -> dict[str, InteractionProfile | None]:
    """The profile by how it came about."""
    estimated = ip.TemporalRUS().fit(train).profile_
    return {
        "none": None,
        "estimated": estimated,
        "shuffled": shuffled(estimated, seed),
        "true": true_profile(train),
    }


def shuffled(profile: InteractionProfile, seed: int) -> InteractionProfile:
    """The same profile of other modalities at other lags: as much is claimed, and none of it where it was planted.

    Lags are drawn again while a planted one stays or takes the other's place: a profile that puts strong atoms on a
    planted step is partly right, and no control.
    """
    rng = np.random.default_rng(seed)
    d = profile.dataset
    modality, lag = rng.permutation(len(profile.modalities)), rng.permutation(d.sizes["lag"])
    planted = [SINGLE_LAG, PAIR_LAG]
    while np.isin(lag[planted], planted).any():
        lag = rng.permutation(lag)
    atoms = {
        name: np.nan_to_num(d[name].values).clip(min=0.0)[np.ix_(modality, modality, lag)]
        for name in ("redundancy", "unique", "synergy")
    }
    return InteractionProfile.from_arrays(
        profile.modalities, lags=d["lag"].values, step_s=1.0, h_y_bits=profile.h_y_bits, entities=(), **atoms
    )


def true_profile(train: ip.Windows) -> InteractionProfile:
    """What was planted, and nothing else."""
    unique, synergy = planted_truth()
    n_m, n_l = len(train.modalities), train.length
    atoms = {name: np.zeros((n_m, n_m, n_l)) for name in ("redundancy", "unique", "synergy")}
    atoms["unique"][SINGLE, :, SINGLE_LAG] = unique
    atoms["unique"][SINGLE, SINGLE] = 0.0
    atoms["synergy"][PAIR[0], PAIR[1], PAIR_LAG] = atoms["synergy"][PAIR[1], PAIR[0], PAIR_LAG] = synergy
    return InteractionProfile.from_arrays(
        train.modalities, lags=np.arange(n_l), step_s=1.0, h_y_bits=2.0, entities=(), **atoms
    )


def one_draw(size: int, seed: int, wanted: list[str]) -> list[dict[str, object]]:
    """Test accuracy of every trial on one draw of training and test windows."""
    drawn = [planted_windows(n, random_state=100 * seed + k) for k, n in enumerate((size, N_TEST))]
    train, test = (ip.windows_from_arrays(d.arrays, d.y, classes="0123") for d in drawn)
    started = time.perf_counter()
    known = profiles(train, seed)
    found = known["estimated"].dataset
    about = {
        "profile (s)": time.perf_counter() - started,
        "unique (bits)": float(found["unique"].sel(source_i="m03", lag=SINGLE_LAG).max()),
        "synergy (bits)": float(found["synergy"].sel(source_i="m05", source_j="m08", lag=PAIR_LAG)),
    }
    rows = []
    for name in wanted:
        settings, profile = TRIALS[name]
        started = time.perf_counter()
        run = ip.fit(train, profile=known[profile], recipe="network", settings=settings, seed=seed)
        told = run.predict(test)
        accuracy = float((told["label"] == told["predicted"]).mean())
        seconds = time.perf_counter() - started
        rows.append(
            {
                "size": size,
                "seed": seed,
                "trial": name,
                "test windows": N_TEST,
                "accuracy": accuracy,
                "seconds": seconds,
                **about,
            }
        )
    return rows


def report(rows: list[dict]) -> str:
    unique, synergy = planted_truth()
    frame = pd.DataFrame(rows)
    draws = frame.drop_duplicates(["size", "seed"])
    lines = [
        "# Planted windows",
        "",
        f"{date.today()}, {platform.machine()}, torch {torch.__version__}, {torch.get_num_threads()} threads. 4 "
        f"classes, 5 % "
        f"of labels redrawn, so that {planted_ceiling():.4f} is the best there can be. Truth: unique "
        f"{unique:.3f}, synergy "
        f"{synergy:.3f} bits. The luck of the draw is worth 0.7 % for each seed on 2,000 test windows, 0.2 % on "
        f"20,000. "
        "Seconds are upper bounds where other work ran on the machine.",
        "",
        "| training windows | guidance | mean accuracy | lowest | highest | seeds | test windows | seconds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for (size, name), part in frame.groupby(["size", "trial"], sort=False):
        a = part["accuracy"]
        lines.append(
            f"| {size:,} | {name} | {a.mean():.4f} | {a.min():.4f} | {a.max():.4f} | {len(part)} | "
            f"{', '.join(f'{n:,}' for n in sorted(set(part['test windows'])))} | {part['seconds'].mean():.0f} |"
        )
    lines += [
        "",
        "| training windows | unique found (bits) | synergy found (bits) | profile (s) |",
        "| --- | --- | --- | --- |",
    ]
    for size, part in draws.groupby("size"):
        u, s = part["unique (bits)"], part["synergy (bits)"]
        lines.append(
            f"| {size:,} | {u.mean():.3f} ({u.min():.3f} to {u.max():.3f}) | {s.mean():.3f} ({s.min():.3f} to "
            f"{s.max():.3f}) | {part['profile (s)'].mean():.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--trials", nargs="+", default=list(TRIALS), choices=list(TRIALS))
    options = parser.parse_args()
    rows = json.loads(RESULTS.read_text()) if RESULTS.is_file() else []
    for seed in range(options.seeds):
        for size in options.sizes:
            have = {row["trial"] for row in rows if (row["size"], row["seed"]) == (size, seed)}
            if missing := [name for name in options.trials if name not in have]:
                rows += one_draw(size, seed, missing)
                with whole_file(RESULTS, overwrite=True) as part:
                    part.write_text(json.dumps(rows, indent=0))
    order = list(TRIALS)
    print(report(sorted(rows, key=lambda row: (row["size"], order.index(row["trial"]), row["seed"]))))


if __name__ == "__main__":
    main()
