"""How often a profile holds any false sentence, and how often it finds weak synergy that is there.

Every job is one seed of one scenario: a data set with exact atoms, an estimator with its defaults, and the one rule of
significance (`InteractionProfile.significant`) asked of every atom. Run with ``python -m benchmarks.false_findings``;
appends to `benchmarks/results/false_findings.jsonl` and writes `false_findings.md`. An interrupted run continues.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import beta

import interplay as ip
from benchmarks.draws import Draw, findings, linear, of_pairs
from benchmarks.graded import of_partners, of_slow_nulls, slow_noise
from benchmarks.records import days, machine, markdown, read_rows, run_jobs
from benchmarks.sharp import h2
from benchmarks.states import ring
from interplay.estimators import BaseRUS, GaussianPID

RESULTS = Path(__file__).parent / "results"
ESTIMATORS: dict[str, type[BaseRUS]] = {
    "PosteriorPID": ip.PosteriorPID,
    "DiscretePID": ip.DiscretePID,
    "GaussianPID": GaussianPID,
}
OF_CLASSES = ("PosteriorPID", "DiscretePID")
SEEDS, SEEDS_OF_POWER = 100, 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """Data sets of one kind: `draw(seed)`, who is asked, and with how many seeds."""

    draw: Callable[[int], Draw]
    estimators: tuple[str, ...] = OF_CLASSES
    seeds: int = SEEDS


# ---- nothing, or nothing but one modality ------------------------------------------------------------------


def noise(seed: int) -> Draw:
    """100 windows of 25 entities: four modalities of three channels, two classes."""
    rng = np.random.default_rng(seed)
    x = {f"x{k}": rng.normal(size=(100, 3)) for k in range(4)}
    y = rng.integers(0, 2, 100)
    return of_pairs(ip.windows_from_arrays(x, y, steps=1, entity=np.arange(100) // 4), {})


def noise_of_numbers(seed: int) -> Draw:
    """The same with a continuous target."""
    rng = np.random.default_rng(seed)
    x = {f"x{k}": rng.normal(size=(100, 3)) for k in range(4)}
    y = rng.normal(size=100)
    return of_pairs(ip.windows_from_arrays(x, y, steps=1, entity=np.arange(100) // 4, classes=()), {})


def slow_numbers(seed: int) -> Draw:
    """Three slow streams of 1,500 steps under a slow number."""
    rng = np.random.default_rng(seed)
    x = {f"x{k}": slow_noise(1500, 2, 0.95, rng) for k in range(3)}
    return of_pairs(ip.windows_from_arrays(x, slow_noise(1500, 1, 0.95, rng)[:, 0], steps=1, classes=()), {})


def linear_partners(seed: int) -> Draw:
    """One modality tells half a bit of a number, three partners nothing; 1,500 rows."""
    rng = np.random.default_rng(seed)
    x = {"x": rng.normal(size=(1500, 1))} | {f"n{k}": rng.normal(size=(1500, 6)) for k in range(3)}
    windows = ip.windows_from_arrays(x, x["x"][:, 0] + rng.normal(size=1500), steps=1, classes=())
    return of_pairs(windows, {(0, k): (0.0, 0.5, 0.0, 0.0) for k in (1, 2, 3)})


def of_size(draw: Callable[[int, int], Draw], steps: int) -> Callable[[int], Draw]:
    return lambda seed: draw(steps, seed)


# ---- weak synergy in regimes -------------------------------------------------------------------------------

REGIMES, REDRAWN, WINDOWS, LAGS = 4, 0.05, 6000, 6
PAIR_LAGS = (1, 2, 4, 5)


def regime_synergy() -> float:
    """Bits that one regime's pair tells: the label is its exclusive or in a quarter of all steps, else a fair coin."""
    return float(1 - h2(0.5 + 0.5 * (1 - REDRAWN) / REGIMES))


def regimes(seed: int, channels: int = 3) -> Draw:
    """Four regimes, shown by a modality of their own; in each the label is the exclusive or of that regime's pair, each
    pair at its own lag, and 5 % of labels are drawn anew. Nine modalities, six steps, 6,000 windows."""
    rng = np.random.default_rng(seed)
    n = WINDOWS + LAGS - 1
    regime = rng.integers(0, REGIMES, n)
    bit = rng.integers(0, 2, (2 * REGIMES, n))
    either = np.stack([np.roll(bit[2 * r] ^ bit[2 * r + 1], lag) for r, lag in enumerate(PAIR_LAGS)])
    y = either[regime, np.arange(n)]
    again = rng.random(n) < REDRAWN
    y[again] = rng.integers(0, 2, again.sum())
    x = {f"x{k}": linear(b, channels, rng) for k, b in enumerate(bit)}
    x["regime"] = linear(regime, channels, rng)
    pairs = {}
    for r, lag in enumerate(PAIR_LAGS):
        atoms = np.zeros((LAGS, 4))
        atoms[lag, 3] = regime_synergy()
        pairs[2 * r, 2 * r + 1] = atoms
    return of_pairs(ip.windows_from_arrays(x, y, steps=LAGS), pairs)


# ---- running and reporting ---------------------------------------------------------------------------------

SCENARIOS: dict[str, Scenario] = {
    "noise, 100 windows of 25 entities": Scenario(draw=noise),
    "2 classes, three noise partners": Scenario(draw=of_size(of_partners([0, 2]), 1500)),
    "4 classes, three noise partners": Scenario(draw=of_size(of_partners(2.5 * ring(4)), 1500)),
    "slow streams, slow labels": Scenario(
        draw=of_size(of_slow_nulls(3, memory=0.95, lengths=(10, 30)), 1500)
    ),
    "four regimes": Scenario(draw=regimes, seeds=SEEDS_OF_POWER),
    "four regimes, 16 channels": Scenario(draw=partial(regimes, channels=16), seeds=SEEDS_OF_POWER),
    "noise, numbers": Scenario(draw=noise_of_numbers, estimators=("GaussianPID",)),
    "slow streams, slow numbers": Scenario(draw=slow_numbers, estimators=("GaussianPID",)),
    "a number, three noise partners": Scenario(draw=linear_partners, estimators=("GaussianPID",)),
}


def one_profile(scenario: str, estimator: str, seed: int) -> dict:
    """False sentences and findings of one seed."""
    draw = SCENARIOS[scenario].draw(seed)
    started = time.perf_counter()
    temporal = ip.TemporalRUS(ESTIMATORS[estimator](), progress=lambda done: None)
    profile = temporal.fit(draw.windows).profile_
    seconds = time.perf_counter() - started
    row = {"scenario": scenario, "estimator": estimator, "seed": seed, "seconds": seconds}
    return row | findings(draw, profile)


def key(row: dict) -> tuple[str, str, int]:
    return row["scenario"], row["estimator"], row["seed"]


def wanted(share: float = 1.0) -> list[tuple[str, str, int]]:
    """Every job, the estimator that is advised first."""
    return [
        (name, estimator, seed)
        for estimator in ESTIMATORS
        for name, scenario in SCENARIOS.items()
        if estimator in scenario.estimators
        for seed in range(max(1, round(share * scenario.seeds)))
    ]


def at_most(k: int, n: int) -> float:
    """Upper end of the one-sided 95 % interval of a share that k of n show (Clopper and Pearson, 1934)."""
    return 1.0 if k == n else float(beta.ppf(0.95, k + 1, n - k))


def report(rows: list[dict]) -> str:
    frame = pd.DataFrame(rows).sort_values(["scenario", "estimator", "seed"])
    table = []
    for (scenario, estimator), part in frame.groupby(["scenario", "estimator"], sort=False):
        false = pd.DataFrame(list(part["false"]))
        any_false = int((false.sum(axis=1) > 0).sum())
        worth, clear = part["worth_finding"].sum(), part["found"].sum()
        table.append(
            {
                "scenario": scenario,
                "estimator": estimator,
                "profiles": len(part),
                "with a false sentence": any_false,
                "at most (95 %)": f"{at_most(any_false, len(part)):.1%}",
                **{f"false {atom}": int(count) for atom, count in false.sum().items()},
                "found of what is there": f"{clear:,} of {worth:,}" if worth else "",
                "median seconds": float(part["seconds"].median()),
            }
        )
    lines = [
        "# False findings, and weak synergy found",
        "",
        f"{days(rows)}, {machine()}, one thread a profile; {frame['seconds'].sum() / 3600:.2f} hours of work. Seconds "
        "are upper bounds where other work ran on the machine.",
        "",
        "A false sentence is one about an atom that is exactly zero, by the rule that sentences and report ask "
        "(`InteractionProfile.significant`), with each estimator's defaults; the next columns count them by atom. "
        "*At most* is the upper end of the one-sided interval of the share. *Found* counts the atoms of at least "
        "0.01 bit that are called significant; in the four regimes these are four synergies of "
        f"{regime_synergy():.4f} bit in each profile.",
        "",
        markdown(pd.DataFrame(table).set_index("scenario")),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--share", type=float, default=1.0, help="share of the seeds to run")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    path = options.out / "false_findings.jsonl"
    run_jobs(wanted(options.share), one_profile, path, key=key, processes=options.jobs)
    (options.out / "false_findings.md").write_text(report(read_rows(path)))


if __name__ == "__main__":
    # workers find the scenarios by the module's own name; what stands in __main__ would have to be sent to them
    from benchmarks import false_findings

    false_findings.main()
