"""Presets: devices and exports whose files are the same everywhere, by name.

| preset | files | what is known of them |
| --- | --- | --- |
| empatica_e4 | ACC, BVP, EDA, TEMP, HR.csv: start and rate in rows 1, 2; IBI.csv; tags.csv | columns, rates, `time` |
| actigraph | ActiLife CSV: ten rows about device and start, then samples or epochs | `time` by the device's clock |
| shimmer | Consensys CSV: `sep=`, names with the device, units | names without device, units |
| fitbit | Fitabase CSV (Id, 4/12/2016 7:21:00 AM) or the JSON of an account | dates, `Id` as entity |
| apple_health | export.xml, or a CSV of its records | startDate, records in any order; where: {type: HeartRate} |
| meds | data/*/*.parquet: subject_id, time, code, numeric_value | entity, time; where: {code: ...} |
| wfdb | .hea and .dat, annotations such as .atr (extra `wfdb`) | `time` from the start, names, units, rate |
| edf | .edf, .bdf and their annotations (extra `edf`) | `time` from the start, names, units, rate |
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from interplay.study.formats.devices import E4_FILES, E4_RATES, E4_UNITS
from interplay.study.formats.form import Form


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """What is known of files that are the same everywhere.

    Attributes
    ----------
    forms : ending of a file -> how such files are written
    stream, target : what a stream or a target of study.yaml need not say, by name
    by_stem : name of a file without its ending -> further such settings of a stream
    """

    forms: Mapping[str, Form]
    stream: Mapping[str, Any] = field(default_factory=dict)
    target: Mapping[str, Any] = field(default_factory=dict)
    by_stem: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def suits(self, files: str) -> bool:
        """Whether files of a pattern can be of this kind."""
        path = PurePosixPath(files)
        return path.suffix in self.forms and (not self.by_stem or path.stem in self.by_stem)


def with_preset(part: Any) -> Any:
    """A stream or target of study.yaml with what its preset knows and it does not say."""
    preset, path = PRESETS[part.form.preset], PurePosixPath(part.files)
    is_target = hasattr(part, "column")
    known = dict(preset.target if is_target else {**preset.stream, **preset.by_stem.get(path.stem, {})})
    if not is_target and part.columns:
        known.pop("units", None)  # those of other columns
    usual = known.get("start", known.get("time"))
    if usual is not None and ((part.start or part.time) if is_target else part.time) not in (None, usual):
        known.pop("time_unit", None)  # another clock
    if "{entity}" in part.files:
        known.pop("entity", None)
    blank = {name: value for name, value in known.items() if getattr(part, name) in (None, (), "s")}
    return replace(part, **blank, format=part.form.over(preset.forms.get(path.suffix, Form())))


def _e4(columns: tuple[str, ...], stem: str) -> dict[str, Any]:
    units = tuple(E4_UNITS.get(name, "") for name in columns)
    return {"columns": columns, "units": units, "time": "time", "rate_hz": E4_RATES[stem]}


DATED = {"time_unit": "datetime"}
PRESETS: dict[str, Preset] = {
    "empatica_e4": Preset(
        forms={".csv": Form()},
        by_stem={stem: _e4(columns, stem) for stem, columns in E4_FILES.items()}
        | {"IBI": {"columns": ("ibi",), "units": ("s",), "time": "time"}, "tags": {"time": "time"}},
    ),
    "actigraph": Preset(forms={".csv": Form()}, stream={"time": "time", **DATED}),
    "shimmer": Preset(forms={".csv": Form(), ".txt": Form()}),
    "fitbit": Preset(
        forms={
            ".csv": Form(time_format="%m/%d/%Y %I:%M:%S %p"),
            ".json": Form(time_format="%m/%d/%y %H:%M:%S"),
        },
        stream={"entity": "Id", **DATED},
        target={"entity": "Id", **DATED},
    ),
    "apple_health": Preset(
        forms={".xml": Form(sort=True), ".csv": Form(sort=True)},
        stream={"time": "startDate", **DATED},
        target={"start": "startDate", "stop": "endDate", **DATED},
    ),
    "meds": Preset(
        forms={".parquet": Form()},
        stream={"time": "time", "entity": "subject_id", **DATED},
        target={"time": "prediction_time", "entity": "subject_id", **DATED},
    ),
    "wfdb": Preset(forms={".hea": Form(), ".dat": Form(), ".atr": Form()}),
    "edf": Preset(forms={".edf": Form(), ".bdf": Form()}),
}
