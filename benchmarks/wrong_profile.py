"""What does a wrong profile cost, and do thresholds and weights of the guidance matter?

Planted windows (see `benchmarks.planted`: one modality tells a bit, a pair another by its product) under a profile that
was estimated from them and then spoilt, or that was estimated from a few other windows; and under the profile as it is,
with other thresholds and weights. "Doubted" is ``model.context: auto``. Jobs are (windows, seed, trial); each result is
added to benchmarks/results/wrong_profile.jsonl, from which an interrupted run goes on, and the table is written beside
it. Run with ``python -m benchmarks.wrong_profile``.
"""

import time
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pandas as pd

import interplay as ip
from benchmarks.planted import shuffled
from benchmarks.records import days, machine, markdown, run_draws
from interplay.profile import InteractionProfile
from interplay.synthetic import planted_ceiling, planted_windows
from interplay.train import make_recipe

RESULTS = Path(__file__).parent / "results" / "wrong_profile.jsonl"
N_TEST = 20_000
OTHERS = 250
"""Windows of a small study of others."""
ATOMS, INTERACTIONS = ("redundancy", "unique", "synergy"), ("redundancy", "uniqueness", "synergy")
"""Names of atoms in a profile, and of the losses on them."""

Spoil = Callable[[InteractionProfile, int], InteractionProfile]
"""From a profile and a seed to another of the same modalities and lags."""


def as_it_is(profile: InteractionProfile, seed: int) -> InteractionProfile:
    """Not spoilt."""
    return profile


def lags_off(profile: InteractionProfile, seed: int, *, by: int) -> InteractionProfile:
    """Every significant atom so many steps too late, the last of them first."""
    atoms = {name: np.roll(atom, by, axis=-1) for name, atom in significant(profile).items()}
    return of_atoms(profile, atoms)


def with_noise(profile: InteractionProfile, seed: int, *, share: float) -> InteractionProfile:
    """On every pair and lag up to so much of the largest significant atom of all."""
    rng = np.random.default_rng(seed)
    atoms = significant(profile)
    most = share * max(atom.max() for atom in atoms.values())
    return of_atoms(
        profile, {name: atom + _mirrored(rng.uniform(0.0, most, atom.shape)) for name, atom in atoms.items()}
    )


def above(profile: InteractionProfile, seed: int, *, share: float) -> InteractionProfile:
    """Atoms above so much of the largest of their kind, whatever their error; with 0 every one that is positive."""
    atoms = positive(profile)
    return of_atoms(
        profile, {name: np.where(atom >= share * atom.max(), atom, 0.0) for name, atom in atoms.items()}
    )


def of_others(profile: InteractionProfile, seed: int) -> InteractionProfile:
    """Estimated from a few windows on which nobody trains."""
    return ip.TemporalRUS(ip.PosteriorPID(random_state=seed)).fit(drawn(OTHERS, 1000 + seed)).profile_


def positive(profile: InteractionProfile) -> dict[str, np.ndarray]:
    """Atoms (M, M, L) by name, 0 where they are not positive or not known."""
    return {name: np.nan_to_num(profile.dataset[name].values).clip(min=0.0) for name in ATOMS}


def significant(profile: InteractionProfile) -> dict[str, np.ndarray]:
    """The same, 0 also where they are not significant."""
    return {name: np.where(profile.significant(name), atom, 0.0) for name, atom in positive(profile).items()}


def of_atoms(like: InteractionProfile, atoms: Mapping[str, np.ndarray]) -> InteractionProfile:
    """A profile of such atoms with nothing known against them."""
    apart = ~np.eye(len(like.modalities), dtype=bool)[..., None]
    return InteractionProfile.from_arrays(
        like.modalities,
        lags=like.dataset["lag"].values,
        step_s=1.0,
        h_y_bits=like.h_y_bits,
        entities=(),
        **{name: atom * apart for name, atom in atoms.items()},
    )


def _mirrored(values: np.ndarray) -> np.ndarray:
    """Of a pair (i, j) what stands at (j, i), where i > j."""
    upper = np.triu(np.ones(values.shape[:2], dtype=bool))[..., None]
    return np.where(upper, values, values.swapaxes(0, 1))


def _weights(times: float) -> dict[str, object]:
    """Settings that give each loss on interactions so many times its weight in the default network."""
    losses = make_recipe("network").losses
    return {f"losses.{name}.weight": times * losses[name].settings["weight"] for name in INTERACTIONS}


TRIALS: dict[str, tuple[Spoil | None, dict]] = {
    "no profile": (None, {}),
    "as it is": (as_it_is, {}),
    "as it is, doubted": (as_it_is, {"model.context": "auto"}),
    "shuffled": (shuffled, {}),
    "shuffled, doubted": (shuffled, {"model.context": "auto"}),
    "a lag off": (partial(lags_off, by=1), {}),
    "a lag off, doubted": (partial(lags_off, by=1), {"model.context": "auto"}),
    "noise up to a quarter": (partial(with_noise, share=0.25), {}),
    "noise up to all": (partial(with_noise, share=1.0), {}),
    "noise up to all, doubted": (partial(with_noise, share=1.0), {"model.context": "auto"}),
    f"of {OTHERS} other windows": (of_others, {}),
    "every positive atom counts": (partial(above, share=0.0), {}),
    "atoms above half of the largest count": (partial(above, share=0.5), {}),
    "losses without weight": (as_it_is, _weights(0.0)),
    "losses of ten times their weight": (as_it_is, _weights(10.0)),
    "attention and pooling not guided": (as_it_is, {"model.guided": False}),
}
"""How a profile is spoilt, None for none, and settings."""


def drawn(n: int, seed: int) -> ip.Windows:
    """Planted windows."""
    draw = planted_windows(n, random_state=100 * seed)
    return ip.windows_from_arrays(draw.arrays, draw.y, classes="0123")


@lru_cache(maxsize=1)
def measured(size: int, seed: int) -> tuple[ip.Windows, InteractionProfile]:
    """Training windows and their profile, for one trial after the other."""
    train = drawn(size, seed)
    return train, ip.TemporalRUS(ip.PosteriorPID(random_state=seed)).fit(train).profile_


def one_row(size: int, seed: int, trial: str) -> dict[str, object]:
    """Train and test under one profile."""
    train, profile = measured(size, seed)
    spoil, settings = TRIALS[trial]
    started = time.process_time()
    run = ip.fit(
        train,
        profile=None if spoil is None else spoil(profile, seed),
        recipe="network",
        settings=settings,
        seed=seed,
        rivals=False,
    )
    seconds = time.process_time() - started
    rows = run.predict(drawn(N_TEST, 5000 + seed))
    return {
        "size": size,
        "seed": seed,
        "trial": trial,
        "accuracy": float((rows["label"] == rows["predicted"]).mean()),
        "seconds": round(seconds, 1),
    }


def page(rows: list[dict]) -> str:
    """The table; differences to no profile are of the same draws."""
    table = pd.DataFrame(rows)
    text = [
        "# Wrong profiles",
        "",
        f"`python -m benchmarks.wrong_profile`, {days(rows)}, {machine()}, one thread; seconds of the processor. "
        f"{N_TEST:,} test windows; {planted_ceiling():.4f} is the best there can be.",
    ]
    for size, of_size in table.groupby("size"):
        accuracy = of_size.pivot(index="trial", columns="seed", values="accuracy")
        apart = accuracy - accuracy.loc["no profile"]
        means = pd.DataFrame(
            {
                "seeds": accuracy.notna().sum(axis=1),
                "accuracy": accuracy.mean(axis=1),
                "more than without": apart.mean(axis=1),
                "least": apart.min(axis=1),
                "most": apart.max(axis=1),
                "seconds": of_size.groupby("trial")["seconds"].mean(),
            }
        ).loc[[name for name in TRIALS if name in accuracy.index]]
        text += ["", f"## {size:,} training windows", "", markdown(means.rename_axis("profile"))]
    return "\n".join(text) + "\n"


def main() -> None:
    """Measure what is missing, and write the page."""
    run_draws(__doc__.split("\n")[0], "trial", TRIALS, [500, 2000], one_row, RESULTS, page)


if __name__ == "__main__":
    # workers find the functions by the module's own name
    from benchmarks import wrong_profile

    wrong_profile.main()
