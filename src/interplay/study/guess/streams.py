"""Streams of a table: columns of one prefix are one modality, and so is each quantity of a table of measurements."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from interplay.study.guess.cells import distinct
from interplay.study.guess.clocks import times_of
from interplay.study.guess.measurements import value_and_quantity
from interplay.study.guess.roles import Roles, of_first_recording
from interplay.study.numbers import as_numbers
from interplay.study.rates import round_rate
from interplay.study.rows import as_texts

AXES = ("x", "y", "z", "w", "1", "2", "3", "4", "vm")
SHORT_AXIS = re.compile(r"([A-Za-z]{1,6})_?([xyzXYZ])")
SENSORS = {"a": "acc", "g": "gyr", "m": "mag"}
"""What single letters before an axis stand for, as in ax, ay, az."""
MOST_ALONE = 8
"""Columns without a fellow that become modalities of their own; more are one together."""
MOST_QUANTITIES = 24
"""Quantities of a table of measurements that become streams, the most frequent first."""
NAMELESS = ("raw", "data", "all", "export", "table", "file", "merged", "value", "stream", "records", "series")
"""Names of files that say nothing of what is in them."""
EVEN = 0.05
"""Share of the typical interval by which samples of a fixed rate come early or late."""
MORE_THAN_ONCE = 1.5
"""Times for each entity that an event must come, or else it is a fact such as a birth."""
FEWEST = 10
"""Samples from which a rate can be told."""


def streams_of(
    name: str, entry: dict[str, Any], roles: Roles
) -> Iterator[tuple[str, dict[str, Any], np.ndarray]]:
    """Name, settings and times (n,) s of each stream of a table, those of its first recording."""
    times = first_times(roles)
    value, key = value_and_quantity(roles)
    if value is not None and key is not None:
        yield from _quantities(name, entry, roles, key, value, times)
        return
    groups = _by_prefix(roles.numbers, name)
    for group, columns in groups.items():
        settings: dict[str, Any] = {
            "columns": list(columns),
            "units": [_unit(roles, column) for column in columns],
        }
        yield group, {**entry, **settings}, times
    if not groups and roles.time is not None and roles.label is None:
        yield name, dict(entry), times


def first_times(roles: Roles, which: np.ndarray | None = None) -> np.ndarray:
    """Times of the first entity and recording of a table, s."""
    if roles.time is None or not len(roles.rows):
        return np.zeros(0)
    times = times_of(roles.rows, roles.time, roles.time_unit)
    times = times[of_first_recording(roles, which)]
    times = times[np.isfinite(times)]
    back = np.flatnonzero(np.diff(times) < 0)
    return times[: back[0] + 1] if len(back) else times


def rate(times: np.ndarray) -> float | None:
    """Samples per second, if they come at a fixed rate."""
    between = np.diff(times)
    if len(between) < FEWEST or between.mean() <= 0 or np.ptp(between) > EVEN * between.mean():
        return None
    return round_rate(1 / float(between.mean()))


def _unit(roles: Roles, column: str) -> str:
    """What the file says of a unit, in a row of its own or in brackets after the name."""
    brackets = re.search(r"[\[(]\s*([^\])]+?)\s*[\])]\s*$", column)
    return roles.rows.units.get(column) or (brackets[1] if brackets else "")


def _by_prefix(columns: Sequence[str], name: str) -> dict[str, list[str]]:
    """Columns by what their names have in common before an axis; those alone by themselves."""
    groups: dict[str, list[str]] = {}
    for column in columns:
        groups.setdefault(_prefix(column), []).append(column)
    alone = [prefix for prefix, some in groups.items() if len(some) == 1 and prefix]
    if len(alone) > MOST_ALONE:
        together = [column for column in columns if any(groups[prefix] == [column] for prefix in alone)]
        groups = {prefix: some for prefix, some in groups.items() if prefix not in alone} | {"": together}
    if len(groups) == 1:
        (prefix,) = groups
        says_nothing = len(name) <= 2 or name in NAMELESS
        return {_plain(prefix) if prefix and says_nothing else name: list(columns)}
    return {_name(prefix, some) or name: some for prefix, some in groups.items()}


def _name(prefix: str, columns: Sequence[str]) -> str:
    """The name of columns of one prefix; a number or an axis after it counts channels only where there are several."""
    alone = len(columns) == 1 and re.fullmatch(rf"{re.escape(prefix)}([\W_]*\d+|[xyzXYZ])", columns[0])
    return SENSORS.get(prefix, _plain(columns[0] if alone else prefix))


def _prefix(column: str) -> str:
    """What stands before an axis, or the first of several words; empty of a mere axis."""
    plain = re.sub(r"[\[(].*?[\])]", "", column)
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    words = re.sub(r"[\W_]+", " ", plain).split()
    if len(words) > 1 and words[-1].lower() in AXES:
        return " ".join(words[:-1])
    if len(words) == 1 and words[0].lower() in AXES:
        return ""
    if len(words) == 1 and (short := SHORT_AXIS.fullmatch(words[0])) and len(words[0]) <= 5:
        return short[1]
    if numbered := re.fullmatch(r"([A-Za-z]+)(\d+)", "".join(words)):
        return numbered[1]
    return " ".join(words) if words else column


def _plain(name: str) -> str:
    return re.sub(r"\W+", "_", name.strip().lower()).strip("_")


def _quantities(
    name: str, entry: dict[str, Any], roles: Roles, key: str, value: str, times: np.ndarray
) -> Iterator[tuple[str, dict[str, Any], np.ndarray]]:
    texts = np.array([text or "" for text in as_texts(roles.rows.table[key])], dtype=object)
    read = as_numbers(roles.rows.table[value], roles.form)
    timed = (
        np.isfinite(times_of(roles.rows, roles.time, roles.time_unit))
        if roles.time
        else np.ones(len(texts), bool)
    )
    people = len(distinct(roles.rows, roles.entity)) if roles.entity else 1
    for kind, _ in Counter(texts[timed].tolist()).most_common(MOST_QUANTITIES):
        of_kind = (texts == kind) & timed
        has_numbers = bool((~np.isnan(read.values[of_kind])).any())
        settings = {"where": {key: kind}} | ({"columns": [value], "units": [""]} if has_numbers else {})
        events = int(of_kind.sum()) > MORE_THAN_ONCE * max(1, people)
        if kind and (has_numbers or events):
            yield _plain(kind) or name, {**entry, **settings}, first_times(roles, of_kind)
