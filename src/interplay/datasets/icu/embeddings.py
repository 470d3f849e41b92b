"""Embeddings of notes or images that the user computed, as events of a patient.

An NPZ file holds a row for each note or image: `subject_id` (n,) int, `time` (n,) datetime64 or text such as
"2180-07-23 14:00:00", from when on it could be read (its storage time, not that of the examination), and `embedding`
(n, width) float. It must not be computed from what was written later, such as a discharge summary.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from interplay.datasets.formats.files import in_one_line, open_npz
from interplay.errors import DamagedFile
from interplay.types import Stream


@dataclass(frozen=True, kw_only=True, slots=True)
class Embeddings:
    """Embeddings in order of patient and time.

    Attributes
    ----------
    name : of the modality
    subject_id : (n,) int64
    time : (n,) datetime64[s]
    values : (n, width) float32
    """

    name: str
    subject_id: np.ndarray
    time: np.ndarray
    values: np.ndarray

    def stream(self, facts: pd.Series, n_hours: int) -> Stream:
        """Those of a patient that could be read in the first hours of a stay."""
        begin = np.datetime64(facts["intime"], "s")
        first, last = (
            np.searchsorted(self.subject_id, facts["subject_id"], "left"),
            np.searchsorted(self.subject_id, facts["subject_id"], "right"),
        )
        when = (self.time[first:last] - begin).astype(np.float64)
        early = (when >= 0) & (when <= n_hours * 3600.0)
        width = self.values.shape[1]
        return Stream(
            values=self.values[first:last][early],
            times_s=when[early],
            channels=tuple(f"{self.name}_{k}" for k in range(width)),
            units=("",) * width,
        )


def read_embeddings(path: Path, *, name: str, width: int) -> Embeddings | None:
    """The embeddings of a file; None if it is not there.

    Raises
    ------
    DamagedFile
        If it cannot be read, or is not of that width.
    """
    if not path.is_file():
        return None
    data = open_npz(path, ("subject_id", "time", "embedding"))
    subject, values = data["subject_id"], data["embedding"]
    if values.shape != (len(subject), width) or data["time"].shape != subject.shape:
        raise DamagedFile(
            f"{path} must hold embedding (n, {width}) and time (n,) for its {len(subject)} subject_id; got shapes "
            f"{values.shape} and {data['time'].shape}."
        )
    try:
        time = data["time"].astype("datetime64[s]")
    except ValueError as error:
        raise DamagedFile(
            f"{path} must hold times such as 2180-07-23 14:00:00 ({in_one_line(error)})."
        ) from error
    order = np.lexsort((time, subject))
    return Embeddings(
        name=name, subject_id=subject[order], time=time[order], values=values[order].astype(np.float32)
    )
