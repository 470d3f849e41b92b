"""Where data come from: the name of a data set, a study folder, or a folder of prepared steps."""

from pathlib import Path
from typing import Any

import numpy as np

from interplay.data.steps import Steps
from interplay.data.steps_folder import is_steps_folder
from interplay.data.windows import Windows
from interplay.datasets import DATASETS, DataSet, data_folder, find_dataset
from interplay.errors import InvalidInput
from interplay.progress import Progress
from interplay.study.prepared import Prepared, prepare_dataset, windows_of
from interplay.study.spec import FILE
from interplay.study.study import Study
from interplay.types import Recording


def find_source(
    name: str | Path, root: str | Path | None = None, *, labelled: bool = True
) -> tuple[DataSet, Path]:
    """The data set of that name, or the study or the prepared steps in that folder, and the folder of its files.

    Unless `labelled`, a study may be without labels and without files of some streams, as for predictions.

    Raises
    ------
    InvalidInput
        If it is neither, or a data set's folder is not given.
    """
    folder = Path(name)
    if str(name) not in DATASETS and is_steps_folder(folder):
        return Prepared(folder), folder
    if str(name) not in DATASETS and (folder / FILE).is_file():
        return Study(folder, labelled=labelled), folder
    if str(name) not in DATASETS and folder.is_dir():
        raise InvalidInput(
            f"{folder} must hold a {FILE}; it does not. Write one with `interplay init-study {folder}`."
        )
    if str(name) not in DATASETS and ("/" in str(name) or str(name).startswith(".")):
        raise InvalidInput(
            f"{folder} must be a folder with a {FILE}, or the name of a data set; there is no such folder."
        )
    dataset = find_dataset(str(name))
    return dataset, data_folder(dataset.card, root)


def windows_to_predict(dataset: DataSet, root: Path, **options: Any) -> Windows:
    """Windows of a data set, or all windows of a study: what `interplay predict` reads.

    Parameters
    ----------
    dataset, root
        As `find_source` gives them, with ``labelled=False``.
    **options
        What to call `make_windows` with.

    Returns
    -------
    Windows
        Of a study whose entities have one label each, the last window of each recording.
    """
    if isinstance(dataset, Prepared):
        labelled, last_only = dataset.labelled_only, dataset.last_only
    else:
        labelled = not isinstance(dataset, Study)
        last_only = isinstance(dataset, Study) and dataset.spec.target.kind == "entity"
    windows = windows_of(dataset, root, labelled=labelled, **options)
    if not last_only:
        return windows
    own = np.cumsum(windows.steps.time_s <= np.r_[-np.inf, windows.steps.time_s[:-1]])[windows.last]
    last = (np.diff(own, append=-1) != 0) | (np.diff(windows.entity, append=-1) != 0)
    return windows.select(last)


def prepare(
    source: str | Path,
    out: str | Path,
    *,
    root: str | Path | None = None,
    step_s: float | None = None,
    steps: int | None = None,
    min_steps: int | None = None,
    labelled: bool = True,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Steps:
    """Lay the steps of a study or data set on disk, so that what is larger than memory can be used.

    One recording after the other is read and laid; the folder appears whole. The same call after an interruption goes
    on from there. What comes back is mapped into memory: `make_windows`, `fit` and the others read what they look at.

    Parameters
    ----------
    source : str or Path
        A study folder, or the name of a data set.
    out : str or Path
        Folder to write.
    root : str or Path, optional
        Folder of the files of a data set.
    step_s, steps, min_steps
        Of the windows that will be cut, see `interplay.make_windows`; by default as the card of the data says, and so
        are its other options. Without `min_steps` windows cannot begin before a recording does.
    labelled : bool
        Whether labels and files of all streams must be there; to predict they may be missing.
    overwrite : bool
        Whether a folder of that name is replaced.
    progress : callable, optional
        Told the share of the work that is done; by default a bar on a terminal.

    Returns
    -------
    Steps

    Examples
    --------
    >>> import interplay as ip
    >>> steps = ip.prepare("hapt_sample", "steps")
    >>> windows = ip.make_windows(steps, steps=8, stride=64)
    >>> len(windows), windows.length, len(windows.entities)
    (219, 8, 25)
    """
    dataset, folder = find_source(source, root, labelled=labelled)
    options = {"step_s": step_s, "steps": steps, "min_steps": min_steps}
    return prepare_dataset(dataset, folder, out, overwrite=overwrite, progress=progress, **options)


def read_folder(folder: str | Path, *, labelled: bool = True) -> list[Recording]:
    """All recordings of a study folder.

    Parameters
    ----------
    folder : str or Path
        Folder with study.yaml; `interplay init-study` writes one to fill in.
    labelled : bool
        Whether labels and files of all streams must be there; to predict they may be missing.

    Raises
    ------
    InvalidInput, DamagedFile
        At the first thing that is wrong, with its file and row; `interplay.study.check_study` tells all of them.
    """
    return list(Study(folder, labelled=labelled).recordings())
