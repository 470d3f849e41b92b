"""Settings and data in words, a fact a row, and which of them differ."""

from collections.abc import Mapping, Sequence

import pandas as pd

from interplay.profile import InteractionProfile
from interplay.train import Run

Facts = Mapping[str, str]
"""Name of a setting -> its value in words."""

ABSENT = "–"
LONGEST = 160
"""Letters of a value that are shown; all of them are compared."""


def differing(facts: Sequence[Facts], names: Sequence[str]) -> pd.DataFrame:
    """Facts that are not the same for all, a row each under ``setting``, with a column for each name."""
    settings = list(dict.fromkeys(setting for one in facts for setting in one))
    rows = [[one.get(setting, ABSENT) for one in facts] for setting in settings]
    differ = [len(set(row)) > 1 for row in rows]
    short = [[_shortened(value) for value in row] for row in rows]
    table = pd.DataFrame(short, index=pd.Index(settings, name="setting"), columns=list(names), dtype=object)
    return table[differ]


def facts_of_profile(profile: InteractionProfile) -> dict[str, str]:
    """What the numbers of a profile depend on."""
    attrs = profile.dataset.attrs
    facts = {
        "estimator": attrs.get("estimator", ABSENT),
        **{f"estimator.{name}": value for name, value in dict(attrs.get("parameters") or {}).items()},
        "measure of redundancy": attrs.get("measure", ABSENT),
        "step": f"{profile.step_s:g} s",
        "known past of the target": attrs.get("target_history", 0),
        "given": _listed(profile.given),
        "entropy of the target": f"{profile.h_y_bits:.3f} bits",
        "windows": attrs.get("n_examples", ABSENT),
        "entities": len(profile.entities) or ABSENT,
    }
    return {name: str(value) for name, value in facts.items()}


def facts_of_run(run: Run) -> dict[str, str]:
    """The data, the profile and every setting of the recipe of a run."""
    options = {f"windows.{name}": value for name, value in run.split.options.items()}
    facts = {
        "data": data_name(run.data.card, run.split.source),
        "modalities": _listed(run.schema.modalities),
        "side inputs": _listed(run.schema.static),
        "windows.step_s": run.schema.step_s,
        "windows.steps": run.schema.steps,
        **options,
        "training windows": f"{run.data.n_windows:,}",
        "training entities": _listed(run.data.entities),
        "profile": "none" if run.profile is None else _profile_in_words(run.profile),
        "seed": run.seed,
        **flat(run.recipe.to_dict()),
    }
    return {name: str(value) for name, value in facts.items()}


def data_name(card: Mapping | None, source: str) -> str:
    """What the data of a run are called: by their card, else by where they were read from."""
    return str((card or {}).get("name") or source or ABSENT)


def flat(settings: Mapping, before: str = "") -> dict[str, object]:
    """Nested settings by their dotted names."""
    named: dict[str, object] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            named |= flat(value, f"{before}{name}.")
        else:
            named[f"{before}{name}"] = value
    return named


def _profile_in_words(profile: InteractionProfile) -> str:
    estimator = profile.dataset.attrs.get("estimator", "unknown")
    return f"{estimator}, {len(profile.modalities)} modalities at {len(profile.lag_s)} lags"


def _listed(names: Sequence[str]) -> str:
    """How many there are, and their names."""
    return f"{len(names)}: {', '.join(map(str, names))}" if names else ABSENT


def _shortened(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"
