"""Steps that were laid on disk once, as a source of data; and how they come there."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from interplay.data import Steps, Windows, make_windows, prepare_steps, read_steps
from interplay.data.steps_folder import read_steps_manifest
from interplay.datasets import Card, DataSet
from interplay.errors import InvalidInput
from interplay.files.reading import whole
from interplay.progress import Progress
from interplay.study.study import Study
from interplay.types import Recording

OPTIONS = ("step_s", "fill", "max_gap_s")
"""Options of windows that were chosen when the steps were laid."""


class Prepared:
    """A folder of steps; a `DataSet` but that its recordings are not there any more.

    Parameters
    ----------
    folder : str or Path
        As `prepare` made it.

    Attributes
    ----------
    card : Card, of the data that were prepared
    labelled_only : bool
        Whether only windows with a label are predicted.
    last_only : bool
        Whether entities have one label each, of their last window.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        about = dict(read_steps_manifest(folder).about)
        with whole(self.folder, "a folder of prepared data", "Prepare them again."):
            self.card = Card(**about["card"])
            self.labelled_only, self.last_only = bool(about["labelled_only"]), bool(about["last_only"])

    @cached_property
    def steps(self) -> Steps:
        """Mapped into memory."""
        return read_steps(self.folder)

    def recordings(self, root: str | Path | None = None) -> Iterator[Recording]:
        """There are none."""
        raise InvalidInput(
            f"data must be recordings for this; {self.folder} holds steps that were prepared from them. Name what they "
            "were prepared from."
        )

    def windows(self, **options: Any) -> Windows:
        """Windows of the steps; what was chosen when these were laid may be said, but not otherwise."""
        for name in OPTIONS:
            was, wanted = getattr(self.card, name), options.pop(name, None)
            if wanted is not None and wanted != was:
                raise InvalidInput(
                    f"{name} must be as the steps in {self.folder} were prepared, {was!r}; got {wanted!r}. Leave it "
                    "out, or prepare them anew."
                )
        return make_windows(self.steps, **options)


def windows_of(dataset: DataSet, root: Path, **options: Any) -> Windows:
    """Windows of a data set, a study or prepared steps; for the options see `make_windows`."""
    if isinstance(dataset, Prepared):
        return dataset.windows(**options)
    return make_windows(dataset.recordings(root), **options)


def entities_of(dataset: DataSet, root: Path) -> set[str]:
    """Whom a data set has recordings of."""
    if isinstance(dataset, Prepared):
        return set(dataset.steps.entities)
    return {recording.entity for recording in dataset.recordings(root)}


def prepare_dataset(
    dataset: DataSet,
    root: Path,
    out: str | Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> Steps:
    """Lay the steps of a data set or study on disk.

    Parameters
    ----------
    dataset, root
        As `find_source` gives them.
    out, overwrite, progress
        See `interplay.data.prepare_steps`.
    **options
        Of `make_windows`, where they are not those of the card.
    """
    if isinstance(dataset, Prepared):
        raise InvalidInput(f"data must be recordings to be prepared; {dataset.folder} holds steps already.")
    card = replace(dataset.card, **{name: value for name, value in options.items() if value is not None})
    study = dataset if isinstance(dataset, Study) else None
    return prepare_steps(
        dataset.recordings(root) if study is None else _InOrder(study),
        out,
        step_s=card.step_s,
        fill=card.fill,
        max_gap_s=card.max_gap_s,
        padding=0 if card.min_steps is None else card.steps - card.min_steps,
        source=repr(
            (version("interplay"), card.to_dict(), study and study.labelled, _files(card, root, Path(out)))
        ),
        about={
            "card": asdict(card),
            "labelled_only": study is None,
            "last_only": study is not None and study.spec.target.kind == "entity",
        },
        overwrite=overwrite,
        progress=progress,
    )


class _InOrder:
    """The recordings of a study, which need not be read to be skipped."""

    def __init__(self, study: Study):
        self.study = study

    def __len__(self) -> int:
        return len(self.study.keys)

    def after(self, n: int) -> Iterable[Recording]:
        return self.study.recordings(first=n)


def _files(card: Card, root: Path, out: Path) -> list[tuple[str, int, int]]:
    """Names, sizes and times of the files that recordings are read from: others are other data."""
    if card.bundled:
        return []
    hidden = {out.resolve()}
    return sorted(
        (str(path), path.stat().st_size, path.stat().st_mtime_ns)
        for path in Path(root).rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
        and not hidden & set(path.resolve().parents)
    )
