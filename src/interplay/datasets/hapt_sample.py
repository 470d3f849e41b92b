"""A part of HAPT that comes with the package: raw samples in one Parquet file, nothing to download."""

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from interplay.datasets.card import Card
from interplay.datasets.hapt import Hapt, hapt_recording
from interplay.types import Recording

SAMPLE = files("interplay.datasets") / "samples" / "hapt_sample.parquet"
ACC = ("acc_x", "acc_y", "acc_z")
GYRO = ("gyro_x", "gyro_y", "gyro_z")


class HaptSample:
    """The first experiment of the first subjects of HAPT, from its first to its last labelled activity.

    The samples are those of the full data set; the low-pass that tells gravity from motion starts with them,
    so the two differ in the first seconds of a recording. `samples/README.md` has licence and changes.
    """

    card: Card = replace(
        Hapt.card,
        name="hapt_sample",
        title=f"{Hapt.card.title} (sample in the package)",
        entities="25 subjects, 25 recordings",
        bundled=True,
    )

    def recordings(self, root: str | Path | None = None) -> Iterator[Recording]:
        """Recordings from the package; `root` is there because other data sets need one."""
        with SAMPLE.open("rb") as file:
            table = pq.read_table(file)
        scale = {key.decode(): float(value) for key, value in table.schema.metadata.items()}
        column = {name: table[name].to_numpy() for name in table.column_names}
        starts = np.flatnonzero(np.diff(column["experiment"], prepend=0))
        for start, stop in zip(starts, [*starts[1:], table.num_rows], strict=True):
            rows = slice(start, stop)
            yield hapt_recording(
                entity=f"subject{column['subject'][start]:02d}",
                name=f"experiment{column['experiment'][start]:02d}",
                acc_g=np.stack([column[name][rows] for name in ACC], axis=1) * scale["acc_scale"],
                gyro=np.stack([column[name][rows] for name in GYRO], axis=1) * scale["gyro_scale"],
                label=column["label"][rows],
            )
