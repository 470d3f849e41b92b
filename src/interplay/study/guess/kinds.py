"""Kinds of files in a folder: those of the same columns whose names differ in parts are one kind, with a pattern."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from interplay.errors import InterplayError
from interplay.study.checks.persons import PERSON
from interplay.study.formats.arrays import parquet_names
from interplay.study.formats.delimited import ROW, Delimited
from interplay.study.formats.devices import LAYOUTS
from interplay.study.formats.dialect import seems
from interplay.study.formats.form import Form
from interplay.study.formats.opening import open_table
from interplay.study.formats.presets import PRESETS
from interplay.study.formats.waveforms import EDF, edf_tables, is_wfdb
from interplay.study.patterns import files_in, natural
from interplay.study.spec import FILE

TEXTS = (".csv", ".tsv", ".tab", ".psv", ".txt", ".dat", ".log", ".data")
OTHERS = (".parquet", ".npz", ".xml", ".json", *EDF)
PACKED = (".gz", ".bz2", ".xz")
FOREIGN = (".xlsx", ".xls", ".mat", ".h5", ".hdf5", ".sav", ".zip", ".pdf")
"""Endings of files that may hold what is looked for, and are not read."""
ANNOTATIONS = (".atr", ".ann", ".qrs", ".ari", ".apn", ".st")
"""Endings of annotations of WFDB records."""
MEDS = {"subject_id", "time", "code"}
"""Columns of the tables of MEDS."""
ABOUT = ("readme", "info", "licence", "license", "changelog", "requirements", "notes")
"""Names of texts that are no tables."""
PART = re.compile(r"[^/_.\- ]+")
SENSORS = re.compile(
    r"(acc|accel|accelerometer|gyr|gyro|gyroscope|mag|magn|magnetometer|hr|heart|heartrate|ppg|bvp|ecg|ekg|eeg|emg|eog|eda|gsr|"
    r"temp|temperature|resp|breath|spo2|gps|baro|light|audio|sound|steps|phone|watch|wrist|chest|ankle|hand|left|right|ibi|rr|"
    r"glucose|cgm|labels?|sleep|activity|events?|drugs?|vitals?|labs?|notes?)",
    re.IGNORECASE,
)
"""Parts of names that tell modalities apart, not people."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Kind:
    """Files of one kind.

    Attributes
    ----------
    pattern : with {entity} and {recording} where names differ
    paths : in natural order
    form : how they are written
    names : of the columns
    """

    pattern: str
    paths: tuple[Path, ...]
    form: Form
    names: tuple[str, ...]


def kinds_in(folder: Path) -> tuple[list[Kind], list[tuple[str, str]]]:
    """All kinds of files, and files that cannot be read with the reason."""
    alike: dict[tuple, list[tuple[str, Path, Form]]] = {}
    unread: list[tuple[str, str]] = []
    for path in sorted(_tables(folder), key=lambda path: natural(path.relative_to(folder).as_posix())):
        name = path.relative_to(folder).as_posix()
        try:
            form = _form(path)
            tables = edf_tables(path) if path.suffix.lower() in EDF else [_names(path, form)]
        except (InterplayError, OSError) as failure:
            unread.append((name, str(failure).removeprefix(f"{path} ")))
            continue
        form = Form(preset="meds") if set(tables[0]) >= MEDS and path.suffix == ".parquet" else form
        depth, suffix = name.count("/"), "".join(path.suffixes)
        ending = path.stem if form.preset == "empatica_e4" else ""
        for names in tables:
            alike.setdefault((depth, suffix, ending, names, form), []).append((name, path, form))
    kinds = []
    for (*_, names, form), files in alike.items():
        all_names = [name for name, _, _ in files]
        for pattern, some in [_shards(all_names)] if form.preset == "meds" else _patterns(all_names):
            paths = tuple(path for name, path, _ in files if name in some)
            kinds.append(Kind(pattern=pattern, paths=paths, form=form, names=names))
    return sorted(kinds, key=lambda kind: natural(kind.pattern)), unread


def _tables(folder: Path) -> list[Path]:
    """Files that may be tables."""
    paths = []
    for path in files_in(folder):
        plain = path.with_suffix("") if path.suffix in PACKED else path
        text = plain.suffix.lower() in (*TEXTS, *FOREIGN) and not plain.stem.lower().startswith(ABOUT)
        if path.suffix == ".json" and path.stem.lower() in (
            "package",
            "metadata",
            "participants",
            "dataset_description",
        ):
            continue
        wfdb = path.suffix == ".hea" or (is_wfdb(path) and path.suffix in ANNOTATIONS)
        data = is_wfdb(path) and path.suffix == ".dat"
        if path.name != FILE and not data and (text or wfdb or plain.suffix.lower() in OTHERS):
            paths.append(path)
    return paths


def _form(path: Path) -> Form:
    if path.suffix == ".xml":
        return Form(preset="apple_health", sort=True)
    if path.suffix == ".json":
        return Form(preset="fitbit").over(PRESETS["fitbit"].forms[".json"])
    form = Form() if path.suffix.lower() in OTHERS or is_wfdb(path) else seems(path)
    return form if form.preset is None else form.over(PRESETS[form.preset].forms.get(path.suffix, Form()))


def _names(path: Path, form: Form) -> tuple[str, ...]:
    """Names of the columns of a file, by the reader; of a text without reading all of it."""
    if path.suffix == ".parquet":
        return tuple(parquet_names(path))
    if path.suffix.lower() in OTHERS or is_wfdb(path):
        return tuple(str(name) for name in open_table(path, form).rows.columns if name != ROW)
    if form.preset in LAYOUTS:
        layout = LAYOUTS[form.preset](path, form)
        names = Delimited(path, layout.form).names
        return tuple(names) if layout.rate_hz is None else (*(n for n in names if n != "time"), "time")
    return tuple(Delimited(path, form).names)


def _patterns(names: Sequence[str]) -> list[tuple[str, set[str]]]:
    """Patterns that take some names each, all together every one; of one name it is itself."""
    rest, patterns = list(names), []
    while rest:
        some = _same_form(rest[0], rest)
        patterns += [(_pattern(group), set(group)) for group in _by_sensor(some)]
        rest = [name for name in rest if name not in some]
    return patterns


def _shards(names: Sequence[str]) -> tuple[str, set[str]]:
    """The pattern of files that hold parts of one table, each by a number or a name of its own."""
    folders = zip(*(PurePosixPath(name).parts[:-1] for name in names), strict=True)
    parts = [some[0] if len(set(some)) == 1 else "*" for some in folders]
    last = f"*{PurePosixPath(names[0]).suffix}" if len(names) > 1 else PurePosixPath(names[0]).name
    return "/".join([*parts, last]), set(names)


def _same_form(name: str, names: Sequence[str]) -> list[str]:
    """Names of as many parts with the same signs between them."""
    between = PART.split(name)
    return [other for other in names if PART.split(other) == between]


def _by_sensor(names: list[str]) -> list[list[str]]:
    """Names apart by parts that are sensors or places, which are modalities and no people."""
    parts = [PART.findall(name) for name in names]
    places = [
        k
        for k in range(len(parts[0]))
        if len({some[k] for some in parts}) > 1 and all(SENSORS.fullmatch(some[k]) for some in parts)
    ]
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, some in zip(names, parts, strict=True):
        groups.setdefault(tuple(some[k] for k in places), []).append(name)
    return list(groups.values())


def _pattern(names: list[str]) -> str:
    """The pattern of names of the same form."""
    if len(names) == 1:
        return names[0]
    parts = [PART.findall(name) for name in names]
    differ = [k for k in range(len(parts[0])) if len({some[k] for some in parts}) > 1]
    values = {k: [some[k] for some in parts] for k in differ}
    entity = next((k for k in differ if all(PERSON.fullmatch(value) for value in values[k])), differ[0])
    whose = [k for k in differ if values[k] == values[entity]]
    others = [k for k in differ if k not in whose]
    signs = PART.split(names[0])
    text = signs[0]
    for k, part in enumerate(parts[0]):
        last = others and k == others[-1]
        if k in whose:
            text += "{entity}"
        elif others and others[0] <= k <= others[-1] and _in_one_name(signs, others):
            text += "{recording}" if last else ""
            if not last:
                continue
        elif k in others:
            text += "{recording}" if k == others[0] else "*"
        else:
            text += part
        text += signs[k + 1]
    return text


def _in_one_name(signs: Sequence[str], others: Sequence[int]) -> bool:
    """Whether parts that differ stand side by side, as those of a date do."""
    side_by_side = others == list(range(others[0], others[-1] + 1))
    return side_by_side and not any("/" in signs[k + 1] for k in others[:-1])
