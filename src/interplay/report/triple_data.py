"""What triples of modalities tell, for the page: the strongest values in words, and what prevails in each triple."""

from typing import Any

import numpy as np

from interplay.profile import TripleProfile
from interplay.profile.significance import Z_95
from interplay.profile.triples import LEAST

MOST_VALUES = 12
"""Values that are drawn, the strongest of all triples."""

NAMES = {
    LEAST: "all three: {i}, {j}, {k}",
    "unique_third": "adds: {k} to {i}, {j}",
    "redundancy": "repeats: {k} of {i}, {j}",
}
"""What stands beside a value, of the kinds that sentences tell."""

WORDS = {LEAST: "all three", "unique_third": "adds", "redundancy": "repeats"}


def triple_data(triples: TripleProfile) -> dict[str, object]:
    """The strongest values of what a third adds to a pair, and O-information of every triple where it is furthest from
    zero; bits, with 95 % intervals."""
    return {"added": _added(triples), "prevails": _prevails(triples)}


def _added(triples: TripleProfile) -> list[dict[str, Any]]:
    rows: list[dict[Any, Any]] = triples.top(MOST_VALUES).to_dict("records")
    return [
        {
            "name": NAMES[row["atom"]].format(i=row["source_i"], j=row["source_j"], k=row["third"]),
            "atom": WORDS[row["atom"]],
            "pair": f"{row['source_i']}, {row['source_j']}",
            "third": row["third"],
            "lag_s": row["lag_s"],
            "q": row["q_value"],
            "clear": bool(row["significant"]),
            **_interval(row["bits"], row["stderr"]),
        }
        for row in rows
    ]


def _prevails(triples: TripleProfile) -> list[dict[str, Any]]:
    d = triples.dataset
    bits, stderr = (d[name].values for name in ("o_information", "o_information_stderr"))
    furthest = np.abs(bits).argmax(-1)
    rows: list[dict[str, Any]] = [
        {
            "name": ", ".join(members),
            "lag_s": float(d["lag_s"].values[at]),
            **_interval(bits[row, at], stderr[row, at]),
        }
        for row, (members, at) in enumerate(zip(triples.triples, furthest, strict=True))
    ]
    return sorted(rows, key=lambda row: row["value"])


def _interval(bits: float, stderr: float) -> dict[str, float]:
    return {
        "value": float(bits),
        "low": float(bits - Z_95 * stderr),
        "high": float(bits + Z_95 * stderr),
    }
