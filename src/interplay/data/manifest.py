"""Split manifests: which entities are on which side, and enough of their windows to prove that they came back."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from interplay.data.pieces import pieces
from interplay.data.same_samples import Sketches, sketches
from interplay.data.targets import is_labelled
from interplay.data.windows import Windows
from interplay.errors import InvalidInput
from interplay.files import json_text, whole_file
from interplay.files.reading import whole

FORMAT = "interplay-split-1"
MOMENTS_AGREE = 1e-3
"""Deviations by which means may differ: filters round differently from one processor to the next."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One side of a split.

    Attributes
    ----------
    entities : entity -> hash of its windows: how many, their labels, and what is observed in them
    windows : windows of each class or label; of a continuous target only "all"
    moments : modality -> (mean, deviation) over all observed samples of these windows
    samples : entity -> modality -> some hashes of its samples, see `interplay.data.same_samples`
    """

    entities: Mapping[str, str]
    windows: Mapping[str, int]
    moments: Mapping[str, Sequence[float]]
    samples: Sketches = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitManifest:
    """Which entities are on which side; saved with every run, to be repeated on another machine.

    Attributes
    ----------
    parts : name, such as "train" or "test" -> Part
    source : name of the data set, or the folder they were read from
    options : what `make_windows` was called with
    excluded : reason -> entities of the source that have no window
    """

    parts: Mapping[str, Part]
    source: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    excluded: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def apply(self, windows: Windows) -> dict[str, Windows]:
        """The same parts, cut out of windows of the same data.

        Raises
        ------
        InvalidInput
            If an entity is missing, or its windows are not those that were split.
        """
        parts = {}
        for name, part in self.parts.items():
            missing = sorted(set(part.entities) - set(windows.entities))
            if missing:
                raise InvalidInput(
                    f"windows must hold every entity of the split's {name} part; {missing[0]!r} "
                    f"{_and_more(missing)}missing. Read the same data with the same window options."
                )
            parts[name] = windows.of_entities(part.entities)
            _check_same(parts[name], part, name)
        return parts

    def with_part(self, name: str, windows: Windows) -> "SplitManifest":
        """The same with one part described anew."""
        return SplitManifest(
            parts={**self.parts, name: _part(windows)},
            source=self.source,
            options=self.options,
            excluded=self.excluded,
        )

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write it as JSON."""
        with whole_file(path, overwrite=overwrite) as part:
            part.write_text(json_text({"format": FORMAT, **asdict(self)}), "utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "SplitManifest":
        """Read one that was saved.

        Raises
        ------
        InvalidInput
            If there is no such file.
        DamagedFile
            If it is not a split manifest.
        """
        path = Path(path)
        if not path.is_file():
            raise InvalidInput(
                f"a split must be a file such as the split.json of a run; there is no file {path}."
            )
        with whole(path, "a split manifest", "Take the split.json of a run, whole."):
            values = json.loads(path.read_text("utf-8"))
            if values.pop("format") != FORMAT:
                raise ValueError(f"its format is not {FORMAT!r}")
            parts = {name: Part(**part) for name, part in values.pop("parts").items()}
            _check_apart(parts)
            return cls(parts=parts, **values)


def _check_apart(parts: Mapping[str, Part]) -> None:
    """Refuse an entity on two sides."""
    sides: dict[str, str] = {}
    for side, part in parts.items():
        for entity in part.entities:
            if sides.setdefault(entity, side) != side:
                raise ValueError(f"{entity!r} is in both {sides[entity]} and {side}")


def describe_split(
    parts: Mapping[str, Windows],
    *,
    whole: Windows | None = None,
    source: str = "",
    options: Mapping[str, Any] | None = None,
) -> SplitManifest:
    """The manifest of a split.

    Parameters
    ----------
    parts : name -> Windows
    whole : Windows, optional
        All windows of the source, of which entities without windows are listed.
    source, options
        See `SplitManifest`.
    """
    return SplitManifest(
        parts={name: _part(windows) for name, windows in parts.items()},
        source=source,
        options=dict(options or {}),
        excluded={} if whole is None else left_out(whole),
    )


def left_out(windows: Windows) -> dict[str, tuple[str, ...]]:
    """Entities that were read and have no window, by reason."""
    steps, with_windows = windows.steps, set(windows.entities)
    longest = np.bincount(steps.segment)[steps.segment]
    reasons: dict[str, list[str]] = {}
    for k, name in enumerate(steps.entities):
        if name in with_windows:
            continue
        of_entity = steps.entity == k
        if not is_labelled(steps.target[of_entity]).any():
            reason = "no step is labelled"
        elif longest[of_entity].max() < windows.length:
            reason = f"no stretch of {windows.length} steps"
        else:
            reason = "no window ends in a labelled step"
        reasons.setdefault(reason, []).append(name)
    return {reason: tuple(names) for reason, names in reasons.items()}


def _part(windows: Windows) -> Part:
    return Part(
        entities=_hashes(windows),
        windows=_counts(windows),
        moments=_moments(windows),
        samples=sketches(windows),
    )


def _hashes(windows: Windows) -> dict[str, str]:
    rows = windows.used_rows()
    observed = _by_entity(np.packbits(windows.steps.observed[rows], axis=1), windows.steps.entity[rows])
    # float32 of a continuous target: its last bits may differ between machines
    labels = windows.y.astype(np.float32 if windows.continuous else np.int64)
    of_entities = zip(windows.entities, _by_entity(labels, windows.entity), observed, strict=True)
    return {name: _hash(windows.length, y, seen) for name, y, seen in of_entities}


def _hash(length: int, labels: np.ndarray, observed: np.ndarray) -> str:
    digest = blake2b(np.array([length, len(labels)]).tobytes(), digest_size=8)
    digest.update(labels.tobytes())
    digest.update(observed.tobytes())
    return digest.hexdigest()


def _by_entity(rows: np.ndarray, entity: np.ndarray) -> list[np.ndarray]:
    """Rows of each entity, in order of entities."""
    order = np.argsort(entity, kind="stable")
    return np.split(rows[order], np.flatnonzero(np.diff(entity[order])) + 1)


def _counts(windows: Windows) -> dict[str, int]:
    if windows.kind == "number":
        return {"all": len(windows)}
    held = (
        windows.y == 1 if windows.kind == "labels" else windows.y[:, None] == np.arange(len(windows.classes))
    )
    return dict(zip(windows.classes, held.sum(0).tolist(), strict=True))


def _moments(windows: Windows) -> dict[str, tuple[float, float]]:
    rows, moments = windows.used_rows(), {}
    for name, values in windows.steps.values.items():
        n = sum(seen.size for seen in _seen(values, rows))
        mean = sum(float(seen.sum()) for seen in _seen(values, rows)) / max(1, n)
        variance = sum(float(((seen - mean) ** 2).sum()) for seen in _seen(values, rows)) / max(1, n)
        moments[name] = (mean, variance**0.5)
    return moments


def _seen(values: np.ndarray, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Observed samples, float64, a piece after the other."""
    return (piece[~np.isnan(piece)].astype(np.float64) for piece in pieces(values, rows))


def _check_same(windows: Windows, part: Part, name: str) -> None:
    hashes, moments = _hashes(windows), _moments(windows)
    other = sorted(entity for entity in part.entities if hashes[entity] != part.entities[entity])
    if other:
        raise InvalidInput(
            f"windows of the {name} part must be those that were split; {other[0]!r} {_and_more(other)}of other labels "
            "or observed at other times. Read the same release of the data with the same window options."
        )
    for modality, (mean, deviation) in part.moments.items():
        if abs(moments[modality][0] - mean) > MOMENTS_AGREE * max(deviation, 1e-12):
            raise InvalidInput(
                f"values of {modality!r} in the {name} part must be those that were split; their mean is "
                f"{moments[modality][0]:.6g} and was {mean:.6g}. Is the unit the same?"
            )


def _and_more(names: Sequence[str]) -> str:
    return "is " if len(names) == 1 else f"and {len(names) - 1} more are "
