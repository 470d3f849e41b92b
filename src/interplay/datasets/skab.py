"""SKAB: a water circulation testbed with eight sensors, and when something is wrong with it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from interplay.data.targets import label_intervals
from interplay.datasets.card import Card
from interplay.datasets.formats.files import DAMAGE, below, in_one_line, open_csv
from interplay.errors import DamagedFile, InvalidInput
from interplay.types import Recording, Stream

SENSORS = {
    "vibration": (("Accelerometer1RMS", "Accelerometer2RMS"), ("g", "g")),
    "electrical": (("Current", "Voltage"), ("A", "V")),
    "hydraulic": (("Pressure", "Volume Flow RateRMS"), ("bar", "l/min")),
    "thermal": (("Temperature", "Thermocouple"), ("deg C", "deg C")),
}
COLUMNS = tuple(column for columns, _ in SENSORS.values() for column in columns)
NORMAL = "anomaly-free"
"""The one experiment without labels: its name is the label."""
ROW_S = 2.0
"""Longest time between two rows of a row of measurements that goes on."""
LONGEST_GAP_S = 10.0


class Skab:
    """Vibration, electricity, pressure with flow, and temperatures; is the testbed all right? Experiments are entities.

    Rows come about every second, some seconds having none, so that steps are of two. Most experiments go by the same
    schedule, with the fault in the middle: a clock is no modality here, and would tell much. Change points, of which
    there are four in an experiment, are left out.
    """

    card = Card(
        name="skab",
        title="Skoltech Anomaly Benchmark v0.9: a water circulation testbed",
        source="github.com/waico/SKAB",
        licence="GPL-3.0",
        citation="Katser I., Kozitsin V. (2020) Skoltech Anomaly Benchmark (SKAB), doi:10.34740/KAGGLE/DSV/1693952.",
        entities="35 experiments",
        modalities={
            name: f"2 channels ({', '.join(columns)}), about one row a second, {', '.join(dict.fromkeys(units))}"
            for name, (columns, units) in SENSORS.items()
        },
        target="state over time: normal, anomaly (AUROC is the score)",
        step_s=2.0,
        steps=15,
        stride=10,
        fill="hold",
        files="skab.csv.gz, or the official folders anomaly-free/, other/, valve1/ and valve2/ of data/",
        access="Run: git clone https://github.com/waico/SKAB, and pass the folder SKAB/data.",
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording an experiment from the folder that holds either form."""
        root = Path(root)
        if (root / "skab.csv.gz").is_file():
            table = open_csv(root, ("skab.csv.gz",), ["experiment", "datetime", *COLUMNS, "anomaly"])
            experiments = {str(name): rows for name, rows in table.groupby("experiment", sort=True)}
        else:
            folder = below(root, "valve1")
            if folder is None:
                raise InvalidInput(f"{root} must hold {self.card.files}; it holds neither.")
            paths = sorted([*folder.glob("[ov]*/*.csv"), *folder.glob(f"{NORMAL}/*.csv")])
            experiments = {_experiment_of(path): _of_text(path) for path in paths}
        for name, rows in experiments.items():
            yield _experiment(name, rows)


def _experiment_of(path: Path) -> str:
    return NORMAL if path.parent.name == NORMAL else f"{path.parent.name}/{path.stem}"


def _of_text(path: Path) -> pd.DataFrame:
    """The official layout: separated by semicolons; without labels where nothing is wrong."""
    try:
        table = pd.read_csv(path, sep=";")
    except (*DAMAGE, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DamagedFile(
            f"{path} cannot be read to its end ({in_one_line(error)}). Copy or download it again."
        ) from error
    needed = ["datetime", *COLUMNS, *([] if path.parent.name == NORMAL else ["anomaly"])]
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise DamagedFile(
            f"{path} must have the column {missing[0]!r}; it has {list(table.columns)[:8]}. Is it separated by "
            "semicolons?"
        )
    return table if "anomaly" in table else table.assign(anomaly=np.nan)


def _experiment(name: str, rows: pd.DataFrame) -> Recording:
    when = pd.to_datetime(rows["datetime"], errors="coerce")
    if when.isna().any() or not when.is_monotonic_increasing:
        raise DamagedFile(
            f"datetime of the experiment {name} must be dates in order; it is not. Download it again."
        )
    seconds = (when - when.iloc[0]).dt.total_seconds().to_numpy() + 1.0
    anomaly = np.zeros(len(rows)) if name == NORMAL else rows["anomaly"].to_numpy(np.float64)
    if not np.isin(anomaly, (0, 1)).all():
        raise DamagedFile(f"anomaly of the experiment {name} must be 0 or 1; it is not.")
    late = np.flatnonzero(np.diff(seconds) > LONGEST_GAP_S)
    # a label is of the time up to its row
    begins = np.maximum(np.r_[0.0, seconds[:-1]], seconds - ROW_S)
    return Recording(
        entity=name,
        streams={
            modality: Stream(
                values=rows[list(columns)].to_numpy(np.float32),
                times_s=seconds,
                channels=columns,
                units=units,
            )
            for modality, (columns, units) in SENSORS.items()
        },
        target=label_intervals(anomaly.astype(np.int64), begins, seconds),
        classes=("normal", "anomaly"),
        gaps_s=tuple((seconds[k], seconds[k + 1] - ROW_S) for k in late),
        span_s=(0.0, seconds[-1]),
    )
