"""Exports of phones and watches that are no tables: the XML of Apple Health, the JSON of Fitbit."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from interplay.datasets.formats.files import in_one_line
from interplay.errors import DamagedFile
from interplay.study.formats.delimited import ROW

PREFIX = re.compile("HK(Quantity|Category|Data)TypeIdentifier|HK(?=WorkoutActivityType)")
APPLE = ("type", "sourceName", "unit", "startDate", "endDate", "value")
"""Attributes of a record of Apple Health that become columns."""


def apple_health(path: Path) -> pd.DataFrame:
    """Records of export.xml; their type without what Apple puts before it, such as HeartRate."""
    rows = []
    try:
        for _, element in ElementTree.iterparse(path, events=("end",)):
            if element.tag == "Record":
                rows.append([element.get(name, "") for name in APPLE])
            element.clear()
    except (ElementTree.ParseError, OSError, ValueError, LookupError) as error:
        raise DamagedFile(
            f"{path} cannot be read as the export.xml of Apple Health ({in_one_line(error)}). Export it again."
        ) from error
    table = pd.DataFrame(rows, columns=list(APPLE), dtype=str)
    table["type"] = [PREFIX.sub("", kind) for kind in table["type"]]
    return table.assign(**{ROW: np.arange(len(table)) + 1})


def fitbit_json(path: Path) -> pd.DataFrame:
    """A list of entries, such as {"dateTime": ..., "value": {"bpm": 70}}; what is nested is named value.bpm."""
    try:
        entries = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedFile(
            f"{path} cannot be read as JSON ({in_one_line(error)}). Export it again."
        ) from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise DamagedFile(f"{path} must hold a list of entries with names; it does not. Export it again.")
    rows = [dict(_flat(entry)) for entry in entries]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name, "") for row in rows] for name in names}
    return pd.DataFrame(columns, columns=names, dtype=str).assign(**{ROW: np.arange(len(rows)) + 1})


def _flat(entry: dict[str, Any], above: str = "") -> Iterable[tuple[str, str]]:
    for name, value in entry.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", "" if value is None else str(value)
