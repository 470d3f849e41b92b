"""What the files of a folder seem to be: streams, labels, facts of entities."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from interplay.errors import InterplayError
from interplay.study.columns import CLOCKS
from interplay.study.formats.opening import ROW, open_table

SUFFIXES = (".csv", ".csv.gz", ".parquet", ".npz")
TIMES = {
    "time": "s", "t": "s", "timestamp": "s", "seconds": "s", "second": "s", "time_s": "s", "ms": "ms", "time_ms": "ms",
    "datetime": "s", "date": "s", "charttime": "s", "minute": "min", "minutes": "min", "hour": "h", "hours": "h",
    "day": "d",
}  # fmt: skip
"""Names of time columns, in lower case -> unit of their numbers."""
STARTS, STOPS = ("start", "begin", "from", "onset"), ("stop", "end", "to", "offset")
LABELS = ("label", "labels", "class", "target", "outcome", "activity")
WHOSE = (
    "entity",
    "id",
    "who",
    "subject",
    "patient",
    "participant",
    "person",
    "user",
    "stay",
    "name",
    "machine",
)
MOST_CLASSES = 50
EVEN = 0.05
"""Share of the typical interval by which samples of a fixed rate come early or late."""
STEPS_S = (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""Lengths of a step that many rates fit."""
STEPS_PER_WINDOW = 10
NOTHING = {
    "streams": {
        "acc": {"files": "acc_{entity}.csv", "columns": ["x", "y", "z"], "units": ["g"] * 3, "time": "time"}
    },
    "target": {
        "files": "labels_{entity}.csv",
        "column": "label",
        "classes": ["rest", "active"],
        "time": "time",
    },
    "static": {"file": "patients.csv", "entity": "id", "columns": ["age"]},
}
"""Placeholders for what was not found."""


def guesses(folder: Path) -> tuple[dict, dict, dict, dict]:
    """Streams, target, static inputs and windows; placeholders where nothing fits."""
    streams, target, static, lengths = {}, {}, {}, []
    for pattern, table in _tables(folder):
        names = [str(name) for name in table.columns if name != ROW]
        low = {name.lower(): name for name in reversed(names)}
        time, label = _first(low, TIMES), _first(low, LABELS)
        start, stop = _first(low, STARTS), _first(low, STOPS)
        entry = {"files": pattern} | _whose(table, names, pattern, {time, label, start, stop})
        numbers = [
            n for n in names if table[n].dtype.kind in "iuf" and n not in {time, label, entry.get("entity")}
        ]
        if label and not target:
            target = entry | _target(table, label, time, (start, stop))
        if time:
            streams[_name(pattern)] = entry | _stream(table, time, numbers)
            lengths.append(_seconds(table, time))
        elif "entity" in entry and numbers and not start and not static:
            static = {"file": pattern, "entity": entry["entity"], "columns": numbers}
    streams = {
        name: entry
        for name, entry in streams.items()
        if "columns" in entry or entry["files"] != target.get("files")
    }
    return (
        streams or NOTHING["streams"],
        target or NOTHING["target"],
        static or NOTHING["static"],
        {
            "step_s": _step(lengths, [stream.get("rate_hz") for stream in streams.values()]),
            "steps": STEPS_PER_WINDOW,
        },
    )


def _tables(folder: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each kind of file, its pattern and its first table; files that cannot be read are passed over."""
    for pattern, path in _patterns(folder):
        try:
            yield pattern, open_table(path)
        except InterplayError:
            continue


def _patterns(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files of the same columns whose names differ in one part are one pattern; yields it with its first file."""
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name.endswith(SUFFIXES)]
    columns = {p.relative_to(folder).as_posix(): _columns(p) for p in files}
    taken: set[str] = set()
    for name in columns:
        if name in taken:
            continue
        pattern, same = name, {name}
        for match in re.finditer(r"[^/_.-]+", name):
            form = re.escape(name[: match.start()]) + r"[^/_.-]+" + re.escape(name[match.end() :])
            some = {
                other for other in columns if re.fullmatch(form, other) and columns[other] == columns[name]
            }
            if len(some) > len(same):
                pattern, same = f"{name[: match.start()]}{{entity}}{name[match.end() :]}", some
        taken |= same
        yield pattern, folder / name


def _columns(path: Path) -> tuple[str, ...]:
    """Names of a file's columns, in order of the alphabet; of a large file without reading all of it."""
    try:
        table = pd.read_csv(path, nrows=0) if ".csv" in path.suffixes else open_table(path)
    except (InterplayError, ValueError, OSError):
        return ()
    return tuple(sorted(map(str, table.columns)))


def _first(low: dict[str, str], known) -> str | None:
    return next((name for small, name in low.items() if small in known), None)


def _name(pattern: str) -> str:
    plain = pattern.replace("{entity}", "").split(".")[0]
    return re.sub(r"\W+", "_", plain).strip("_") or "stream"


def _whose(table: pd.DataFrame, names: list[str], pattern: str, others: set) -> dict[str, str]:
    """The column of a long table that says whose row it is: named so, or the first whose values come again."""
    if "{entity}" in pattern:
        return {}
    names = [n for n in names if n not in others]
    named = [n for n in names if n.lower() in WHOSE or n.lower().endswith("_id")]
    if named:
        return {"entity": named[0]}
    return (
        {"entity": next((n for n in names if table[n].nunique() < len(table) / 5), names[0])} if names else {}
    )


def _stream(table: pd.DataFrame, time: str, numbers: list[str]) -> dict:
    entry: dict = _clock(table, time) | (
        {"columns": numbers, "units": [""] * len(numbers)} if numbers else {}
    )
    if numbers and (rate_hz := _rate(table, time)):
        entry["rate_hz"] = rate_hz
    return entry


def _target(table: pd.DataFrame, label: str, time: str | None, span: tuple[str | None, str | None]) -> dict:
    entry: dict = {"column": label}
    if table[label].nunique() <= MOST_CLASSES:
        entry["classes"] = [str(v) for v in sorted(table[label].dropna().unique(), key=str)]
    if all(span):
        return entry | {"kind": "intervals", "start": span[0], "stop": span[1]}
    return entry | (_clock(table, time) if time else {"kind": "entity"})


def _clock(table: pd.DataFrame, time: str) -> dict[str, str]:
    unit = TIMES[time.lower()] if table[time].dtype.kind in "iuf" else "datetime"
    return {"time": time} | ({} if unit == "s" else {"time_unit": unit})


def _seconds(table: pd.DataFrame, time: str) -> float:
    """How long a table of numbers lasts; 0 of dates."""
    if table[time].dtype.kind not in "iuf" or len(table) < 3:
        return 0.0
    return float(table[time].max() - table[time].min()) * CLOCKS[TIMES[time.lower()]]


def _step(lengths: list[float], rates_hz: list[float | None]) -> float:
    """Seconds of a step: about a hundredth of a recording, and a whole number of samples of each rate."""
    least = float(f"{np.median(lengths) / 100:.1g}") if lengths and np.median(lengths) > 0 else 1.0
    for step_s in sorted({least, *STEPS_S}):
        samples = [step_s * rate_hz for rate_hz in rates_hz if rate_hz is not None]
        if step_s >= least and all(abs(n - round(n)) < 1e-6 for n in samples):
            return step_s
    return least


def _rate(table: pd.DataFrame, time: str) -> float | None:
    """Samples per second, if they come at a fixed rate; of a long table that of its first stretch."""
    if table[time].dtype.kind not in "iuf":
        return None
    between = np.diff(table[time].to_numpy(np.float64)) * CLOCKS[TIMES[time.lower()]]
    between = between[: int(np.argmax(between <= 0))] if (between <= 0).any() else between
    if len(between) < 10 or np.ptp(between) > EVEN * between.mean():
        return None
    return float(f"{1 / between.mean():.6g}")
