"""Words that names of columns are made of: of times, labels, people, sessions and measurements."""

import re
from collections.abc import Mapping, Sequence

TIMES = {
    "time": "s", "t": "s", "timestamp": "s", "seconds": "s", "second": "s", "sec": "s", "s": "s", "ms": "ms",
    "datetime": "s", "date": "s", "charttime": "s", "minute": "min", "minutes": "min", "min": "min",
    "hour": "h", "hours": "h", "day": "d", "days": "d", "startdate": "s", "zeit": "s", "datum": "s",
    "uhrzeit": "s", "temps": "s", "fecha": "s", "tiempo": "s", "unix": "s", "epoch": "s", "ts": "s",
    "onset": "s", "measured at": "s", "recorded at": "s", "activityminute": "s", "activityhour": "s",
    "storetime": "s", "starttime": "s", "timestamp unix": "s", "prediction time": "s", "clock": "s",
}  # fmt: skip
"""Names of time columns, in lower case with blanks -> unit of their numbers."""
UNIT = {
    "s": "s",
    "sec": "s",
    "ms": "ms",
    "us": "us",
    "ns": "ns",
    "min": "min",
    "h": "h",
    "d": "d",
    "µs": "us",
    "hz": "",
}
STARTS = (
    "start",
    "begin",
    "from",
    "start time",
    "start s",
    "t start",
    "startdate",
    "starttime",
    "begin time",
    "tmin",
    "onset",
)
STOPS = (
    "stop",
    "end",
    "to",
    "stop time",
    "end time",
    "end s",
    "stop s",
    "t end",
    "enddate",
    "endtime",
    "stoptime",
    "tmax",
    "offset",
)
LABELS = (
    "label", "labels", "class", "target", "outcome", "activity", "died", "death", "mortality", "stage",
    "sleep stage", "sleep analysis", "state", "condition", "diagnosis", "sepsislabel", "boolean value", "event label",
    "annotation", "symbol", "group", "survived", "behaviour", "description", "zustand", "klasse",
    "behavior", "task", "phase", "category",
    "posture", "hospital expire flag", "mood", "stress", "label id", "aktivität", "tätigkeit", "activité",
    "actividad", "trial type", "aux note",
)  # fmt: skip
EVENTS = ("event", "event type", "event name", "marker")
"""Names of columns whose words may be labels, or what is done to an entity."""
PEOPLE = (
    "entity", "id", "who", "subject", "patient", "participant", "person", "user", "stay", "name", "machine",
    "subj", "sub", "pid", "proband", "volunteer", "device", "unit", "station", "icustay", "stay id", "hadm id",
    "animal", "child",
)  # fmt: skip
SESSIONS = (
    "session",
    "recording",
    "visit",
    "trial",
    "run",
    "record",
    "session id",
    "recording id",
    "sitting",
    "take",
)
VALUES = ("value", "valuenum", "numeric value", "amount", "measurement", "result", "reading", "wert")
"""Names of the column of numbers in a table with a row for each measurement."""
BESIDE = ("unit", "uom", "source name")
"""Ends of names of columns that say something else of a measurement than what it is."""
LASTING = ("duration", "duration s", "dauer")
"""Names of columns that say how long a label lasts."""
COUNTERS = ("index", "row", "n", "sample", "no", "nr", "column 1", "unnamed: 0", "counter", "frame")


def words_in(name: str) -> list[str]:
    """The words of a name in lower case, without its unit in brackets."""
    plain = re.sub(r"[\[(].*?[\])]", "", name)
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain) if not plain.isupper() else plain
    return re.sub(r"[\W_]+", " ", plain.lower()).split()


def spoken(name: str) -> str:
    """A name in lower case, words apart by blanks; those of times together, as startdate."""
    words = words_in(name)
    whole = "".join(words)
    return whole if whole in TIMES or whole in STOPS else " ".join(words)


def unit_in(name: str) -> str:
    """The unit that a name ends with, as time_ms or Time (s)."""
    part = re.search(r"[\[(]\s*(\w+)\s*[\])]\s*$|_(\w+)$", name)
    return UNIT.get((part[1] or part[2] or "").lower(), "") if part else ""


def first_named(low: Mapping[str, str], known: Sequence[str] | Mapping[str, str]) -> str | None:
    """The column of a name that is known, or else of one that begins or ends with it."""
    return next((low[small] for small in known if small in low), None) or next(
        (
            name
            for small, name in low.items()
            for word in known
            if len(word) > 3 and (small.startswith(f"{word} ") or small.endswith(f" {word}"))
        ),
        None,
    )
