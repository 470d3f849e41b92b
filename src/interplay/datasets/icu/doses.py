"""Drugs given in intensive care: rows of doses become the amount of each drug in each hour of a stay.

A drug counts from the hour in which it was given and, where that is later, stored.
"""

import numpy as np
import pandas as pd

from interplay.datasets.icu.concepts import DRUGS
from interplay.datasets.icu.events import seconds_of, tell_refused
from interplay.types import Stream

HOUR_S = 3600.0
DRUG_ITEMS = {item: (name, factor) for name, drug in DRUGS.items() for item, factor in drug.items.items()}
"""Item id -> drug, and the factor of its amounts."""
RATES = (("hr", 1.0), ("min", 60.0))
"""How rates of CareVue end, as in mghr and Umin, and how often that is in an hour."""


def doses(rows: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    """Doses with a start and a stop, as in `IcuTables.given`.

    Parameters
    ----------
    rows : columns stay, itemid, start, stop, stored (NaT: unknown), amount, unit
    stays : as in `IcuTables`
    """
    rows = _of_drugs(rows, stays)
    factor = _factors(rows, "unit", lambda drug, unit: DRUGS[drug].units.get(unit, np.nan))
    start_s = seconds_of(rows["start"] - rows["intime"])
    return pd.DataFrame(
        {
            "stay": rows["stay"].to_numpy(np.int64),
            "drug": rows["drug"].to_numpy(),
            "start_s": start_s,
            "stop_s": np.fmax(start_s, seconds_of(rows["stop"] - rows["intime"])),
            # NaN where nothing is stored, which fmax passes over
            "known_s": np.fmax(start_s, seconds_of(rows["stored"] - rows["intime"])),
            "amount": rows["amount"].to_numpy(float) * factor,
        }
    )


def charted_doses(rows: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    """Doses that are charted at one time as an amount, a rate or both (CareVue), as in `IcuTables.given`.

    Amounts of an hour are summed. In an hour without any, the mean of its rates is the amount; it is unknown if they
    are rates by body weight.

    Parameters
    ----------
    rows : columns stay, itemid, taken, stored (NaT: unknown), amount, unit, rate, rate_unit
    stays : as in `IcuTables`
    """
    rows = _of_drugs(rows[rows["amount"].notna() | rows["rate"].notna()], stays)
    taken_s = seconds_of(rows["taken"] - rows["intime"])
    rate = rows["rate"].to_numpy(float)
    table = pd.DataFrame(
        {
            "stay": rows["stay"].to_numpy(np.int64),
            "drug": rows["drug"].to_numpy(),
            "hour": hour_of(taken_s),
            "taken_s": taken_s,
            "known_s": np.fmax(taken_s, seconds_of(rows["stored"] - rows["intime"])),
            "amount": rows["amount"].to_numpy(float)
            * _factors(rows, "unit", lambda drug, unit: DRUGS[drug].units.get(unit, np.nan)),
            # nothing is nothing in every unit
            "rate": np.where(rate == 0, 0.0, rate * _factors(rows, "rate_unit", _per_hour)),
        }
    )
    hours = table.groupby(["stay", "drug", "hour"], as_index=False).agg(
        start_s=("taken_s", "max"), known_s=("known_s", "max"), rate=("rate", "mean"),
        amount=("amount", lambda amounts: amounts.sum(min_count=1)),
    )  # fmt: skip
    amount = hours["amount"].fillna(hours["rate"])
    return hours.assign(stop_s=hours["start_s"], amount=amount).drop(columns=["hour", "rate"])


def sound_doses(given: pd.DataFrame) -> pd.DataFrame:
    """The same with impossible amounts made unknown, which are counted in a DataWarning."""
    most = given["drug"].map({name: drug.most for name, drug in DRUGS.items()}).to_numpy(float)
    hours = np.maximum((given["stop_s"] - given["start_s"]).to_numpy(float) / HOUR_S, 1.0)
    amount = given["amount"].to_numpy(float)
    possible = np.isnan(amount) | ((amount >= 0) & (amount / hours <= most))
    tell_refused("amounts of drugs count as unknown: impossible in an hour", given["drug"], possible)
    return given.assign(amount=np.where(possible, amount, np.nan))


def given_stream(rows: pd.DataFrame, drug: str, n_hours: int) -> Stream:
    """Amount of one drug in each hour of a stay, as events at the ends of the hours; 0 where none is recorded."""
    return Stream(
        values=hourly_amounts(rows, n_hours).astype(np.float32)[:, None],
        times_s=HOUR_S * np.arange(1, n_hours + 1),
        channels=(drug,),
        units=(DRUGS[drug].unit,),
    )


def hourly_amounts(doses: pd.DataFrame, n_hours: int) -> np.ndarray:
    """Amounts given in the hours of a stay, (n_hours,); NaN where the amount is unknown.

    An amount is spread evenly from its start to its stop; hour k is (k h, (k + 1) h]. What is stored after the hour in
    which it was given counts in the hour in which it is stored: before, nobody could have read it.
    """
    start, stop, known, amount = (
        doses[column].to_numpy(float) for column in ("start_s", "stop_s", "known_s", "amount")
    )
    lasts = stop > start
    first = np.where(lasts, np.floor(start / HOUR_S).astype(np.int64), hour_of(stop))
    spans = hour_of(stop) - first + 1
    row = np.repeat(np.arange(len(doses)), spans)
    hour = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(spans) - spans, spans)
    overlap = np.minimum(stop[row], (hour + 1) * HOUR_S) - np.maximum(start[row], hour * HOUR_S)
    share = np.where(lasts[row], overlap / np.where(lasts, stop - start, 1.0)[row], 1.0)
    counted = np.maximum(hour, hour_of(known)[row])
    inside = (hour >= 0) & (counted < n_hours)
    totals = np.zeros(n_hours)
    np.add.at(totals, counted[inside], (amount[row] * share)[inside])
    return totals


def hour_of(seconds: np.ndarray) -> np.ndarray:
    """The hour k with (k h, (k + 1) h] around a moment."""
    return np.ceil(seconds / HOUR_S).astype(np.int64) - 1


def _of_drugs(rows: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    """Rows of known drugs and stays, each once, with columns drug and intime; amounts times the item's factor."""
    rows = rows[rows["itemid"].isin(DRUG_ITEMS) & rows["stay"].isin(stays.index)].drop_duplicates()
    of_item = rows["itemid"].map(DRUG_ITEMS)
    return rows.assign(
        drug=of_item.str[0],
        amount=rows["amount"] * of_item.str[1].astype(float),
        intime=stays["intime"].reindex(rows["stay"]).to_numpy(),
    )


def _factors(rows: pd.DataFrame, column: str, factor_of) -> np.ndarray:
    """Factor of each row by its drug and unit; NaN where the unit is none of the drug's."""
    units = rows[column].fillna("").str.strip().str.lower()
    known = {pair: factor_of(*pair) for pair in set(zip(rows["drug"], units, strict=True))}
    return np.array([known[pair] for pair in zip(rows["drug"], units, strict=True)], dtype=float)


def _per_hour(drug: str, unit: str) -> float:
    for ending, times in RATES:
        if unit.endswith(ending):
            return times * DRUGS[drug].units.get(unit.removesuffix(ending), np.nan)
    return np.nan
