"""A study.yaml as text, with comments, and the line of each of its settings."""

from pathlib import Path
from typing import Any

import yaml

from interplay.study.guess.parts import Parts

HEAD = """\
# What the files of this study are. Lines that begin with # are for you; keep, change or delete them.
# Check it with:  interplay datasets check {folder}

title: A study            # shown in reports
licence: not stated
citation: not stated"""
FORMAT = "# format: {time_zone: Europe/Berlin}   # of all files that say nothing else; delete the # to use it"
STREAMS = """\

# One entry for each modality. Files are given by a pattern with {entity} (a file for each subject, stay ...) and,
# where an entity has several, {recording}; or as long tables with `entity: NAME`, the column that says whose row it
# is.
#   columns      the channels; leave out for events that count as 1 whenever they happen (a drug given, a note written)
#   units        one for each column
#   time         the time column; time_unit: s, ms, us, ns, min, h, d, excel or datetime
#   rate_hz      of a regular stream, in samples per second; then `time` may be left out
#   resample_hz  of an irregular one, the rate at which it is read anew; or bin: last, mean, sum, count or stats
#   where        take only rows with these values, for instance  where: {kind: insulin}
#   format       how files are written, for instance  format: {separator: ";", decimal: ","}"""
MIDDLE = """
# What is to be predicted. kind: series (a label in each row, in force until the next), intervals (with start and stop
# columns), or entity (one for each entity, at `time` or at the end of its recording). Without classes it is a number.
# rename: {word in the file: class}, where words differ from classes."""
STATIC = """
# What does not change in an entity, such as age. Delete the # to use it."""
TAIL = """
# A window is `steps` steps of `step_s` seconds; the label is that at its end.
# stride: steps from one window to the next. fill: mark or hold, if samples are missing (NaN). max_gap_s: pauses, in
# seconds, that no window crosses."""
NO_TARGET = {"files": '"labels_{entity}.csv"', "column": "label", "classes": "[rest, active]", "time": "time"}


class StudyText:
    """The text, and where things stand in it.

    Attributes
    ----------
    lines : of the text
    place : dotted name of a setting -> number of its line
    """

    def __init__(self, folder: Path, parts: Parts) -> None:
        self.lines: list[str] = []
        self.place: dict[str, int] = {}
        self._comment(HEAD.format(folder=folder))
        self._line("format", FORMAT)
        self._comment(STREAMS)
        if parts.entity:
            self._comment("# The table that says whose recording it is.")
            self._group("entity", parts.entity, 0)
            self._comment("")
        self._section("streams", parts.streams)
        self._comment(MIDDLE)
        if parts.target:
            self._group("target", parts.target, 0)
        else:
            self._open_target()
        self._comment(STATIC)
        self._static(parts.static)
        self._comment(TAIL)
        self._group("windows", parts.windows, 0)

    def __str__(self) -> str:
        return "\n".join(self.lines) + "\n"

    def line(self, setting: str) -> int | None:
        """Number of the line of a setting, or of the nearest group around it."""
        while setting and setting not in self.place:
            setting = setting.rpartition(".")[0]
        return self.place.get(setting)

    def _comment(self, text: str) -> None:
        self.lines += text.split("\n")

    def _section(self, name: str, groups: dict[str, dict[str, Any]]) -> None:
        self._line(name, f"{name}:" if groups else f"{name}: {{}}")
        for group, settings in groups.items():
            self._group(f"{name}.{group}", settings, 2)

    def _group(self, path: str, settings: dict[str, Any], indent: int) -> None:
        self._line(path, f"{' ' * indent}{_flow(path.split('.', 1)[-1] if indent else path)}:")
        for name, value in settings.items():
            self._line(f"{path}.{name}", f"{' ' * (indent + 2)}{name}: {_flow(value)}")

    def _open_target(self) -> None:
        self._line(
            "target", "# target:                 # could not tell: name your files and the column of labels"
        )
        self.lines += [f"#   {name}: {value}" for name, value in NO_TARGET.items()]

    def _static(self, static: dict[str, Any]) -> None:
        self._line("static", "# static:")
        known = static or {"file": "patients.csv", "entity": "id", "columns": ["age"]}
        self.lines += [f"#   {name}: {_flow(value)}" for name, value in known.items()]
        self.lines.append("#   categories: {sex: [f, m]}")

    def _line(self, path: str, text: str) -> None:
        self.lines.append(text)
        self.place[path] = len(self.lines)


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")
