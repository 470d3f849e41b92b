"""Reading study.yaml: presets and general settings carried to each stream, and all of it checked word by word."""

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from interplay.errors import DamagedFile, InvalidInput
from interplay.settings import dotted, read_settings, together
from interplay.study.formats.form import Form, check_form
from interplay.study.formats.presets import PRESETS, with_preset
from interplay.study.patterns import check_pattern, named_parts
from interplay.study.spec import FILE, NEEDED, Lookup, StreamSpec, StudySpec, TargetSpec
from interplay.study.yaml_texts import read_yaml

NO_TARGET = {"files": "labels", "column": "label", "time": "time"}
"""What stands for the target of a study.yaml that names none, as one of people to predict need not."""


def read_spec(folder: Path, *, labelled: bool = True) -> StudySpec:
    """The study.yaml of a folder; unless `labelled` it may be without a target.

    Raises
    ------
    InvalidInput
        If there is none, or a word in it is unknown, missing or of the wrong kind.
    DamagedFile
        If it is not YAML.
    """
    path = folder / FILE
    if not path.is_file():
        raise InvalidInput(
            f"{folder} must hold a {FILE}; it does not. Write one with `interplay init-study {folder}`."
        )
    values = _values(path)
    if not labelled and values.get("target") is None:
        values["target"] = NO_TARGET | ({"entity": "entity"} if values.get("entity") is None else {})
    try:
        spec = _carried(read_settings(StudySpec, values))
        _check_together(spec)
    except InvalidInput as error:
        raise InvalidInput("\n".join(f"{path}: {line}" for line in str(error).split("\n"))) from error
    return spec


def _values(path: Path) -> Any:
    try:
        values = read_yaml(path.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DamagedFile(f"{path} must be UTF-8 text ({error}). Save it as UTF-8.") from error
    except yaml.YAMLError as error:
        said = " ".join(str(error).replace("<unicode string>", path.name).split())
        hint = "Mind spaces and colons there."
        if "escape" in said:
            hint = "Write folders with / instead of \\."
        elif "stands twice" in said:
            hint = "Keep one of them."
        raise DamagedFile(f"{path} is not YAML: {said[:300]}. {hint}") from error
    if not isinstance(values, dict):
        raise DamagedFile(
            f"{path} must hold streams, target and windows; it holds a {type(values).__name__} alone."
        )
    return values


def _carried(spec: StudySpec) -> StudySpec:
    """The same, each stream with the format that holds for it and with what its preset knows."""
    general = Form(preset=spec.format) if isinstance(spec.format, str) else spec.format
    check_form(general, "")
    parts = {dotted("streams", name): stream for name, stream in spec.streams.items()} | {
        "target": spec.target
    }
    *streams, target = together(partial(_one, part, spec, general, where) for where, part in parts.items())
    static = spec.static
    if static is not None:
        static = replace(static, file=_slashes(static.file), format=static.form.over(_plainly(general)))
        check_form(static.form, "static")
    return replace(spec, streams=dict(zip(spec.streams, streams, strict=True)), target=target, static=static)


def _one(part: Any, spec: StudySpec, general: Form, where: str) -> Any:
    form = part.form
    if form.preset is None and not _suits(part, general.preset):
        general = _plainly(general)
    form = form.over(general)
    if form.preset is not None and form.preset not in PRESETS:
        raise InvalidInput(
            f"{where}.format must be one of {sorted(PRESETS)} or a group of settings; got {form.preset!r}."
        )
    check_form(form, where)
    part = replace(part, files=_slashes(part.files), format=form)
    part = with_preset(part) if form.preset else part
    if spec.entity is not None and part.entity is None and "entity" not in named_parts(part.files):
        part = replace(part, entity=spec.entity)
    return part


def _suits(part: Any, preset: str | None) -> bool:
    """Whether a general preset is meant for these files: labels in a CSV are seldom an export of the device."""
    files = _slashes(part.files)
    if preset not in PRESETS:
        return True
    return PRESETS[preset].suits(files) and not (hasattr(part, "column") and files.endswith((".csv", ".txt")))


def _plainly(form: Form) -> Form:
    """The same for files that are no export of a device."""
    return replace(form, preset=None)


def _slashes(files: str) -> str:
    """Folders are told apart by / on all systems."""
    return files.strip().replace("\\", "/")


def _check_together(spec: StudySpec) -> None:
    """Check what must hold between settings, each of which is of the right type."""
    if not spec.streams:
        raise InvalidInput("streams must name at least one stream; there is none.")
    checks = [partial(_check_stream, s, dotted("streams", name)) for name, s in spec.streams.items()]
    checks.append(partial(_check_target, spec.target))
    if spec.static is not None:
        checks.append(partial(check_pattern, spec.static.file, "static.file", placeholders=()))
    numbers = ("step_s", "steps", "stride", "min_steps", "max_gap_s")
    checks += [partial(_check_positive, "windows", spec.windows, name) for name in numbers]
    together(checks)


def _check_stream(stream: StreamSpec, where: str) -> None:
    _check_files(stream, where)
    _check_positive(where, stream, "resample_hz")
    if stream.time is None and stream.rate_hz is None:
        raise InvalidInput(f"{where} must have a time column or rate_hz; it has neither.")
    if stream.units and len(stream.units) != max(1, len(stream.columns)):
        raise InvalidInput(
            f"{where}.units must be one for each of the {len(stream.columns)} columns; got {len(stream.units)}."
        )
    _check_once(stream.columns, f"{where}.columns")
    if not stream.columns and stream.bin == "stats":
        raise InvalidInput(f"{where}.bin must be sum, count or last for events without columns; got stats.")


def _check_target(target: TargetSpec) -> None:
    _check_files(target, "target")
    for name in NEEDED[target.kind]:
        if getattr(target, name) is None and not (name == "time" and target.rate_hz):
            raise InvalidInput(
                f"target must name the column of its {name} (kind {target.kind}); it does not."
            )
    if len(target.classes) == 1:
        raise InvalidInput(
            f"target.classes must be at least two, or none for a number; got {list(target.classes)}."
        )
    _check_once(target.classes, "target.classes")
    for word, label in target.rename.items():
        if label not in target.classes:
            raise InvalidInput(
                f"target.rename must lead to classes, which are {', '.join(target.classes)}; {word!r} leads to "
                f"{label!r}."
            )


def _check_files(spec: StreamSpec | TargetSpec, where: str) -> None:
    _check_positive(where, spec, "rate_hz")
    check_pattern(spec.files, f"{where}.files", placeholders=("entity", "recording"))
    parts = named_parts(spec.files)
    if isinstance(spec.entity, Lookup) and spec.recording is None and "recording" not in parts:
        raise InvalidInput(
            f"{where}.files must hold {{recording}} where `entity` is a table to look it up in; got {spec.files!r}."
        )
    if isinstance(spec.entity, str) and "entity" in parts:
        raise InvalidInput(
            f"{where} must take the entity from names of files or from the column {spec.entity!r}, not both; files is "
            f"{spec.files!r}. Write * where names differ otherwise."
        )
    if "entity" not in parts and spec.entity is None:
        raise InvalidInput(
            f"{where}.files must hold {{entity}}, a file for each, or come with entity: the column that says whose row "
            f"it is; got {spec.files!r} alone."
        )
    if spec.recording is not None and "recording" in parts:
        raise InvalidInput(
            f"{where} must take the recording from names of files or from the column {spec.recording!r}, not "
            f"both; files is {spec.files!r}."
        )


def _check_once(names: Iterable[str], where: str) -> None:
    names = list(names)
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(f"{where} must name each once; {name!r} is there twice.")


def _check_positive(where: str, spec: Any, *names: str) -> None:
    for name in names:
        value = getattr(spec, name)
        if value is not None and not (value > 0 and math.isfinite(value)):
            raise InvalidInput(f"{dotted(where, name)} must be more than 0; got {value:g}.")
