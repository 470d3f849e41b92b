"""Everything that is wrong or doubtful in a study folder, at once."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import numpy as np

from interplay.data.twins import MOST
from interplay.errors import InterplayError
from interplay.progress import Progress, silent
from interplay.study.checks.entity import of_streams, windows_of
from interplay.study.checks.persons import persons
from interplay.study.checks.plausible import copies, implausible_samples, implausible_times
from interplay.study.checks.units import doubted_units
from interplay.study.issues import ERROR, Issue, error, has_errors, warning
from interplay.study.reading import read_entity, recording_of
from interplay.study.spec import FILE
from interplay.study.static import static_inputs
from interplay.study.study import Study
from interplay.types import Recording

FEWEST = 3
"""Entities that a class should have: one to train, one to test, and one more."""
FEW_WINDOWS = 10
"""Windows of a class from which something can be learned, where entities have several."""
SAMPLED = 1_000_000
"""Samples of recordings that are kept to look for leaks."""
ALIKE = 10
"""Different values that two entities do not share by chance."""


def check_study(folder: str | Path, *, progress: Progress = silent) -> list[Issue]:
    """Read all of a study and tell everything that is wrong or doubtful.

    Parameters
    ----------
    folder : str or Path
        Folder with study.yaml.
    progress : callable, optional
        Told the share that is done.

    Returns
    -------
    list of Issue
        In the order they were found, each once; empty if there is nothing to say.
    """
    try:
        study = Study(folder)
        keys = study.keys
        static, issues = static_inputs(study.spec.static, study.folder)
    except InterplayError as failure:
        lines = str(failure).split("\n")
        return [error(FILE, line.removeprefix(f"{Path(folder) / FILE}: ")) for line in lines]
    seen = _Seen()
    for k, key in enumerate(keys):
        data, entity_issues = read_entity(study, key)
        if not has_errors(entity_issues):
            entity_issues += [*of_streams(study, key, data), *implausible_times(study, key, data)]
            recording = recording_of(study, key, data, static)
            seen.add(study, str(key), recording)
            if not has_errors(entity_issues):
                labels, window_issues = windows_of(study, recording)
                seen.labels += [labels] if not has_errors(window_issues) else []
                entity_issues += (
                    window_issues
                    if data.target is not None
                    else [f for f in window_issues if f.level == ERROR]
                )
        issues += entity_issues
        progress((k + 1) / len(keys))
    return list(dict.fromkeys([*issues, *_across(study, seen, set(static))]))


@dataclass(slots=True)
class _Seen:
    """What is remembered of every entity: enough to compare them, and no more."""

    typical: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    ranges: dict[tuple[str, str], set[tuple[float, float]]] = field(default_factory=dict)
    content: dict[tuple[str, str], str] = field(default_factory=dict)
    samples: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    classes: dict[str, set[int]] = field(default_factory=dict)
    labels: list[np.ndarray] = field(default_factory=list)
    few: list[Recording] = field(default_factory=list)

    def add(self, study: Study, entity: str, recording: Recording) -> None:
        for name, stream in recording.streams.items():
            if len(np.unique(stream.values[:1000])) >= ALIKE:
                content = blake2b(np.ascontiguousarray(stream.values).tobytes(), digest_size=16)
                self.content[name, entity] = content.hexdigest()
                self.samples.setdefault(name, {})[entity] = stream.values[:MOST].copy()
            for channel, values in zip(stream.channels, stream.values.T, strict=True):
                if len(values) and not np.isnan(values).all():
                    self.typical.setdefault((name, channel), {})[entity] = float(np.nanmedian(np.abs(values)))
                    self.ranges.setdefault((name, channel), set()).add(
                        (float(np.nanmin(values)), float(np.nanmax(values)))
                    )
        if recording.classes:
            labels = {int(c) for c in np.unique(recording.target.values) if c >= 0}
            self.classes[recording.entity] = self.classes.get(recording.entity, set()) | labels
        if sum(len(s.values) for r in self.few for s in r.streams.values()) < SAMPLED:
            self.few.append(recording)


def _across(study: Study, seen: _Seen, with_static: set[str]) -> Iterator[Issue]:
    """What only shows when entities are compared."""
    if len(study.entities) == 1:
        yield warning(
            FILE,
            f"there should be at least two entities; {study.entities[0]!r} is the only one, so that nothing can be "
            "tested on anyone else.",
        )
    yield from _names(study, with_static)
    yield from persons(study)
    yield from _values(study, seen)
    file_of = {
        (name, str(key)): study.file(spec, key)
        for name, spec in study.spec.streams.items()
        for key in study.keys
    }
    yield from doubted_units(study.spec.streams, seen.typical, file_of)
    yield from copies(seen.samples, seen.content, file_of)
    yield from _classes(study, seen)
    yield from implausible_samples(study, seen.few)


def _names(study: Study, with_static: set[str]) -> Iterator[Issue]:
    """Rows without an entity, and entities that only some files know."""
    target, static = study.spec.target, study.spec.static
    known = study.entities
    for spec in {spec.files: spec for spec in (*study.spec.streams.values(), target)}.values():
        try:
            table = study.table(spec)
            nameless, keys = list(table.nameless), table.keys
        except InterplayError:
            continue  # told when its entities were read
        if nameless:
            more = f" (and in {len(nameless) - 1} more rows)" if len(nameless) > 1 else ""
            column = spec.entity if isinstance(spec.entity, str) else spec.recording
            yield warning(
                nameless[0][0], f"{column!r} should say whose row it is; it is empty{more}. Such rows are left out.",
                nameless[0][1],
            )  # fmt: skip
        for key in keys if spec is target else ():
            unsampled = bool(key.recording) and any(k.recording for k in study.keys) and key not in study.keys
            if key.entity not in known or unsampled:
                hint = _meant(key.entity, known) if key.entity not in known else ""
                yield warning(table.name(key), f"{str(key)!r} has labels and no samples.{hint}")
    if static is not None:
        for name in sorted(set(known) - with_static):
            hint = _meant(name, sorted(with_static - set(known)))
            yield warning(static.file, f"{name!r} has no row; its static inputs count as unknown.{hint}")


def _meant(name: str, names: Sequence[str]) -> str:
    lower = {known.lower(): known for known in names}
    close = difflib.get_close_matches(name.lower(), lower, n=1)
    same = [known for known in names if known.lstrip("0") == name.lstrip("0")]
    return f" Is it {(same or [lower[close[0]]])[0]!r}?" if same or close else ""


def _values(study: Study, seen: _Seen) -> Iterator[Issue]:
    """Streams that hold nothing, and channels that never change."""
    for name, spec in study.spec.streams.items():
        if seen.labels and not any(stream == name for stream, _ in seen.typical):
            hint = " Is `where` right?" if spec.where else ""
            yield warning(spec.files, f"stream {name!r} has no values in any entity.{hint}")
    for (name, channel), ranges in seen.ranges.items():
        spec = study.spec.streams[name]
        if spec.columns and len({value for some in ranges for value in some}) == 1:
            yield warning(
                spec.files, f"{channel!r} of {name!r} never changes in any entity; it tells nothing."
            )


def _classes(study: Study, seen: _Seen) -> Iterator[Issue]:
    target = study.spec.target
    labels = np.concatenate(seen.labels) if seen.labels else np.zeros(0)
    if seen.labels and not len(labels):
        yield error(FILE, "at least one entity must give a window; none does.")
    for k, label in enumerate(target.classes if seen.classes else ()):
        count = sum(k in some for some in seen.classes.values())
        windows = int(np.sum(labels == k))
        phrase = ""
        if count < min(FEWEST, len(seen.classes)):
            phrase = "no entity has" if count == 0 else f"only {count} of {len(seen.classes)} entities have"
        elif len(labels) and windows < FEW_WINDOWS and target.kind != "entity":
            phrase = f"only {windows} of {len(labels)} windows have"
        if phrase:
            yield warning(target.files, f"{phrase} the class {label!r}; it can hardly be learned and tested.")
