"""What was measured, for the page: the profile as flat arrays, and which atoms stand clear of chance.

Letters: M modalities, P pairs i < j in row order, L lags, or bins of time since an event.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from interplay.profile import InteractionProfile
from interplay.profile.budget import all_bits, budgets
from interplay.profile.novelty import ALONE, significant_novel
from interplay.profile.significance import significant_atoms
from interplay.profile.time_axis import TimeAxis, is_since_event
from interplay.selection.selection import ENOUGH


@dataclass(frozen=True, kw_only=True, slots=True)
class AtomTable:
    """One atom of every pair at every lag.

    Attributes
    ----------
    first, second : (R,) int64, modality numbers; for "unique" all ordered pairs, else i < j
    bits, stderr : (R, L) float64, bits; `stderr` is NaN where the profile has none
    clear : (R, L) bool
    """

    first: np.ndarray
    second: np.ndarray
    bits: np.ndarray
    stderr: np.ndarray
    clear: np.ndarray


def atom_table(profile: InteractionProfile, atom: str) -> AtomTable:
    """One atom as rows; `clear` says which values are significant (`interplay.profile.significance`)."""
    d = profile.dataset
    off = ~np.eye(len(profile.modalities), dtype=bool)
    i, j = np.nonzero(off if atom == "unique" else np.triu(off))
    values = d[atom].values[i, j]
    name = f"{atom}_stderr"
    error = d[name].values[i, j] if name in d else np.full_like(values, np.nan)
    clear = significant_atoms(d, atom)[i, j]
    return AtomTable(first=i, second=j, bits=values, stderr=error, clear=clear)


def profile_data(profile: InteractionProfile) -> dict[str, object]:
    """The profile as the page reads it: arrays over pairs i < j, then lags; None where it has no such values."""
    d = profile.dataset
    i, j = np.triu_indices(len(profile.modalities), 1)
    sides = {
        "r": ("redundancy", i, j),
        "u1": ("unique", i, j),
        "u2": ("unique", j, i),
        "s": ("synergy", i, j),
        "joint": ("joint_mi", i, j),
    }
    data: dict[str, object] = {
        "time": time_data(profile.axis) | {"backwards": not is_since_event(d)},
        "entropy": profile.h_y_bits,
        "mi": d["mi"].transpose("source", "lag").values,
        "mi_error": d["mi_stderr"].transpose("source", "lag").values if "mi_stderr" in d else None,
    }
    for key, (name, a, b) in sides.items():
        data[key] = d[name].values[a, b].ravel()
        data[f"{key}_clear"] = significant_atoms(d, name)[a, b].ravel()
        data[f"{key}_error"] = d[f"{name}_stderr"].values[a, b].ravel() if f"{name}_stderr" in d else None
    for key in ("p", "q"):
        data[key] = d[f"{key}_value"].values[i, j].ravel() if f"{key}_value" in d else None
    return data


def time_data(axis: TimeAxis) -> dict[str, object]:
    """What the page calls the time of the profile, and for each moment what is written of it and where it stands."""
    return {
        "name": axis.name,
        "over": axis.over,
        "several": axis.several,
        "preposition": axis.preposition,
        "title": f"{axis.name} ({axis.unit})",
        "at": axis.at,
        "ticks": axis.edges if len(axis.edges) else axis.at,
        "labels": axis.labels,
        "points": axis.points,
        "when": axis.when,
        "heads": list(axis.headed),
        "cells": np.stack([*axis.headed.values()], axis=1) if axis.headed else [[]] * len(axis.at),
    }


def news_data(profile: InteractionProfile) -> dict[str, object]:
    """What is new at each lag of each modality, rows of modalities; nothing where it was not measured."""
    if ALONE not in profile.dataset:
        return {}
    d = profile.dataset.transpose(..., "lag")
    return {
        "bits": d[ALONE].values,
        "error": d[f"{ALONE}_stderr"].values,
        "clear": significant_novel(d),
    }


MOST_KEPT = 10
"""Sizes of sets of modalities that are looked for."""


def budget_data(profile: InteractionProfile | None) -> list[dict[str, Any]]:
    """What the best sets of modalities of each size tell jointly, and all together; nothing without pairs."""
    if profile is None or len(profile.modalities) < 2:
        return []
    everything = all_bits(profile)
    n = len(profile.modalities)
    rows: list[dict[str, Any]] = [
        {"k": len(one.modalities), "bits": one.bits, "modalities": ", ".join(one.modalities)}
        for one in budgets(profile, min(n, MOST_KEPT))
    ]
    if n > MOST_KEPT:
        rows.append({"k": n, "bits": everything, "modalities": "all"})
    # noise may let a part seem to tell more than all
    most = max(everything, *(row["bits"] for row in rows))
    return [row | {"share": row["bits"] / most if most > 0 else None} for row in rows]


def enough_sentence(profile: InteractionProfile | None) -> str:
    """How few modalities tell nearly all; empty without pairs, or where nothing is told."""
    rows = budget_data(profile)
    enough = next((row for row in rows if row["share"] is not None and row["share"] >= ENOUGH), None)
    if enough is None:
        return ""
    most = enough["bits"] / enough["share"]
    return (
        f"{enough['k']} of {rows[-1]['k']} modalities {'keeps' if enough['k'] == 1 else 'keep'} "
        f"{100 * enough['share']:.0f} % of what all tell: {enough['modalities']} ({enough['bits']:.2f} of {most:.2f} "
        "bits, as far as single modalities and pairs say)."
    )


def groups_of(names) -> dict[str, list[int]]:
    """Modality numbers by the part of their names before the first "_"; empty where that joins none of them."""
    groups: dict[str, list[int]] = {}
    for k, name in enumerate(names):
        groups.setdefault(name.split("_", 1)[0], []).append(k)
    return groups if 1 < len(groups) < len(names) else {}
