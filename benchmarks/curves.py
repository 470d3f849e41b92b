"""Numbers as targets that curves lead to: how often intervals cover the atoms, and how often a sentence is false.

Every job is one seed of one scenario, asked of `DensityPID` and for comparison of `GaussianPID`, with their defaults.
Run with ``python -m benchmarks.curves``; appends to `benchmarks/results/curves.jsonl` and writes `curves.md`. An
interrupted run continues.
"""

import argparse
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import numpy as np
from scipy.stats import norm

import interplay as ip
from benchmarks.draws import Draw, of_pairs
from benchmarks.false_findings import linear_partners, noise_of_numbers, slow_numbers
from benchmarks.given import key, measured, sinusoid_of_numbers, summary
from benchmarks.records import read_rows, run_jobs
from interplay.estimators import BaseRUS, DensityPID, GaussianPID

RESULTS = Path(__file__).parent / "results"
ESTIMATORS: dict[str, type[BaseRUS]] = {"DensityPID": DensityPID, "GaussianPID": GaussianPID}
SEEDS, ROWS = 20, 2000
GRID = np.linspace(-5, 5, 121)
WEIGHT = norm.pdf(GRID) / norm.pdf(GRID).sum()
FORMS: dict[str, tuple[Callable, float]] = {
    "product": (lambda a, b: a * b, 0.7),
    "square": (lambda a, b: a**2 + 0 * b, 0.7),
    "distance": (lambda a, b: np.abs(a - b), 0.5),
    "sum": (lambda a, b: a + 0.5 * b, 0.7),
}


@cache
def informations(form: str) -> tuple[float, float, float]:
    """I1, I2 and I12 of y = f(a, b) + noise with a and b standard normal, by numerical integration, bits."""
    f, sd = FORMS[form]
    centre = f(GRID[:, None], GRID)
    y = np.linspace(centre.min() - 5 * sd, centre.max() + 5 * sd, 800)
    given_both = norm.pdf((y - centre[..., None]) / sd) / sd
    given_a = np.einsum("aby,b->ay", given_both, WEIGHT)
    given_b = np.einsum("aby,a->by", given_both, WEIGHT)

    def entropy(p: np.ndarray) -> np.ndarray:
        return -(p * np.log2(np.maximum(p, 1e-300))).sum(-1) * (y[1] - y[0])

    of_y, noise = entropy(WEIGHT @ given_a), np.log2(sd * np.sqrt(2 * np.pi * np.e))
    return of_y - WEIGHT @ entropy(given_a), of_y - WEIGHT @ entropy(given_b), of_y - noise


def of_form(form: str, seed: int) -> Draw:
    """y = f(a, b) + noise, and a third source that tells nothing.

    Redundant is what the weaker of a and b tells: of a Gaussian number (Barrett, 2015), and where both see the target
    alike, or the one not at all.
    """
    f, sd = FORMS[form]
    rng = np.random.default_rng(seed)
    x = {name: rng.normal(size=(ROWS, 1)) for name in ("a", "b", "noise")}
    y = f(x["a"], x["b"])[:, 0] + sd * rng.normal(size=ROWS)
    one, two, both = (max(0.0, bits) if bits > 1e-6 else 0.0 for bits in informations(form))
    if form == "square":
        both = one
    if form in ("product", "distance"):
        two = one
    pairs = {(0, 1): (two, one - two, 0.0, both - one), (0, 2): (0, one, 0, 0), (1, 2): (0, two, 0, 0)}
    return of_pairs(ip.windows_from_arrays(x, y, steps=1, classes=()), pairs)


def told_beside_a_clock(seed: int) -> Draw:
    return sinusoid_of_numbers(seed, tells=True)


SCENARIOS: dict[str, Callable[[int], Draw]] = {
    "noise": noise_of_numbers,
    "slow streams": slow_numbers,
    "three noise partners": linear_partners,
    "a sinusoid drives all, given the time of day": sinusoid_of_numbers,
    "a number beside the sinusoid, given the time of day": told_beside_a_clock,
}


def one_profile(scenario: str, estimator: str, seed: int) -> dict:
    """What one seed gives."""
    draw = of_form(scenario, seed) if scenario in FORMS else SCENARIOS[scenario](seed)
    given = "time_of_day" if scenario.endswith("given the time of day") else None
    row = {"scenario": scenario, "estimator": estimator, "seed": seed}
    return row | measured(draw, ESTIMATORS[estimator](given=given))


def wanted(names: Iterable[str], seeds: int) -> list[tuple[str, str, int]]:
    return [(name, estimator, seed) for seed in range(seeds) for name in names for estimator in ESTIMATORS]


def report(rows: list[dict]) -> str:
    truth = ", ".join(f"{form}: {' / '.join(f'{bits:.3f}' for bits in informations(form))}" for form in FORMS)
    return (
        f"# Numbers that curves lead to\n\nForms are y = f(a, b) + noise of {ROWS:,} rows, beside a source that tells "
        f"nothing; a, b and both of them tell, in bits, {truth}.\n\n{summary(rows)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--scenarios", nargs="+", default=[*FORMS, *SCENARIOS], choices=[*FORMS, *SCENARIOS])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    path = options.out / "curves.jsonl"
    run_jobs(wanted(options.scenarios, options.seeds), one_profile, path, key=key, processes=options.jobs)
    (options.out / "curves.md").write_text(report(read_rows(path)))


if __name__ == "__main__":
    # workers find the scenarios by the module's own name; what stands in __main__ would have to be sent to them
    from benchmarks import curves

    curves.main()
