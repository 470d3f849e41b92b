"""A study.yaml to start from, with what can be guessed from the files that are there."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from interplay.errors import InterplayError, InvalidInput
from interplay.files import whole_file
from interplay.study.opening import ROW, open_table
from interplay.study.spec import FILE

SUFFIXES = (".csv", ".csv.gz", ".parquet", ".npz")
TIME_NAMES = (
    "time",
    "t",
    "timestamp",
    "seconds",
    "time_s",
    "datetime",
    "date",
    "charttime",
    "minute",
    "hour",
)
LABEL_NAMES = ("label", "labels", "class", "target", "outcome", "activity")
STEPS_PER_WINDOW = 10

HEAD = """\
# What the files of this study are. Lines that begin with # are for you; keep, change or delete them.
# Check it with:  interplay datasets check {folder}

title: A study            # shown in reports
licence: not stated
citation: not stated

# One entry for each modality. Files are given by a pattern with {{entity}} (a file for each subject, stay ...), or as
# one long table with `entity: NAME`, the column that says whose row it is. CSV, Parquet and NPZ are read.
#   columns    the channels; leave out for events that count as 1 whenever they happen (a drug given, a note written)
#   units      one for each column
#   time       the time column; time_unit: s, ms, min, h, d or datetime
#   rate_hz    of a regular stream, in samples per second; then `time` may be left out
#   where      take only rows with these values, for instance  where: {{kind: insulin}}
streams:
"""
MIDDLE = """
# What is to be predicted. kind: series (a label in each row, in force until the next), intervals (with start and stop
# columns), or entity (one for each entity, at `time` or at the end of its recording). Without classes it is a number.
target:
"""
TAIL = """
# What does not change in an entity, such as age. Delete the # to use it.
# static:
#   file: patients.csv
#   entity: id
#   columns: [age]
#   categories: {sex: [f, m]}

# A window is `steps` steps of `step_s` seconds; the label is that at its end.
# stride: steps from one window to the next. fill: mark or hold, if samples are missing (NaN) in regular streams.
windows:
"""


def init_study(folder: str | Path) -> Path:
    """Write a study.yaml into a folder, filled in from the files that lie there.

    Parameters
    ----------
    folder : str or Path
        Made if it does not exist; a study.yaml that is there is kept.

    Returns
    -------
    Path
        The file to look through and correct.

    Raises
    ------
    InvalidInput
        If there is a study.yaml already.
    """
    folder = Path(folder)
    if (folder / FILE).exists():
        raise InvalidInput(f"{folder / FILE} must not exist yet, and does. Change it, or delete it first.")
    folder.mkdir(parents=True, exist_ok=True)
    streams, target, windows = _guesses(folder)
    parts = [HEAD.format(folder=folder), _yaml(streams, 2), MIDDLE, _yaml(target, 2), TAIL, _yaml(windows, 2)]
    with whole_file(folder / FILE) as part:
        part.write_text("".join(parts), "utf-8")
    return folder / FILE


def _yaml(values: dict, indent: int) -> str:
    text = yaml.safe_dump(values, sort_keys=False, default_flow_style=None, width=100)
    return "".join(" " * indent + line for line in text.splitlines(keepends=True))


def _guesses(folder: Path) -> tuple[dict, dict, dict]:
    """Streams, target and windows; placeholders where nothing fits."""
    streams, target, lengths = {}, {}, []
    for pattern, path in _patterns(folder):
        try:
            table = open_table(path)
        except InterplayError:
            continue
        stream, label, seconds = _guess(table, pattern)
        if label and not target:
            target = label
        if stream.get("columns"):
            streams[
                re.sub(r"\W+", "_", pattern.replace("{entity}", "").rsplit(".", 1)[0]).strip("_") or "stream"
            ] = stream
            lengths.append(seconds)
    if not streams:
        streams = {
            "acc": {
                "files": "acc_{entity}.csv",
                "columns": ["x", "y", "z"],
                "units": ["g", "g", "g"],
                "time": "time",
            }
        }
    if not target:
        target = {
            "files": "labels_{entity}.csv",
            "column": "label",
            "classes": ["rest", "active"],
            "time": "time",
        }
    step_s = float(f"{np.median(lengths) / 100:.1g}") if lengths and np.median(lengths) > 0 else 1.0
    return streams, target, {"step_s": step_s, "steps": STEPS_PER_WINDOW}


def _patterns(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files that differ in one part of their name are one pattern; yields it with its first file."""
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name.endswith(SUFFIXES)]
    names = [p.relative_to(folder).as_posix() for p in files]
    taken: set[str] = set()
    for name, path in zip(names, files, strict=True):
        if name in taken:
            continue
        pattern, same = name, {name}
        for match in re.finditer(r"[^/_.-]+", name):
            form = re.escape(name[: match.start()]) + r"[^/_.-]+" + re.escape(name[match.end() :])
            some = {other for other in names if re.fullmatch(form, other)}
            if len(some) > len(same):
                pattern, same = f"{name[: match.start()]}{{entity}}{name[match.end() :]}", some
        taken |= same
        yield pattern, path


def _guess(table: pd.DataFrame, pattern: str) -> tuple[dict, dict, float]:
    """A stream, perhaps a target, and how many seconds one file lasts."""
    names = [name for name in table.columns if name != ROW]
    time = next((n for n in names if str(n).lower() in TIME_NAMES), None)
    label = next((n for n in names if str(n).lower() in LABEL_NAMES), None)
    told: dict = {"files": pattern}
    if "{entity}" not in pattern:
        told["entity"] = next(
            (n for n in names if n not in (time, label) and table[n].nunique() < len(table) / 5), names[0]
        )
    seconds = 0.0
    if time is not None:
        told["time"] = time
        if table[time].dtype.kind not in "iuf":
            told["time_unit"] = "datetime"
        elif len(table) > 2:
            seconds = float(table[time].max() - table[time].min())
    columns = [
        n for n in names if n not in (time, label, told.get("entity")) and table[n].dtype.kind in "iuf"
    ]
    stream = told | ({"columns": columns, "units": [""] * len(columns)} if columns else {})
    target = {}
    if label is not None:
        target = {**told, "column": label}
        if table[label].nunique() <= 50:
            target["classes"] = [str(v) for v in sorted(table[label].dropna().unique(), key=str)]
        if time is None:
            target["kind"] = "entity"
    return stream, target, seconds
