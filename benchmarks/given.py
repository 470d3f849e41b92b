"""Atoms given a confounder: how often intervals cover them, and how often a null profile holds a false sentence.

Every job is one seed of one scenario and one estimator, with its defaults. Run with ``python -m benchmarks.given``;
appends to `benchmarks/results/given.jsonl` and writes `given.md`. An interrupted run continues.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

import interplay as ip
from benchmarks.draws import Draw, findings, of_pairs
from benchmarks.false_findings import at_most
from benchmarks.records import days, machine, markdown, read_rows, run_jobs
from interplay.estimators import BaseRUS, GaussianPID
from interplay.profile import PAIR_ATOMS
from interplay.profile.significance import Z_95

RESULTS = Path(__file__).parent / "results"
ESTIMATORS: dict[str, type[BaseRUS]] = {
    "PosteriorPID": ip.PosteriorPID,
    "DiscretePID": ip.DiscretePID,
    "GaussianPID": GaussianPID,
}
OF_CLASSES = ("PosteriorPID", "DiscretePID")
SEEDS = 40
ROWS = 2000
DAY = np.linspace(0, 2 * np.pi, 1440, endpoint=False)
NORMAL = np.linspace(-6, 6, 1201)
WEIGHT = norm.pdf(NORMAL) / norm.pdf(NORMAL).sum()


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """Data sets of one kind: `draw(seed)`, what is given, and who is asked."""

    draw: Callable[[int], Draw]
    given: str = "time_of_day"
    estimators: tuple[str, ...] = OF_CLASSES


def chance(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def h2(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, 1e-15, 1 - 1e-15)
    return -p * np.log2(p) - (1 - p) * np.log2(1 - p)


def phase() -> np.ndarray:
    """Of the day at the ends of steps of ten minutes."""
    return 2 * np.pi * 600 * np.arange(1, ROWS + 1) / 86_400


def shown(signal: np.ndarray, rng: np.random.Generator, noise: float = 0.3) -> np.ndarray:
    return signal[:, None] + noise * rng.normal(size=(len(signal), 1))


def windows_of(arrays, y, step_s: float = 600.0, **how) -> ip.Windows:
    return ip.windows_from_arrays(arrays, y, steps=1, step_s=step_s, **how)


# ---- nothing is told beside what is given ------------------------------------------------------------------


def hours(seed: int) -> Draw:
    """Hours of the day, 24 values, drive the label by a step and what three sources show."""
    rng = np.random.default_rng(seed)
    hour = np.arange(1, ROWS + 1) % 24
    y = (rng.random(ROWS) < 0.15 + 0.7 * (hour < 12)).astype(int)
    x = {f"x{k}": shown(np.sin(2 * np.pi * hour / 24 + 0.4 * k), rng) for k in range(3)}
    return of_pairs(windows_of(x, y, 3600.0), {})


def sinusoid(seed: int) -> Draw:
    """A sinusoid of the day drives the chance of the label and what three sources show."""
    rng = np.random.default_rng(seed)
    y = (rng.random(ROWS) < chance(3 * np.sin(phase() + 0.3))).astype(int)
    x = {f"x{k}": shown(np.sin(phase() + 0.3 + 0.2 * k), rng) for k in range(3)}
    return of_pairs(windows_of(x, y), {})


def protocol(seed: int) -> Draw:
    """Twenty people go through the same five phases; sources drift over the session and tell nothing else."""
    rng = np.random.default_rng(seed)
    minute, who = np.tile(np.arange(100), 20), np.arange(20).repeat(100)
    y = np.digitize(minute, [15, 40, 55, 85])
    x = {f"x{k}": shown((minute / 50 - 1) ** (k + 1), rng) for k in range(3)}
    return of_pairs(windows_of(x, y, 60.0, entity=who), {})


def of_people(seed: int, *, number: bool = False, tells: bool = False) -> Draw:
    """Twenty people; their level drives the label and offsets what sources show. Only if it `tells` one of them shows
    what drives the label within people."""
    rng = np.random.default_rng(seed)
    who = np.arange(20).repeat(ROWS // 20)
    level, offset, z = rng.normal(size=20), 3 * rng.normal(size=20), rng.normal(size=ROWS)
    score = z + 1.5 * level[who] + 0.7 * rng.normal(size=ROWS)
    x = {
        "within": offset[who][:, None] + (z[:, None] if tells else rng.normal(size=(ROWS, 1))),
        "level": shown(level[who], rng),
        "both": shown(level[who] + offset[who], rng),
    }
    y = score if number else (score > 0).astype(int)
    if not tells:
        truth = 0.0
    elif number:
        truth = 0.5 * np.log2(1 + 1 / 0.49)
    else:
        p = norm.cdf((NORMAL[:, None] + 1.5 * level) / 0.7)
        truth = float(np.mean(h2(WEIGHT @ p) - WEIGHT @ h2(p)))
    pairs = {(0, k): (0.0, truth, 0.0, 0.0) for k in (1, 2)} if tells else {}
    return of_pairs(windows_of(x, y, entity=who, **({"classes": ()} if number else {})), pairs)


def sinusoid_of_numbers(seed: int, *, tells: bool = False) -> Draw:
    """A bent sinusoid of the day drives a number and what two sources show; a third shows what is beside it, or it."""
    rng = np.random.default_rng(seed)
    level, a = np.sin(phase() + 0.3), rng.normal(size=ROWS)
    x = {f"x{k}": shown(np.sin(phase() + 0.3 + 0.2 * k), rng) for k in range(2)}
    x["a"] = (a + level)[:, None] if tells else shown(level, rng)
    y = np.exp(level) + (a if tells else 0.0) + rng.normal(size=ROWS)
    pairs = {(k, 2): (0.0, 0.0, 0.5, 0.0) for k in range(2)} if tells else {}
    return of_pairs(windows_of(x, y, classes=()), pairs)


# ---- something is told beside it ---------------------------------------------------------------------------


def bit_beside(seed: int) -> Draw:
    """A bit tells beside a sinusoid of the day; one source shows it mixed with the sinusoid, one by itself."""
    rng = np.random.default_rng(seed)
    level, bit = np.sin(phase()), rng.integers(0, 2, ROWS)
    y = (rng.random(ROWS) < chance(3 * level + 3 * (bit - 0.5))).astype(int)
    x = {"clocked": shown(level, rng), "mixed": shown(bit + level, rng, 0.05), "bit": shown(bit, rng, 0.1)}
    high, low = chance(3 * np.sin(DAY) + 1.5), chance(3 * np.sin(DAY) - 1.5)
    told = float(np.mean(h2((high + low) / 2) - (h2(high) + h2(low)) / 2))
    pairs = {(0, 1): (0, 0, told, 0), (0, 2): (0, 0, told, 0), (1, 2): (told, 0, 0, 0)}
    return of_pairs(windows_of(x, y), pairs)


def three_bits(seed: int) -> Draw:
    """The label is an exclusive or of three bits, one of which is given; 5 % of labels are wrong."""
    rng = np.random.default_rng(seed)
    a, b, c = rng.integers(0, 2, (3, ROWS))
    y = a ^ b ^ c ^ (rng.random(ROWS) < 0.05)
    x = {"a": shown(a, rng, 0.1), "b": shown(b, rng, 0.1), "noise": rng.normal(size=(ROWS, 2))}
    x["c"] = c[:, None].astype(float)
    draw = of_pairs(windows_of(x, y), {(0, 1): (0, 0, 0, float(1 - h2(np.array(0.05))))})
    return Draw(
        windows=draw.windows,
        **{name: getattr(draw, name)[:3, :3] for name in PAIR_ATOMS},
    )


NUMBERS = ("GaussianPID",)
SCENARIOS: dict[str, Scenario] = {
    "hours drive all": Scenario(draw=hours),
    "a sinusoid of the day drives all": Scenario(draw=sinusoid),
    "a protocol that all share": Scenario(draw=protocol, given="clock"),
    "levels of people drive all": Scenario(draw=of_people, given="entity"),
    "a bit beside the sinusoid": Scenario(draw=bit_beside),
    "an exclusive or with what is given": Scenario(draw=three_bits, given="c"),
    "one source tells within people": Scenario(draw=lambda seed: of_people(seed, tells=True), given="entity"),
    "a sinusoid drives all, numbers": Scenario(draw=sinusoid_of_numbers, estimators=NUMBERS),
    "levels of people drive all, numbers": Scenario(
        draw=lambda seed: of_people(seed, number=True), given="entity", estimators=NUMBERS
    ),
    "a number beside the sinusoid": Scenario(
        draw=lambda seed: sinusoid_of_numbers(seed, tells=True), estimators=NUMBERS
    ),
    "one source tells within people, numbers": Scenario(
        draw=lambda seed: of_people(seed, number=True, tells=True), given="entity", estimators=NUMBERS
    ),
}


# ---- running and reporting ---------------------------------------------------------------------------------


def measured(draw: Draw, estimator: BaseRUS) -> dict:
    """False sentences, findings, errors and intervals of one fit."""
    started = time.perf_counter()
    profile = ip.TemporalRUS(estimator, progress=lambda done: None).fit(draw.windows).profile_
    row = {"seconds": time.perf_counter() - started} | findings(draw, profile)
    errors, covered = [], []
    upper = np.triu(np.ones(draw.redundancy.shape[:2], dtype=bool), 1)
    for atom in PAIR_ATOMS:
        where = upper | upper.T if atom == "unique" else upper
        exact, value = getattr(draw, atom)[where], profile.dataset[atom].values[where]
        off = np.abs(value - exact)
        errors += off.ravel().tolist()
        inside = off <= Z_95 * profile.dataset[f"{atom}_stderr"].values[where]
        covered += inside[exact > 0].tolist()
    return row | {"mean_error": float(np.mean(errors)), "covered": covered}


def one_profile(scenario: str, estimator: str, seed: int) -> dict:
    """What one seed gives."""
    asked = SCENARIOS[scenario]
    row = {"scenario": scenario, "estimator": estimator, "seed": seed}
    return row | measured(asked.draw(seed), ESTIMATORS[estimator](given=asked.given))


def key(row: dict) -> tuple[str, str, int]:
    return row["scenario"], row["estimator"], row["seed"]


def wanted(seeds: int) -> list[tuple[str, str, int]]:
    return [
        (name, estimator, seed)
        for seed in range(seeds)
        for name, scenario in SCENARIOS.items()
        for estimator in scenario.estimators
    ]


def summary(rows: list[dict]) -> str:
    """A line for each estimator and scenario, and what columns mean above them."""
    frame = pd.DataFrame(rows).sort_values(["estimator", "scenario", "seed"])
    table = []
    for (estimator, scenario), part in frame.groupby(["estimator", "scenario"], sort=False):
        n_false = int(sum(sum(each.values()) > 0 for each in part["false"]))
        covered, worth = np.concatenate(list(part["covered"])), int(part["worth_finding"].sum())
        table.append(
            {
                "estimator": estimator,
                "scenario": scenario,
                "profiles": len(part),
                "with a false sentence": n_false,
                "at most (95 %)": f"{at_most(n_false, len(part)):.1%}",
                "found of what is there": f"{part['found'].sum():,} of {worth:,}" if worth else "",
                "covered": f"{np.mean(covered):.0%}" if len(covered) else "",
                "mean error, bits": float(part["mean_error"].mean()),
                "median seconds": float(part["seconds"].median()),
            }
        )
    lines = [
        f"{days(rows)}, {machine()}, one thread a profile; {frame['seconds'].sum() / 3600:.2f} hours of work. Seconds "
        "are upper bounds where other work ran on the machine.",
        "",
        "Estimators have their defaults. A false sentence is one about an atom that is exactly zero; *at most* is the "
        "upper end of the one-sided interval of the share of profiles with any. *Covered* are the atoms that are not "
        "zero by their 95 % intervals.",
        "",
        markdown(pd.DataFrame(table).set_index("estimator")),
    ]
    return "\n".join(lines) + "\n"


def report(rows: list[dict]) -> str:
    return (
        f"# Atoms given a confounder\n\n{ROWS:,} rows a profile. Without what is given, each source of the scenarios "
        f"of which something drives all tells of the target.\n\n{summary(rows)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    path = options.out / "given.jsonl"
    run_jobs(wanted(options.seeds), one_profile, path, key=key, processes=options.jobs)
    (options.out / "given.md").write_text(report(read_rows(path)))


if __name__ == "__main__":
    # workers find the scenarios by the module's own name; what stands in __main__ would have to be sent to them
    from benchmarks import given

    given.main()
