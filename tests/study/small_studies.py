"""Small study folders, whole or damaged in one way."""

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

SPEC = {
    "title": "Two wrists",
    "streams": {
        "acc": {"files": "acc_{entity}.csv", "columns": ["x", "y", "z"], "units": ["g", "g", "g"], "time": "t",
                "rate_hz": 10.0},
        "temp": {"files": "temp_{entity}.csv", "columns": ["temp"], "units": ["deg C"], "time": "t", "time_unit": "ms",
                 "bin": "last"},
        "drug": {"files": "events.csv", "entity": "who", "time": "t", "where": {"kind": "insulin"}},
    },
    "target": {"files": "labels.csv", "entity": "who", "column": "state", "classes": ["rest", "walk"],
               "kind": "intervals", "start": "from", "stop": "to"},
    "static": {"file": "people.csv", "entity": "who", "columns": ["age"], "categories": {"sex": ["f", "m"]}},
    "windows": {"step_s": 1.0, "steps": 5},
}  # fmt: skip
WHO = ("ann", "bob", "cem", "dia")


def tables(n=300):
    """Name of a file -> its table."""
    rng, held = np.random.default_rng(0), {}
    t = np.arange(n) / 10
    for who in WHO:
        held[f"acc_{who}.csv"] = pd.DataFrame(
            {"t": t, "x": rng.normal(size=n), "y": rng.normal(size=n), "z": 1 + rng.normal(size=n)}
        )
        held[f"temp_{who}.csv"] = pd.DataFrame(
            {"t": np.arange(0, 30_000, 500), "temp": 36 + rng.normal(size=60)}
        )
    held["events.csv"] = pd.DataFrame(
        {"who": [*WHO, "ann"], "t": [3.0, 4.0, 5.0, 6.0, 9.0], "kind": ["insulin"] * 4 + ["glucose"]}
    )
    held["labels.csv"] = pd.DataFrame(
        {"who": np.repeat(WHO, 2), "from": [0, 15] * 4, "to": [15, 30] * 4, "state": ["rest", "walk"] * 4}
    )
    held["people.csv"] = pd.DataFrame({"who": WHO, "age": [30, 41, None, 55], "sex": ["f", "m", "m", None]})
    return held


def write_study(folder: Path, held=None, spec=None) -> Path:
    """All tables as CSV and the study.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (held or tables()).items():
        table.to_csv(folder / name, index=False)
    (folder / "study.yaml").write_text(yaml.safe_dump(spec or SPEC, sort_keys=False), "utf-8")
    return folder
