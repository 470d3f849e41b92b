"""Rates of directed information and news per lag: do intervals cover the truth, and does nothing stay nothing?

Every job is one seed of one scenario of `benchmarks.directed_systems`, whose rates and news are known exactly. Run with
``python -m benchmarks.directed``; appends to `benchmarks/results/directed.jsonl` and writes `directed.md`. An
interrupted run continues.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

import interplay as ip
from benchmarks.directed_systems import (
    Bits,
    Linear,
    false_sentences,
    held,
    news_of_held,
    novel_of_bits,
    novel_of_linear,
    rate_of_bits,
    rate_of_linear,
    sticky_nothing,
    values_of,
)
from benchmarks.false_findings import at_most
from benchmarks.records import days, machine, markdown, read_rows, run_jobs
from interplay.profile.novelty import news
from interplay.profile.significance import Z_95

RESULTS = Path(__file__).parent / "results"
Value = tuple[str, float, float, float]
"""Name, estimate, standard error, truth."""


def silent(done: float) -> None:
    pass


def rate(windows: ip.Windows, estimator, lags_s=None) -> ip.InteractionProfile:
    return ip.DirectedInformation(estimator, lags_s=lags_s, progress=silent).fit(windows).profile_


def novel(windows: ip.Windows, estimator) -> ip.InteractionProfile:
    return ip.TemporalRUS(estimator, novel="pairs", progress=silent).fit(windows).profile_


def rates(profile: ip.InteractionProfile, names: str, truth) -> Iterator[Value]:
    for name, value, stderr in values_of(profile, names):
        yield name, value, stderr, truth[name]


def arrivals(profile: ip.InteractionProfile, names: str, truth) -> Iterator[Value]:
    d = profile.dataset
    for lag in range(d.sizes["lag"]):
        for name in names:
            at = d.sel(source=name, lag=lag)
            yield f"{name} at {lag}", float(at["novel"]), float(at["novel_stderr"]), float(truth[name][lag])
        at = d.sel(source_i=names[0], source_j=names[1], lag=lag)
        yield (
            f"both at {lag}",
            float(at["novel_joint"]),
            float(at["novel_joint_stderr"]),
            float(truth["both"][lag]),
        )


@cache
def truth_of(kind: str, what: str):
    functions = {("bits", "rate"): rate_of_bits, ("bits", "novel"): novel_of_bits,
                 ("linear", "rate"): rate_of_linear, ("linear", "novel"): novel_of_linear}  # fmt: skip
    system = Bits() if kind == "bits" else Linear()
    return functions[kind, what](system, 4, 1 if what == "rate" else 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """Profiles of one kind: `profile(seed)`, and what of them is known; nothing is known where nothing is there."""

    profile: Callable[[int], ip.InteractionProfile]
    values: Callable[[ip.InteractionProfile], Iterator[Value]] | None = None
    seeds: int


def posterior(history: int) -> ip.PosteriorPID:
    return ip.PosteriorPID(target_history=history)


SCENARIOS: dict[str, Scenario] = {
    "nothing, classes: rate": Scenario(
        profile=lambda seed: rate(sticky_nothing(1500, seed, numbers=False), posterior(1)),
        seeds=60,
    ),
    "nothing, numbers: rate": Scenario(
        profile=lambda seed: rate(sticky_nothing(1500, seed, numbers=True), ip.GaussianPID(target_history=1)),
        seeds=60,
    ),
    "nothing, classes: novel": Scenario(
        profile=lambda seed: novel(sticky_nothing(1500, seed, numbers=False), posterior(0)),
        seeds=40,
    ),
    "nothing, numbers: novel": Scenario(
        profile=lambda seed: novel(sticky_nothing(1500, seed, numbers=True), ip.GaussianPID()),
        seeds=40,
    ),
    "bits: rate": Scenario(
        profile=lambda seed: rate(Bits().windows(4000, 4, seed), posterior(1)),
        values=lambda profile: rates(profile, "ab", truth_of("bits", "rate")),
        seeds=30,
    ),
    "linear: rate": Scenario(
        profile=lambda seed: rate(Linear().windows(3000, 4, seed), ip.GaussianPID(target_history=1)),
        values=lambda profile: rates(profile, "xz", truth_of("linear", "rate")),
        seeds=60,
    ),
    "linear: novel": Scenario(
        profile=lambda seed: novel(Linear().windows(3000, 4, seed), ip.GaussianPID()),
        values=lambda profile: arrivals(profile, "xz", truth_of("linear", "novel")),
        seeds=60,
    ),
    "bits: novel": Scenario(
        profile=lambda seed: novel(Bits().windows(3000, 4, seed, "ab"), posterior(0)),
        values=lambda profile: arrivals(profile, "ab", truth_of("bits", "novel")),
        seeds=10,
    ),
    "a held stream: novel": Scenario(
        profile=lambda seed: novel(held(400, seed), posterior(0)),
        values=lambda profile: held_values(profile),
        seeds=20,
    ),
}


def held_values(profile: ip.InteractionProfile) -> Iterator[Value]:
    at = profile.dataset.sel(source="held")
    for lag in range(profile.dataset.sizes["lag"]):
        yield (
            f"at {lag}",
            *(float(at[f"novel{part}"][lag]) for part in ("", "_stderr")),
            news_of_held() * (lag == 3),
        )


def one_profile(scenario: str, seed: int) -> dict:
    """What one seed gives."""
    chosen, started = SCENARIOS[scenario], time.perf_counter()
    profile = chosen.profile(seed)
    row = {"scenario": scenario, "seed": seed, "seconds": time.perf_counter() - started}
    if chosen.values is None:
        return row | {"false": false_sentences(profile), "lags_s": profile.dataset.attrs.get("lags_s")}
    row |= {"values": list(chosen.values(profile)), "lags_s": profile.dataset.attrs.get("lags_s")}
    return row | {"news": news(profile)[["source", "lag_s"]].values.tolist()}


def key(row: dict) -> tuple[str, int]:
    return row["scenario"], row["seed"]


def wanted(share: float = 1.0) -> list[tuple[str, int]]:
    """Every job; of each scenario the first seeds first, so that what is done at any time is of all of them."""
    jobs = [(seed / each.seeds, name, seed) for name, each in SCENARIOS.items() for seed in range(each.seeds)]
    return [(name, seed) for done, name, seed in sorted(jobs) if done < share]


def covered(rows: list[dict]) -> pd.DataFrame:
    """How often intervals hold the truth, by scenario and value."""
    table = []
    for row in rows:
        for name, value, stderr, truth in row.get("values", ()):
            table.append({"scenario": row["scenario"], "value": name, "truth (bit)": truth, "estimate": value,
                          "error": stderr, "covered": abs(value - truth) <= Z_95 * stderr})  # fmt: skip
    frame = pd.DataFrame(table).groupby(["scenario", "value"], sort=False)
    return pd.DataFrame(
        {
            "truth (bit)": frame["truth (bit)"].first(),
            "mean estimate": frame["estimate"].mean(),
            "sd of estimates": frame["estimate"].std(),
            "mean standard error": frame["error"].mean(),
            "covered": frame["covered"].mean(),
            "profiles": frame.size(),
        }
    ).reset_index()


def report(rows: list[dict]) -> str:
    null = pd.DataFrame([row for row in rows if "false" in row]).sort_values(["scenario", "seed"])
    table = []
    for scenario, part in null.groupby("scenario", sort=False):
        any_false = int((part["false"] > 0).sum())
        table.append(
            {
                "scenario": scenario,
                "profiles": len(part),
                "with a false sentence": any_false,
                "at most (95 %)": f"{at_most(any_false, len(part)):.1%}",
                "median seconds": float(part["seconds"].median()),
            }
        )
    values = covered(rows)
    shares = values.groupby("scenario", sort=False).apply(
        lambda part: np.average(part["covered"], weights=part["profiles"]), include_groups=False
    )
    alone = [row["news"] == [["held", 3.0]] for row in rows if row["scenario"].startswith("a held")]
    lines = [
        "# Directed information: rates over all lags, and news per lag",
        "",
        f"{days(rows)}, {machine()}, one thread a profile; {sum(row['seconds'] for row in rows) / 3600:.2f} hours of "
        "work, beside other work.",
        "",
        "Systems and their exact values: `benchmarks/directed_systems.py`. A false sentence is an atom or news that is "
        "called significant where there is nothing: three slow streams and a slow target of 1,500 steps that have "
        "nothing to do with one another, lags 0 to 4, rates given the last label.",
        "",
        markdown(pd.DataFrame(table).set_index("scenario")),
        "",
        "95 % intervals hold the truth in "
        + "; ".join(f"{share:.1%} ({scenario})" for scenario, share in shares.items())
        + f". Of {len(alone)} held streams, news are found at a lag of 3 steps and nowhere else in {sum(alone)}.",
        "",
        markdown(values.assign(covered=values["covered"].map("{:.0%}".format)).set_index("scenario")),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--share", type=float, default=1.0, help="share of the seeds to run")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    path = options.out / "directed.jsonl"
    run_jobs(wanted(options.share), one_profile, path, key=key, processes=options.jobs)
    (options.out / "directed.md").write_text(report(read_rows(path)))


if __name__ == "__main__":
    # workers find the scenarios by the module's own name; what stands in __main__ would have to be sent to them
    from benchmarks import directed

    directed.main()
