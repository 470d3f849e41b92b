"""A folder of steps: arrays that are mapped into memory, and a manifest that says what they are.

Letters: n steps, M modalities, r samples of a step, d channels.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from interplay.data.steps import Steps
from interplay.errors import InvalidInput
from interplay.files.growing import digest_of_rows, mapped
from interplay.files.reading import whole

FORMAT = "interplay-steps-1"
MANIFEST = "steps.json"
OF_STEPS = ("observed", "target", "segment", "time_s", "entity")
"""Fields of `Steps` that have an array of their name."""
ADVICE = "Prepare the steps again."


@dataclass(frozen=True, kw_only=True, slots=True)
class StepsManifest:
    """What a folder of steps holds.

    Attributes
    ----------
    step_s : float, s
    padding : int, see `Steps`
    entities, classes : names
    channels, units : modality name -> names of channels, and their units
    static : names of side inputs
    recordings : of each ``entity``, ``name`` and the number of its ``steps``
    digests : name of an array -> digest of its rows
    about : what else the maker of the folder wants to be remembered, such as the card of the data set
    """

    step_s: float
    padding: int
    entities: tuple[str, ...]
    classes: tuple[str, ...]
    channels: Mapping[str, tuple[str, ...]]
    units: Mapping[str, tuple[str, ...]]
    static: tuple[str, ...]
    recordings: tuple[Mapping[str, Any], ...]
    digests: Mapping[str, str]
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def arrays(self) -> Iterator[str]:
        """Names of the arrays, each in a file of its name; those of modalities have numbers."""
        yield from (f"values_{m}" for m in range(len(self.channels)))
        yield from OF_STEPS
        yield from (f"static_{k}" for k in range(len(self.static)))


def is_steps_folder(folder: str | Path) -> bool:
    """Whether a folder holds steps."""
    return (Path(folder) / MANIFEST).is_file()


def read_steps_manifest(folder: str | Path) -> StepsManifest:
    """What a folder of steps says of itself."""
    path = Path(folder) / MANIFEST
    if not path.is_file():
        raise InvalidInput(
            f"steps must be a folder that `interplay prepare` made; there is no {MANIFEST} in {folder}."
        )
    with whole(path, "a manifest of steps", ADVICE):
        values = json.loads(path.read_text("utf-8"))
        if values.pop("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT!r}")
        for name in ("entities", "classes", "static", "recordings"):
            values[name] = tuple(values[name])
        for name in ("channels", "units"):
            values[name] = {modality: tuple(names) for modality, names in values[name].items()}
        return StepsManifest(**values)


def read_steps(folder: str | Path, *, check: bool = False) -> Steps:
    """Steps that were prepared, mapped into memory: only what is looked at is read.

    Parameters
    ----------
    folder : str or Path
        As `interplay.prepare` made it.
    check : bool
        Whether all is read once, to see that nothing has changed since.

    Returns
    -------
    Steps

    Raises
    ------
    InvalidInput
        If there is no such folder.
    DamagedFile
        If a file is missing, cut short, or, under `check`, changed.
    """
    folder = Path(folder)
    manifest = read_steps_manifest(folder)
    arrays = {name: _array(folder / f"{name}.npy") for name in manifest.arrays}
    if check:
        for name, digest in manifest.digests.items():
            _check_digest(folder / f"{name}.npy", digest)
    n = sum(recording["steps"] for recording in manifest.recordings)
    with whole(folder, "a folder of steps", ADVICE):
        for name in (*OF_STEPS, *(f"values_{m}" for m in range(len(manifest.channels)))):
            if len(arrays[name]) != n:
                raise ValueError(f"{name} has {len(arrays[name])} rows of {n}")
    return Steps(
        values={name: arrays[f"values_{m}"] for m, name in enumerate(manifest.channels)},
        **{name: arrays[name] for name in OF_STEPS},
        entities=manifest.entities,
        classes=manifest.classes,
        channels=manifest.channels,
        units=manifest.units,
        step_s=manifest.step_s,
        static={name: arrays[f"static_{k}"] for k, name in enumerate(manifest.static)},
        padding=manifest.padding,
    )


def _array(path: Path) -> np.ndarray:
    with whole(path, "an array of steps", ADVICE):
        return mapped(path)


def _check_digest(path: Path, digest: str) -> None:
    with whole(path, "an array of steps", ADVICE):
        if digest_of_rows(path) != digest:
            raise ValueError("its content has changed since it was written")
