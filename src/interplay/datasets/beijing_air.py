"""Beijing air: particles, gases, weather and wind at twelve stations, and the fine dust of some hours later."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from interplay.data.targets import label_intervals
from interplay.datasets.card import Card
from interplay.datasets.formats.files import below, open_csv, open_npz
from interplay.errors import DamagedFile, InvalidInput
from interplay.types import UNLABELLED, Recording, Stream, Target

HOUR_S = 3600.0
AHEAD = 6
"""Hours from the end of a window to the fine dust that is predicted."""
FARTHEST = 72
"""Most of them; a month is cut off by as many."""
POLLUTANTS = {"particles": ("pm25", "pm10"), "gases": ("so2", "no2", "co", "o3")}
WEATHER = {"temp": "deg C", "pres": "hPa", "dewp": "deg C", "rain": "mm"}
OFFICIAL = {"pm25": "PM2.5", "wind_dir": "wd"}
"""Columns whose official names are more than upper case."""
COLUMNS = (*POLLUTANTS["particles"], *POLLUTANTS["gases"], *WEATHER, "wspm")
DIRECTIONS = (
    "N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW",
)  # fmt: skip
HELD_OUT = ("Dingling", "Gucheng", "Shunyi", "Tiantan")
"""Stations of the test part: the hills, the west, the plain and the centre."""
MONTHS = tuple(str(month) for month in pd.period_range("2013-03", "2017-02", freq="M"))
FIRST_TEST = "2016-01"
LIMITS = (35.0, 75.0)
"""ug/m3, of the daily mean in the first and second grade of the Chinese standard GB 3095-2012."""
CLASSES = ("clean", "fair", "polluted")


def _entities(months: tuple[str, ...], *groups: str) -> list[str]:
    return [f"{month}, {group}" for month in months for group in groups]


def _splits() -> dict[str, dict[str, list[str]]]:
    before, after = (
        tuple(month for month in MONTHS if (month >= FIRST_TEST) == late) for late in (False, True)
    )
    return {
        "time_and_station": {
            "train": _entities(before, "8 stations"),
            "test": _entities(after, "4 stations"),
        },
        "time": {
            "train": _entities(before, "8 stations", "4 stations"),
            "test": _entities(after, "8 stations", "4 stations"),
        },
    }


def _card(name: str, what: str, target: str, hours: int = AHEAD) -> Card:
    return Card(
        name=name,
        title=f"Beijing multi-site air quality: {what} in {hours} hour{'s' * (hours > 1)}",
        source="UCI Machine Learning Repository, data set 501",
        licence="CC BY 4.0",
        citation=(
            "Zhang S., Guo B., Dong A., He J., Xu Z., Chen S. X. (2017) Cautionary tales on air-quality improvement in "
            "Beijing. Proc. R. Soc. A 473:20170457."
        ),
        entities="96 of 48 months and two groups of stations (8 to learn from, 4 held out)",
        modalities={
            "particles": "2 channels (pm25, pm10), 0.000277778 Hz: one row an hour, ug/m3",
            "gases": "4 channels (so2, no2, co, o3), 0.000277778 Hz: one row an hour, ug/m3",
            "weather": (
                "4 channels (temperature, pressure, dew point, rain), 0.000277778 Hz: one row an hour, deg C, hPa, "
                "deg C, mm"
            ),
            "wind": "2 channels (from the east, from the north), 0.000277778 Hz: one row an hour, m/s",
        },
        target=f"pm25 in {hours} hour{'s' * (hours > 1)}{target}",
        step_s=HOUR_S,
        steps=24,
        # windows of a month end 7 hours apart on the clock, not always at night
        stride=103,
        fill="mark",
        splits=_splits(),
        files="beijing_air.npz, or the twelve official files PRSA_Data_*.csv",
        downloads={
            "https://archive.ics.uci.edu/static/public/501/beijing+multi+site+air+quality+data.zip": "",
        },
    )


class BeijingAir:
    """Fine dust some hours after the end of a window, as a number; gaps stay gaps.

    Stations share their air, so that all stations of a month are one entity, in two groups: no hour is on both sides of
    a fold, and by the first published split (`time_and_station`) neither an hour nor a station is in both parts; test
    comes after training. The last hours of a month have no label, since theirs is in the next. Wind comes as its
    two components, direction being a circle.

    Parameters
    ----------
    hours_ahead : int, h
        From the end of a window to the fine dust that is predicted.
    """

    classes: tuple[str, ...] = ()
    described = (
        "beijing_air",
        "fine dust",
        ", ug/m3, a number (R2 and mean absolute error are the scores)",
    )
    card = _card(*described)

    def __init__(self, hours_ahead: int = AHEAD) -> None:
        if not isinstance(hours_ahead, int) or not 1 <= hours_ahead <= FARTHEST:
            raise InvalidInput(
                f"hours_ahead must be a whole number from 1 to {FARTHEST}; got {hours_ahead!r}."
            )
        self.hours_ahead = hours_ahead
        self.card = _card(*self.described, hours=hours_ahead)

    def label(self, pm25: np.ndarray) -> np.ndarray:
        """Target values (n,) of concentrations (n,); NaN is unknown."""
        return pm25.astype(np.float64)

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a station and month from the folder that holds either form."""
        for station, hours in sorted(_stations(Path(root)).items()):
            group = "4 stations" if station in HELD_OUT else "8 stations"
            for month, rows in hours.groupby(pd.DatetimeIndex(hours.index).to_period("M"), sort=True):
                yield Recording(
                    entity=f"{month}, {group}",
                    name=f"{station}, {month}",
                    streams=_streams(rows),
                    target=self._target(rows["pm25"].to_numpy()),
                    classes=self.classes,
                )

    def _target(self, pm25: np.ndarray) -> Target:
        """The label at the end of hour k is of so many hours later."""
        label = self.label(pm25[self.hours_ahead :])
        at_s = HOUR_S * np.arange(1, len(label) + 1)
        return label_intervals(label, at_s - HOUR_S, at_s)


class BeijingAirClasses(BeijingAir):
    """The same as a class: clean, fair or polluted by the limits of the Chinese standard."""

    classes = CLASSES
    described = (
        "beijing_air_classes",
        "how clean the air is",
        ": clean (up to 35 ug/m3), fair (up to 75), polluted (macro-F1 is the score)",
    )
    card = _card(*described)

    def label(self, pm25: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(pm25), UNLABELLED, np.searchsorted(LIMITS, pm25, side="left")).astype(
            np.int64
        )


def _streams(rows: pd.DataFrame) -> dict[str, Stream]:
    angle = rows["wind_dir"].map({name: k * np.pi / 8 for k, name in enumerate(DIRECTIONS)}).to_numpy(float)
    speed = rows["wspm"].to_numpy(float)
    wind = np.stack([speed * np.sin(angle), speed * np.cos(angle)], axis=1)
    return {
        **{
            name: _hourly(rows[list(columns)], ("ug/m3",) * len(columns))
            for name, columns in POLLUTANTS.items()
        },
        "weather": _hourly(rows[list(WEATHER)], tuple(WEATHER.values())),
        "wind": _hourly(pd.DataFrame(wind, columns=["east", "north"]), ("m/s", "m/s")),
    }


def _hourly(rows: pd.DataFrame, units: tuple[str, ...]) -> Stream:
    return Stream(
        values=rows.to_numpy(np.float32), rate_hz=1 / HOUR_S, channels=tuple(rows.columns), units=units
    )


def _stations(root: Path) -> dict[str, pd.DataFrame]:
    """Station -> its hours, with the columns of COLUMNS and wind_dir, a name or missing."""
    if (root / "beijing_air.npz").is_file():
        return _of_arrays(root / "beijing_air.npz")
    folder = next((f for f in (root, below(root, "PRSA_Data_20130301-20170228")) if f is not None), root)
    paths = sorted([*folder.glob("PRSA_Data_*.csv"), *folder.glob("PRSA_Data_*/PRSA_Data_*.csv")])
    if not paths:
        raise InvalidInput(f"{root} must hold {BeijingAir.card.files}; it holds neither.")
    return {path.stem.split("_")[2]: _of_table(path) for path in paths}


def _of_arrays(path: Path) -> dict[str, pd.DataFrame]:
    data = open_npz(path, ("x", "columns", "wind_dir", "wind_dir_vocab", "station", "start"))
    if tuple(data["columns"]) != COLUMNS:
        raise DamagedFile(
            f"{path} must have the columns {COLUMNS}; it has {tuple(map(str, data['columns']))}."
        )
    index = pd.date_range(str(data["start"]), periods=data["x"].shape[1], freq="h")
    wind = data["wind_dir_vocab"][data["wind_dir"]]
    return {
        str(station): pd.DataFrame(x, index=index, columns=list(COLUMNS)).assign(wind_dir=names)
        for station, x, names in zip(data["station"], data["x"], wind, strict=True)
    }


def _of_table(path: Path) -> pd.DataFrame:
    """The official layout: a row an hour, NA where something was not measured."""
    names = {OFFICIAL.get(column, column.upper()): column for column in (*COLUMNS, "wind_dir")}
    table = open_csv(path.parent, (path.name,), ["year", "month", "day", "hour", *names])
    index = pd.DatetimeIndex(pd.to_datetime(table[["year", "month", "day", "hour"]]))
    if (np.diff(index.to_numpy()) != np.timedelta64(1, "h")).any():
        raise DamagedFile(f"{path} must have a row for every hour; it leaves some out. Download it again.")
    return table[list(names)].rename(columns=names).set_index(index)
