"""Rows of intensive-care tables become events of stays: on one clock, in one unit, without impossible values.

Times are seconds since admission to intensive care. What is measured has two: `taken_s`, when, and `known_s`, from when
on a model may see it, which is when it was stored, if that is told and later.
"""

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd

from interplay.datasets.icu.concepts import CONCEPTS, GCS_PARTS, Measured
from interplay.errors import DamagedFile, DataWarning
from interplay.types import Stream


def items_of_labs(d_labitems: pd.DataFrame) -> pd.DataFrame:
    """Item ids of the blood tests, (itemid -> concept), by their labels in `d_labitems`."""
    blood = d_labitems[d_labitems["fluid"].str.strip().str.lower() == "blood"]
    label = blood["label"].str.strip().str.lower()
    concept_of = {}
    for name, concept in CONCEPTS.items():
        wanted = [text.lower() for text in concept.labels]
        items = blood["itemid"][label.isin(wanted)]
        if wanted and items.empty:
            raise DamagedFile(f"d_labitems must list the blood test {concept.labels[0]!r}; it does not.")
        concept_of |= dict.fromkeys(items.astype(int), name)
    return pd.DataFrame({"concept": pd.Series(concept_of), "factor": 1.0, "offset": 0.0})


def items_of_charts(concepts: Mapping[str, Measured] = CONCEPTS | GCS_PARTS) -> pd.DataFrame:
    """Item ids of the bedside, (itemid -> concept, factor, offset)."""
    rows = {
        item: (name, *conversion) for name, c in concepts.items() for item, conversion in c.charted.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["concept", "factor", "offset"])


def measured_events(rows: pd.DataFrame, items: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    """Measurements taken within a stay, as in `IcuTables.measured`.

    Parameters
    ----------
    rows : columns subject_id, itemid, taken, stored (NaT: unknown), value; and unit for laboratory rows
    items : from `items_of_labs` or `items_of_charts`
    stays : as in `IcuTables`
    """
    rows = rows[rows["itemid"].isin(items.index) & rows["value"].notna() & rows["taken"].notna()]
    rows = _within_stays(rows, stays)
    of_item = items.reindex(rows["itemid"])
    value = rows["value"].to_numpy(float) * of_item["factor"].to_numpy() + of_item["offset"].to_numpy()
    concept = of_item["concept"].to_numpy()
    if "unit" in rows:
        value[~_in_unit(concept, rows["unit"])] = np.inf
    taken_s = seconds_of(rows["taken"] - rows["intime"])
    return pd.DataFrame(
        {
            "stay": rows["stay"].to_numpy(np.int64),
            "concept": pd.Categorical(concept, categories=[*CONCEPTS, *GCS_PARTS]),
            "taken_s": taken_s,
            # NaN where nothing is stored, which fmax passes over
            "known_s": np.fmax(taken_s, seconds_of(rows["stored"] - rows["intime"])),
            "value": value.astype(np.float32),
        }
    )


def sound_events(events: pd.DataFrame) -> pd.DataFrame:
    """The same without repeated rows and impossible values, which are counted in a DataWarning; with `gcs`."""
    events = events.sort_values(["known_s", "taken_s"], kind="stable")
    events = events.drop_duplicates(["stay", "concept", "taken_s", "value"])
    limits = {name: (c.low, c.high) for name, c in (CONCEPTS | GCS_PARTS).items()}
    low, high = (
        events["concept"].astype(object).map({n: x[k] for n, x in limits.items()}).to_numpy(float)
        for k in (0, 1)
    )
    # 1e-4 of leeway: limits are exact, values single precision
    value = events["value"].to_numpy(float)
    possible = (value >= low - 1e-4) & (value <= high + 1e-4)
    tell_refused("measured values are left out: impossible, or in another unit", events["concept"], possible)
    events = events[possible]
    return pd.concat([events[~events["concept"].isin(GCS_PARTS)], _gcs(events)], ignore_index=True)


def news(rows: pd.DataFrame) -> np.ndarray:
    """Positions of measurements of one concept in the order in which they became known, without outdated ones.

    A value that is stored after one that was taken later is outdated when it becomes known.
    """
    taken, known = rows["taken_s"].to_numpy(float), rows["known_s"].to_numpy(float)
    order = np.lexsort((taken, known))
    return order[taken[order] >= np.maximum.accumulate(taken[order])]


def measured_stream(rows: pd.DataFrame, concept: str, until_s: float) -> Stream:
    """Measurements of one concept in one stay as events at the times they became known."""
    known = rows["known_s"].to_numpy(float)
    order = news(rows)
    order = order[known[order] <= until_s]
    return Stream(
        values=rows["value"].to_numpy(np.float32)[order, None],
        times_s=known[order],
        channels=(concept,),
        units=(CONCEPTS[concept].unit,),
    )


def _within_stays(rows: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    """Rows with the stay of their subject in which they were taken; rows outside every stay are left out."""
    beds = stays.reset_index(names="stay")[["subject_id", "stay", "intime", "outtime"]].sort_values("intime")
    matched = pd.merge_asof(
        rows.sort_values("taken", kind="stable"), beds, by="subject_id", left_on="taken", right_on="intime"
    )
    return matched[matched["stay"].notna() & (matched["taken"] <= matched["outtime"])]


def _in_unit(concept: np.ndarray, unit: pd.Series) -> np.ndarray:
    """Whether the laboratory's unit is one of the spellings of the concept's, or none is told."""
    allowed = {(name, text) for name, c in CONCEPTS.items() for text in ("", c.unit.lower(), *c.spellings)}
    written = unit.fillna("").str.strip().str.lower()
    return np.array([pair in allowed for pair in zip(concept, written, strict=True)], dtype=bool)


def _gcs(events: pd.DataFrame) -> pd.DataFrame:
    """The coma scale: the sum of its three parts where all were told at one time."""
    parts = events[events["concept"].isin(GCS_PARTS)].drop_duplicates(
        ["stay", "concept", "taken_s"], keep="last"
    )
    sums = parts.groupby(["stay", "taken_s"], as_index=False).agg(
        known_s=("known_s", "max"), value=("value", "sum"), parts=("value", "size")
    )
    sums = sums[sums["parts"] == len(GCS_PARTS)].drop(columns="parts")
    return sums.assign(
        concept=pd.Categorical(["gcs"] * len(sums), categories=events["concept"].cat.categories)
    )


def tell_refused(what: str, name: pd.Series, possible: np.ndarray) -> None:
    """Warn of what is refused, counted by name."""
    refused = name[~possible].value_counts()
    refused = refused[refused > 0]
    if len(refused):
        each = ", ".join(f"{count:,} of {concept}" for concept, count in refused.items())
        warnings.warn(f"{refused.sum():,} of {len(name):,} {what} ({each}).", DataWarning, stacklevel=2)


def seconds_of(delta: pd.Series) -> np.ndarray:
    """Durations in seconds, NaN where unknown."""
    return delta.dt.total_seconds().to_numpy(float)
