"""Layouts of devices that put facts above their samples: where a recording begins, and at what rate it goes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from interplay.errors import DamagedFile
from interplay.study.formats.form import Form
from interplay.study.formats.lines import blocks

E4_FILES = {"ACC": ("x", "y", "z"), "BVP": ("bvp",), "EDA": ("eda",), "TEMP": ("temp",), "HR": ("hr",)}
"""Files of an Empatica E4 with samples at a fixed rate, and what their columns are."""
E4_RATES = {"ACC": 32.0, "BVP": 64.0, "EDA": 4.0, "TEMP": 4.0, "HR": 1.0}
E4_UNITS = {"x": "1/64 g", "y": "1/64 g", "z": "1/64 g", "eda": "uS", "temp": "deg C", "hr": "bpm"}
ACTIGRAPH = re.compile(r"Data (Table )?File Created By ActiGraph")
ACTIGRAPH_ROWS = 10
ACTIGRAPH_DATES = {"d/M/yyyy": "%d/%m/%Y", "M/d/yyyy": "%m/%d/%Y", "yyyy/M/d": "%Y/%m/%d"}
SHIMMER_NAME = re.compile(r"Shimmer_?[0-9A-Za-z]*_(.+?)(_(CAL|RAW|UNCAL))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """What the top of one file says.

    Attributes
    ----------
    form : how the rest of it is read
    first : row of the first sample
    rate_hz : samples per second; None where each row has its own time
    start_s : of the first sample, s since 1970
    local : whether that is by a clock on the wall, so that `time` is a date without a zone
    since : column -> seconds to add, of times that count from the start
    units : name -> unit
    """

    form: Form
    first: int = 2
    rate_hz: float | None = None
    start_s: float = 0.0
    local: bool = False
    since: dict[str, float] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    def finish(self, rows: pd.DataFrame, row: str) -> pd.DataFrame:
        """Rows with their time."""
        for name, start in self.since.items():
            seconds = pd.to_numeric(rows[name], errors="coerce").to_numpy(np.float64, na_value=np.nan)
            rows = rows.assign(**{name: start + seconds})
        if self.rate_hz is None or "time" in rows:
            return rows
        times_s = self.start_s + (rows[row].to_numpy() - self.first) / self.rate_hz
        return rows.assign(time=(times_s * 1e6).round().astype("datetime64[us]") if self.local else times_s)


def recognised(lines: Sequence[str], path: Path) -> str | None:
    """The preset of a text by its first lines."""
    if lines and ACTIGRAPH.search(lines[0]):
        return "actigraph"
    if any(line.startswith(("Shimmer", '"Shimmer')) for line in lines[:2]):
        return "shimmer"
    if lines and re.match(r"Id,(Time|Activity\w+|Sleep\w+|date|Date),", lines[0]):
        return "fitbit"
    if lines and re.fullmatch(r"\d{9,10}(\.\d+)?, ?IBI", lines[0].strip()):
        return "empatica_e4"
    if path.stem in E4_FILES and _numbers(lines[0]) and lines[1:] and _numbers(lines[1]):
        return "empatica_e4" if _numbers(lines[0])[0] > 1e9 else None
    return "empatica_e4" if path.stem == "tags" and _numbers(lines[0])[:1] > [1e9] else None


def e4(path: Path, form: Form) -> Layout:
    """Empatica E4: a row of the start, a row of the rate, then samples; beats after a start; or times of a button."""
    lines = _top(path, form, 2)
    if path.stem == "tags":
        return Layout(form=replace(form, header=False, names=("time",)), first=1)
    if path.stem == "IBI":
        start = _numbers(lines[0].partition(",")[0])
        if not start:
            raise DamagedFile(f"{path} must begin with the time of its start and IBI; got {lines[0][:40]!r}.")
        said = replace(form, header=False, names=("time", "ibi"), skip_rows=1)
        return Layout(form=said, first=2, since={"time": start[0]}, units={"ibi": "s"})
    names = E4_FILES.get(path.stem)
    start, rate = _numbers(lines[0]), _numbers(lines[1]) if len(lines) > 1 else []
    if names is None or len(start) != len(names) or len(rate) != len(names) or not rate[0] > 0:
        raise DamagedFile(
            f"{path} must be a file of an Empatica E4 ({', '.join(E4_FILES)}, IBI or tags), with the start in "
            f"row 1 and the rate in row 2; row 1 is {lines[0][:40]!r}."
        )
    said = replace(form, header=False, names=names, skip_rows=2)
    units = {name: E4_UNITS[name] for name in names if name in E4_UNITS}
    return Layout(form=said, first=3, rate_hz=rate[0], start_s=start[0], units=units)


def actigraph(path: Path, form: Form) -> Layout:
    """ActiGraph (ActiLife): ten rows about device, start and rate, then samples with or without names."""
    lines = _top(path, form, ACTIGRAPH_ROWS + 1)
    head = "\n".join(lines[:ACTIGRAPH_ROWS])
    rate = re.search(r"at (\d+(?:\.\d+)?) Hz", head)
    epoch = re.search(r"Epoch Period \(hh:mm:ss\) (\d+):(\d+):(\d+)", head)
    start = re.search(r"Start Time (\d+:\d+:\d+)\s+Start Date (\S+)", head)
    seconds = (
        sum(int(part) * scale for part, scale in zip(epoch.groups(), (3600, 60, 1), strict=True))
        if epoch
        else 0
    )
    if not ACTIGRAPH.search(head) or start is None or not (rate or seconds) or len(lines) <= ACTIGRAPH_ROWS:
        raise DamagedFile(
            f"{path} must begin with the ten rows of an ActiGraph file, with Start Time, Start Date and a "
            f"rate or an epoch; row 1 is {lines[0][:40]!r}."
        )
    dates = next((dates for words, dates in ACTIGRAPH_DATES.items() if _same_date(words, head)), "%m/%d/%Y")
    try:
        begin = datetime.strptime(f"{start[2]} {start[1]}", f"{dates} %H:%M:%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise DamagedFile(f"{path} must say its Start Date as {dates}; got {start[2]!r}.") from error
    header = bool(re.search("[A-Za-z]{3}", lines[ACTIGRAPH_ROWS]))
    width = lines[ACTIGRAPH_ROWS].count(",") + 1
    axes = ("Accelerometer X", "Accelerometer Y", "Accelerometer Z") if rate else ("Axis1", "Axis2", "Axis3")
    names = form.names or (axes if width == 3 else tuple(f"Axis{k}" for k in range(1, width + 1)))
    said = replace(form, skip_rows=ACTIGRAPH_ROWS, header=header, names=() if header else names)
    units = dict.fromkeys(axes, "g") if rate else {}
    return Layout(
        form=said, first=ACTIGRAPH_ROWS + 1 + header, rate_hz=float(rate[1]) if rate else 1 / seconds,
        start_s=begin.timestamp(), local=True, units=units,
    )  # fmt: skip


def shimmer(path: Path, form: Form) -> Layout:
    """Shimmer (Consensys): `sep=`, names with the device in front, then units; or four rows, device to unit."""
    lines = _top(path, form, 5)
    above = int(lines[0].strip('"').startswith("sep="))
    separator = form.separator or (lines[0].strip('"')[4:5] if above else "\t" if "\t" in lines[0] else ",")
    rows = [[cell.strip('" ') for cell in line.rstrip(separator).split(separator)] for line in lines[above:]]
    if not rows or not any("Shimmer" in cell for cell in rows[0]):
        raise DamagedFile(f"{path} must name a Shimmer in its columns; row {above + 1} is {lines[0][:40]!r}.")
    device, units = len(set(rows[0])) == 1 and len(rows) > 3, rows[3 if len(set(rows[0])) == 1 else 1]
    names = (
        rows[1]
        if device
        else [match[1] if (match := SHIMMER_NAME.fullmatch(cell)) else cell for cell in rows[0]]
    )
    skip = above + (4 if device else 2)
    closing = ("",) if lines[above + 1].endswith(separator) else ()
    said = replace(form, separator=separator, skip_rows=skip - above, header=False, names=(*names, *closing))
    return Layout(form=said, first=skip + 1, units=dict(zip(names, units, strict=False)))


LAYOUTS = {"empatica_e4": e4, "actigraph": actigraph, "shimmer": shimmer}


def _top(path: Path, form: Form, n: int) -> list[str]:
    first = next(blocks(path, form), None)
    if first is None:
        raise DamagedFile(f"{path} must have rows; it is empty.")
    return first.text.split("\n", n)[:n]


def _numbers(line: str) -> list[float]:
    """Numbers of a row; none if anything else stands in it."""
    try:
        return [float(cell) for cell in line.split(",")]
    except ValueError:
        return []


def _same_date(written: str, head: str) -> bool:
    """Whether the first row says that dates are so written, with one letter a part or two."""
    said = re.search(r"date format (\S+)", head)
    return said is not None and re.sub(r"(.)\1*", r"\1", said[1]) == re.sub(r"(.)\1*", r"\1", written)
