"""Steps on disk: one recording after the other is laid there, so that no more than one has to lie in memory."""

import json
import shutil
from collections.abc import Iterable, Mapping, Sized
from dataclasses import asdict
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from interplay.data.doubts import doubts_of_steps
from interplay.data.odd_times import odd_times
from interplay.data.steps import Steps, make_steps, padded
from interplay.data.steps_folder import FORMAT, MANIFEST, StepsManifest, read_steps
from interplay.data.warn import warn_of_data
from interplay.errors import InvalidInput
from interplay.files import check_writable, json_line, json_text, unfinished_work, whole_folder
from interplay.files.growing import GrowingArray
from interplay.progress import Progress, shown
from interplay.types import Recording

DONE = "recordings.jsonl"
"""In unfinished work: a line for each recording whose steps are all on the disk."""
GROWING = ("observed", "target", "time_s", "segment")
"""Fields of `Steps` that grow with every recording, beside the values."""
SYNC_BYTES = 1 << 26
"""Bytes after which what was written is brought to the disk and noted there."""


@runtime_checkable
class Recordings(Protocol):
    """Recordings that are read one after the other."""

    def __len__(self) -> int: ...

    def after(self, n: int) -> Iterable[Recording]:
        """All but the first n of them, which are not read."""
        ...


def prepare_steps(
    recordings: Iterable[Recording] | Recordings,
    out: str | Path,
    *,
    step_s: float,
    fill=None,
    max_gap_s: float | None = None,
    padding: int = 0,
    source: str = "",
    about: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Steps:
    """Lay recordings on a grid of steps on disk, and give these steps mapped into memory.

    The folder appears whole, by one rename. What is finished is kept beside it until then: the same call after an
    interruption goes on from there.

    Parameters
    ----------
    recordings : iterable of Recording
    out : str or Path
        Folder to write.
    step_s, fill, max_gap_s
        See `interplay.data.make_steps`.
    padding : int
        Unobserved steps before each segment, so that windows may begin before it does (`min_steps`).
    source : str
        Tells these recordings from others: work on others is not gone on with. Without it none is.
    about : mapping, optional
        To be remembered beside the steps, of plain values.
    overwrite : bool
        Whether a folder of that name is replaced.
    progress : callable, optional
        Told the share of recordings that are done, where their number is known.

    Returns
    -------
    Steps
        Equal to those of `make_steps`, to the bit.
    """
    out = Path(out)
    check_writable(out, overwrite=overwrite)
    options = {"step_s": float(step_s), "fill": fill, "max_gap_s": max_gap_s}
    with unfinished_work(out) as folder, shown(progress, "preparing") as tell:
        key = blake2b(repr((FORMAT, source, padding, options)).encode(), digest_size=8).hexdigest()
        work = _Work(folder, f"steps-{key}", fresh=not source)
        doubts: list[str] = []
        try:
            for recording in _rest(recordings, len(work.recordings)):
                piece = make_steps(recording, **options)
                work.add(recording, padded(piece, padding) if padding else piece)
                doubts += odd_times(recording)
                if n := _count(recordings):
                    tell(min(1.0, len(work.recordings) / n))
        finally:
            work.save()
        with whole_folder(out, overwrite=overwrite) as new:
            work.finish(new, about or {})
        tell(1.0)
    steps = read_steps(out)
    warn_of_data([*doubts, *doubts_of_steps(steps)])
    return steps


def _count(recordings: Iterable[Recording] | Recordings) -> int:
    return len(recordings) if isinstance(recordings, Sized) else 0


def _rest(recordings: Iterable[Recording] | Recordings, n: int) -> Iterable[Recording]:
    """Recordings from number n on."""
    return recordings.after(n) if isinstance(recordings, Recordings) else islice(recordings, n, None)


class _Work:
    """Arrays that grow, and the recordings that are in them.

    Attributes
    ----------
    recordings : of each entity, name, steps, segments and static inputs
    """

    def __init__(self, folder: Path, name: str, *, fresh: bool):
        self.folder, self.recordings, self._first = folder / name, [], None
        self._arrays: dict[str, GrowingArray] = {}
        self._unsaved = 0
        for other in folder.glob("steps-*"):
            if fresh or other.name != name:
                shutil.rmtree(other)
        self.folder.mkdir(exist_ok=True)
        if (self.folder / DONE).is_file():
            self._first, *self.recordings = map(
                json.loads, (self.folder / DONE).read_text("utf-8").splitlines()
            )
            rows = sum(one["steps"] for one in self.recordings)
            for array in self._first["arrays"]:
                self._arrays[array] = GrowingArray(self.folder / f"{array}.npy", rows=rows)

    def add(self, recording: Recording, steps: Steps) -> None:
        """Append the steps of a recording."""
        self._check(recording, steps)
        before = sum(one["segments"] for one in self.recordings)
        arrays = {f"values_{m}": values for m, values in enumerate(steps.values.values())}
        arrays |= {name: getattr(steps, name) for name in GROWING} | {"segment": steps.segment + before}
        for name, rows in arrays.items():
            if name not in self._arrays:
                self._arrays[name] = GrowingArray(self.folder / f"{name}.npy", rows)
            self._arrays[name].append(rows)
            self._unsaved += rows.nbytes
        self.recordings.append(
            {
                "entity": recording.entity,
                "name": recording.name,
                "steps": len(steps),
                "segments": int(steps.segment[-1]) + 1,
                "static": [float(value) for value in recording.static.values()],
            }
        )
        if self._unsaved > SYNC_BYTES:
            self.save()

    def finish(self, new: Path, about: Mapping[str, Any]) -> None:
        """Fill a new folder with arrays and manifest."""
        if self._first is None or not self.recordings:
            raise InvalidInput("recordings must hold at least one recording; got none.")
        counts, segments = ([one[name] for one in self.recordings] for name in ("steps", "segments"))
        names, entity = np.unique([one["entity"] for one in self.recordings], return_inverse=True)
        self._replace("entity", entity.repeat(counts))
        static = np.array([one["static"] for one in self.recordings], dtype=np.float32)
        for k in range(len(self._first["static"])):
            self._replace(f"static_{k}", static[:, k].repeat(segments))
        manifest = StepsManifest(
            step_s=self._first["step_s"],
            padding=self._first["padding"],
            entities=tuple(names.tolist()),
            classes=self._first["classes"],
            channels=self._first["channels"],
            units=self._first["units"],
            static=self._first["static"],
            recordings=tuple(
                {name: one[name] for name in ("entity", "name", "steps")} for one in self.recordings
            ),
            digests={name: array.close() for name, array in self._arrays.items()},
            about=about,
        )
        for name in manifest.arrays:
            _link(self.folder / f"{name}.npy", new / f"{name}.npy")
        (new / MANIFEST).write_text(json_text({"format": FORMAT, **asdict(manifest)}), "utf-8")

    def _check(self, recording: Recording, steps: Steps) -> None:
        """Refuse a recording that is not like the first."""
        about: dict[str, Any] = {
            "arrays": [*(f"values_{m}" for m in range(len(steps.values))), *GROWING],
            "shapes": {name: list(array.shape[1:]) for name, array in steps.values.items()},
            "step_s": steps.step_s,
            "padding": steps.padding,
            "classes": list(steps.classes),
            "channels": {name: list(names) for name, names in steps.channels.items()},
            "units": {name: list(units) for name, units in steps.units.items()},
            "static": list(steps.static),
        }
        self._first = self._first or about
        for name, what in (
            ("shapes", "modalities, rates and channels"),
            ("classes", "classes"),
            ("static", "static inputs"),
        ):
            first = self._first[name]
            if list(about[name]) != list(first) or about[name] != first:
                raise InvalidInput(
                    f"all recordings must have the same {what} in the same order; "
                    f"{recording.name or recording.entity!r} has {about[name]}, the first has {first}."
                )

    def _replace(self, name: str, rows: np.ndarray) -> None:
        self._arrays[name] = GrowingArray(self.folder / f"{name}.npy", rows)
        self._arrays[name].append(rows)

    def save(self) -> None:
        """Bring what was written to the disk, and then note the recordings that it is of."""
        if not self.recordings:
            return
        for array in self._arrays.values():
            array.sync()
        text = "".join(json_line(one) + "\n" for one in (self._first, *self.recordings))
        part = self.folder / "part"
        part.write_text(text, "utf-8")
        part.replace(self.folder / DONE)
        self._unsaved = 0


def _link(path: Path, new: Path) -> None:
    """The same file under another name; where the system has no links, moved there."""
    try:
        new.hardlink_to(path)
    except OSError:
        path.replace(new)
