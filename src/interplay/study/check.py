"""Everything that is wrong or doubtful in a study folder, at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import numpy as np

from interplay.data.leaks import beside_labels, sample_times, tells
from interplay.errors import InterplayError
from interplay.progress import Tell, silent
from interplay.study.findings import WRONG, Finding, doubtful, wrong
from interplay.study.read import Held, Study, read_entity, recording_of, static_inputs
from interplay.study.spec import FILE
from interplay.types import Recording

FAR = 30.0
"""Times by which an entity's typical value may differ from that of the others before its unit is doubted."""
LONG_GAP = 100.0
"""Typical intervals after which a pause is a long one."""
FEWEST = 3
"""Entities that a class should have: one to train, one to test, and one more."""
SAMPLED = 20_000
"""Samples of a stream and entity that are kept to look for leaks."""


def check_study(folder: str | Path, *, progress: Tell = silent) -> list[Finding]:
    """Read all of a study and tell everything that is wrong or doubtful.

    Parameters
    ----------
    folder : str or Path
        Folder with study.yaml.
    progress : callable, optional
        Told the share that is done.

    Returns
    -------
    list of Finding
        In the order they were found; empty if there is nothing to say.
    """
    try:
        study = Study(folder)
        entities = study.entities
        static, found = static_inputs(study.spec.static, study.folder)
    except InterplayError as error:
        return [wrong(FILE, str(error))]
    seen = _Seen()
    for k, entity in enumerate(entities):
        held, more = read_entity(study, entity)
        found += more
        readable = not any(f.level == WRONG for f in more)
        found += _of_entity(study, entity, held)
        if readable:
            seen.add(study, entity, recording_of(study, entity, held, static))
        progress((k + 1) / len(entities))
    return found + list(_across(study, seen))


@dataclass(slots=True)
class _Seen:
    """What is remembered of every entity: enough to compare them, and no more."""

    typical: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    ranges: dict[tuple[str, str], set[tuple[float, float]]] = field(default_factory=dict)
    content: dict[str, str] = field(default_factory=dict)
    classes: dict[str, set[int]] = field(default_factory=dict)
    few: list[Recording] = field(default_factory=list)

    def add(self, study: Study, entity: str, recording: Recording) -> None:
        digest = blake2b(digest_size=16)
        for name, stream in recording.streams.items():
            digest.update(np.ascontiguousarray(stream.values).tobytes())
            for channel, values in zip(stream.channels, stream.values.T, strict=True):
                if len(values) and not np.isnan(values).all():
                    self.typical.setdefault((name, channel), {})[entity] = float(np.nanmedian(np.abs(values)))
                    self.ranges.setdefault((name, channel), set()).add(
                        (float(np.nanmin(values)), float(np.nanmax(values)))
                    )
        self.content[entity] = digest.hexdigest()
        if recording.classes:
            self.classes[entity] = {int(c) for c in np.unique(recording.target.values) if c >= 0}
            if sum(len(s.values) for r in self.few for s in r.streams.values()) < 50 * SAMPLED:
                self.few.append(recording)


def _of_entity(study: Study, entity: str, held: Held) -> Iterator[Finding]:
    """Long pauses."""
    for name, stream in held.streams.items():
        file = study.table(study.spec.streams[name]).name(entity)
        if not len(stream.values):
            continue
        if stream.rate_hz is None and study.spec.streams[name].columns and len(stream.values) > 10:
            between = np.diff(sample_times(stream))
            if between.max() > LONG_GAP * max(np.median(between), 1e-9):
                k = int(between.argmax())
                yield doubtful(file, f"stream {name!r} of {entity!r} pauses for {between[k]:.6g} s; samples are "
                                     f"typically "
                               f"{np.median(between):.4g} s apart.", k + 3)  # fmt: skip


def _across(study: Study, seen: _Seen) -> Iterator[Finding]:
    """What only shows when entities are compared."""
    if len(study.entities) == 1:
        yield doubtful(FILE, f"there should be at least two entities; {study.entities[0]!r} is the only one, so "
                             f"that nothing "
                       "can be tested on anyone else.")  # fmt: skip
    yield from _constant(study, seen)
    yield from _units(study, seen)
    yield from _twins(study, seen)
    yield from _classes(study, seen)
    yield from _given_away(study, seen)


def _constant(study: Study, seen: _Seen) -> Iterator[Finding]:
    for (name, channel), ranges in seen.ranges.items():
        if study.spec.streams[name].columns and len({value for some in ranges for value in some}) == 1:
            yield doubtful(study.spec.streams[name].files,
                           f"{channel!r} of {name!r} never changes in any entity; it tells nothing.")  # fmt: skip


def _units(study: Study, seen: _Seen) -> Iterator[Finding]:
    for (name, channel), typical in seen.typical.items():
        values = np.array([v for v in typical.values() if v > 0])
        if len(values) < 3:
            continue
        middle = float(np.median(values))
        for entity, value in typical.items():
            ratio = max(value, 1e-12) / middle
            if value > 0 and not 1 / FAR < ratio < FAR:
                times = float(f"{max(ratio, 1 / ratio):.2g}")
                yield doubtful(study.table(study.spec.streams[name]).name(entity),
                               f"{channel!r} of {name!r} is typically {value:.4g} in {entity!r} and {middle:.4g} "
                               f"elsewhere, about "
                               f"{times:,.0f} times {'more' if ratio > 1 else 'less'}. Is it in another "
                               f"unit?")  # fmt: skip
    for name, spec in study.spec.streams.items():
        yield from _gravity(study, seen, name, set(spec.units))


def _gravity(study: Study, seen: _Seen, name: str, units: set[str]) -> Iterator[Finding]:
    """An acceleration at rest is 1 g or 9.8 m/s2 long."""
    expected = {"g": 1.0, "m/s2": 9.81, "m/s^2": 9.81}
    channels = [typical for (stream, _), typical in seen.typical.items() if stream == name]
    if len(units) != 1 or len(channels) != 3 or not units <= set(expected):
        return
    unit = next(iter(units))
    for entity in channels[0]:
        length = float(np.linalg.norm([typical.get(entity, 0.0) for typical in channels]))
        other = 9.81 if expected[unit] == 1.0 else 1.0
        if abs(np.log(max(length, 1e-9) / other)) < 0.25:
            yield doubtful(study.table(study.spec.streams[name]).name(entity),
                           f"{name!r} is said to be in {unit}, and is typically {length:.3g} long; at rest that "
                           f"would be "
                           f"{expected[unit]:g}. Is it in {'m/s2' if unit == 'g' else 'g'}?")  # fmt: skip


def _twins(study: Study, seen: _Seen) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for entity, content in seen.content.items():
        if content in first:
            name = next(iter(study.spec.streams.values()))
            yield doubtful(study.table(name).name(entity), f"{entity!r} has the same samples as "
                                                           f"{first[content]!r}; the same "
                           "one twice would be on both sides of a split.")  # fmt: skip
        first.setdefault(content, entity)


def _classes(study: Study, seen: _Seen) -> Iterator[Finding]:
    if not seen.classes:
        return
    for k, label in enumerate(study.spec.target.classes):
        count = sum(k in some for some in seen.classes.values())
        if count < min(FEWEST, len(seen.classes)):
            told = "no entity has" if count == 0 else f"only {count} of {len(seen.classes)} entities have"
            yield doubtful(
                study.spec.target.files, f"{told} the class {label!r}; it can hardly be learned and tested."
            )


def _given_away(study: Study, seen: _Seen) -> Iterator[Finding]:
    """Streams and static inputs that are the target under another name."""
    if not seen.few:
        return
    for name in seen.few[0].streams:
        values, labels = beside_labels(seen.few, name)
        if not len(values):
            continue
        for channel, column in zip(seen.few[0].streams[name].channels, values.T, strict=True):
            if tells(column, labels):
                yield doubtful(study.spec.streams[name].files, f"{channel!r} of {name!r} tells the target "
                                                               f"without error; "
                               "leave it out if it was made from the target.")  # fmt: skip
    final = [r for r in seen.few if len(r.target.values) == 1 and r.target.values[0] >= 0]
    for name in seen.few[0].static:
        if tells(np.array([r.static[name] for r in final]), np.array([r.target.values[0] for r in final])):
            yield doubtful(study.spec.static.file if study.spec.static else FILE,
                           f"static input {name!r} tells the target without error; leave it out if it was made "
                           f"from the "
                           "target.")  # fmt: skip


def has_wrong(found: Sequence[Finding]) -> bool:
    """Whether anything stands in the way of reading."""
    return any(finding.level == WRONG for finding in found)
