"""Quantities of intensive care that belong together as one modality: a panel, with a row for each hour of a stay."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from interplay.datasets.icu.concepts import CONCEPTS, DRUGS, LABS, URINE, USUAL, VITALS
from interplay.datasets.icu.doses import HOUR_S, hourly_amounts
from interplay.datasets.icu.events import news
from interplay.types import Stream

PANELS: dict[str, tuple[str, ...]] = {
    "vitals": tuple(VITALS),
    "labs": tuple(LABS),
    "urine": tuple(URINE),
    "drugs": tuple(DRUGS),
}
"""Four modalities of all that is measured and given."""

NEVER_S = 7 * 24 * HOUR_S
"""How old a value counts that was never measured, s."""


def measured_panel(measured: Mapping[str, pd.DataFrame], concepts: tuple[str, ...], n_hours: int) -> Stream:
    """What is known of some concepts at the end of each hour, and for how long.

    A value stands until the next is known; before the first, the usual value of a healthy adult stands for it, as
    clinicians assume of what they do not measure (Harutyunyan et al., Scientific Data 2019).

    Parameters
    ----------
    measured : concept -> its rows in one stay, columns taken_s, known_s, value
    concepts : names
    n_hours : int

    Returns
    -------
    Stream
        Events at the ends of the hours: a channel for the value of each concept, then one for the age of each,
        log(1 + s since it was taken).
    """
    at_s = _ends(n_hours)
    value = np.tile([USUAL[name] for name in concepts], (n_hours, 1))
    age_s = np.full(value.shape, NEVER_S)
    for c, name in enumerate(concepts):
        rows = measured.get(name)
        if rows is None:
            continue
        rows = rows.iloc[news(rows)]
        last = np.searchsorted(rows["known_s"].to_numpy(), at_s, side="right") - 1
        known = last >= 0
        value[known, c] = rows["value"].to_numpy(float)[last[known]]
        age_s[known, c] = at_s[known] - rows["taken_s"].to_numpy(float)[last[known]]
    return Stream(
        values=np.concatenate([value, np.log1p(age_s)], axis=1).astype(np.float32),
        times_s=at_s,
        channels=(*concepts, *(f"{name}_age" for name in concepts)),
        units=(*(CONCEPTS[name].unit for name in concepts), *("" for _ in concepts)),
    )


def given_panel(given: Mapping[str, pd.DataFrame], drugs: tuple[str, ...], n_hours: int) -> Stream:
    """Amounts of some drugs in each hour, as events at the ends of the hours; 0 where none is recorded.

    Each is log(1 + amount): responses to a drug go with the logarithm of its dose, and few are given much.

    Parameters
    ----------
    given : drug -> its rows in one stay, as in `IcuTables.given`
    drugs : names
    n_hours : int
    """
    values = np.zeros((n_hours, len(drugs)), dtype=np.float32)
    for c, name in enumerate(drugs):
        if name in given:
            values[:, c] = np.log1p(hourly_amounts(given[name], n_hours))
    return Stream(
        values=values,
        times_s=_ends(n_hours),
        channels=drugs,
        units=tuple(f"log(1 + {DRUGS[name].unit})" for name in drugs),
    )


def describe_panels() -> dict[str, str]:
    """Modality name -> what it is, in the words of a card."""
    texts = {}
    for panel, names in PANELS.items():
        listed = ", ".join(names)
        if panel == "drugs":
            texts[panel] = f"{len(names)} channels, log(1 + amount given in each hour): {listed}"
        else:
            texts[panel] = f"{2 * len(names)} channels at each hour, last value known and its age: {listed}"
    return texts


def _ends(n_hours: int) -> np.ndarray:
    return HOUR_S * np.arange(1, n_hours + 1)
