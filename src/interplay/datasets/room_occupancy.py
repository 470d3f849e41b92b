"""Room Occupancy Estimation: environmental sensors of one room, every half minute."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from interplay.data.targets import label_intervals
from interplay.datasets.card import Card
from interplay.datasets.formats.files import open_csv
from interplay.types import Recording, Stream

SENSORS = {
    "temperature": (("S1_Temp", "S2_Temp", "S3_Temp", "S4_Temp"), "deg C"),
    "light": (("S1_Light", "S2_Light", "S3_Light", "S4_Light"), "lux"),
    "sound": (("S1_Sound", "S2_Sound", "S3_Sound", "S4_Sound"), "V"),
    "co2": (("S5_CO2",), "ppm"),
    "motion": (("S6_PIR", "S7_PIR"), ""),
}
COUNT = "Room_Occupancy_Count"
ROW_S = 30.0
LONGEST_GAP_S = 120.0


class RoomOccupancy:
    """Temperature, light, sound, CO2 and motion in a room with 0 to 3 people; a day is an entity.

    The slope of CO2 that the official file holds is left out: it is computed from the stream that is here, over a
    stretch of time that its authors do not tell.
    """

    card = Card(
        name="room_occupancy",
        title="Room occupancy estimation from non-intrusive sensors",
        source="UCI Machine Learning Repository, data set 864",
        licence="CC BY 4.0",
        citation=(
            "Singh A. P. et al. (2018) Machine Learning-Based Occupancy Estimation Using Multivariate Sensor Nodes. "
            "IEEE Globecom Workshops."
        ),
        entities="7 days of one room",
        modalities={
            name: f"{len(columns)} channel{'s' * (len(columns) > 1)}, one row in 30 s{', ' + unit if unit else ''}"
            for name, (columns, unit) in SENSORS.items()
        },
        target="people in the room over time: 0, 1, 2, 3",
        step_s=60.0,
        steps=10,
        # only two days hold a single person; one of them must be on either side
        splits={
            "days": {
                "train": ["2017-12-22", "2017-12-24", "2017-12-26", "2018-01-10"],
                "test": ["2017-12-23", "2017-12-25", "2018-01-11"],
            }
        },
        files="room_occupancy.csv.gz, or the official Occupancy_Estimation.csv",
        downloads={
            "https://archive.ics.uci.edu/static/public/864/room+occupancy+estimation.zip": "",
        },
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a day from the folder that holds either file."""
        needed = ["Date", "Time", *(c for columns, _ in SENSORS.values() for c in columns), COUNT]
        table = open_csv(Path(root), ("room_occupancy.csv.gz", "Occupancy_Estimation.csv"), needed)
        when = pd.to_datetime(
            table["Date"].str.replace("/", "-") + " " + table["Time"], format="%Y-%m-%d %H:%M:%S"
        )
        for day, rows in table.groupby(when.dt.date, sort=True):
            seconds = (when[rows.index] - pd.Timestamp(day)).dt.total_seconds().to_numpy()
            yield _day(str(day), rows, seconds)


def _day(name: str, rows: pd.DataFrame, seconds: np.ndarray) -> Recording:
    until = np.minimum(np.r_[seconds[1:], seconds[-1] + ROW_S], seconds + LONGEST_GAP_S)
    late = np.flatnonzero(np.diff(seconds) > LONGEST_GAP_S)
    return Recording(
        entity=name,
        streams={
            sensor: Stream(
                values=rows[list(columns)].to_numpy(np.float32),
                times_s=seconds,
                channels=columns,
                units=(unit,) * len(columns),
            )
            for sensor, (columns, unit) in SENSORS.items()
        },
        target=label_intervals(rows[COUNT].to_numpy(np.int64), seconds, until),
        classes=("0", "1", "2", "3"),
        gaps_s=tuple((seconds[k] + ROW_S, seconds[k + 1]) for k in late),
    )
