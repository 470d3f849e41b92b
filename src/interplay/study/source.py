"""Where data come from: the name of a data set, or a study folder."""

from pathlib import Path
from typing import Any

import numpy as np

from interplay.data.windows import Windows, make_windows
from interplay.datasets import DATASETS, DataSet, data_folder, find_dataset
from interplay.errors import InvalidInput
from interplay.study.spec import FILE
from interplay.study.study import Study
from interplay.types import Recording


def find_source(
    name: str | Path, root: str | Path | None = None, *, labelled: bool = True
) -> tuple[DataSet, Path]:
    """The data set of that name, or the study in that folder, and the folder of its files.

    Unless `labelled`, a study may be without labels and without files of some streams, as for predictions.

    Raises
    ------
    InvalidInput
        If it is neither, or a data set's folder is not given.
    """
    folder = Path(name)
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
    study = isinstance(dataset, Study)
    windows = make_windows(dataset.recordings(root), labelled=not study, **options)
    if not study or dataset.spec.target.kind != "entity":
        return windows
    own = np.cumsum(windows.steps.time_s <= np.r_[-np.inf, windows.steps.time_s[:-1]])[windows.last]
    last = (np.diff(own, append=-1) != 0) | (np.diff(windows.entity, append=-1) != 0)
    return windows.select(last)


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
