"""Where data come from: the name of a data set, or a study folder."""

from pathlib import Path

from interplay.datasets import DATASETS, DataSet, data_folder, find_dataset
from interplay.errors import InvalidInput
from interplay.study.spec import FILE
from interplay.study.study import Study
from interplay.types import Recording


def find_source(name: str | Path, root: str | Path | None = None) -> tuple[DataSet, Path]:
    """The data set of that name, or the study in that folder, and the folder of its files.

    Raises
    ------
    InvalidInput
        If it is neither, or a data set's folder is not given.
    """
    folder = Path(name)
    if str(name) not in DATASETS and (folder / FILE).is_file():
        return Study(folder), folder
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


def read_folder(folder: str | Path) -> list[Recording]:
    """All recordings of a study folder.

    Parameters
    ----------
    folder : str or Path
        Folder with study.yaml; `interplay init-study` writes one to fill in.

    Raises
    ------
    InvalidInput, DamagedFile
        At the first thing that is wrong, with its file and row; `interplay.study.check_study` tells all of them.
    """
    return list(Study(folder).recordings())
