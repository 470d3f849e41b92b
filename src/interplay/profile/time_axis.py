"""What the time of a profile is called, in which unit, and how its moments are said.

The one rule that sentences, charts, tables, the report and commands ask: a lag, time since an event, or all lags
together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import xarray as xr

from interplay.profile.dataset import OVER_LAGS, RATE

LAG_MEANS = "How long before the target the modalities are read. Lag 0 is the newest step."

UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeAxis:
    """The L moments of a profile.

    Attributes
    ----------
    name : "lag", or "time since insulin"
    over : what one looks over, "lags" or "time"
    several : what there are L of: "lag" or "bin of time", as a noun in the singular
    preposition : "at" a lag, "in" a bin
    unit : "s" of lags; of time since an event the largest in which all edges are whole numbers
    title : what is written along a chart
    span : all of it, "lags 0 to 5 s" or "0 to 6 h after insulin"
    meaning : a sentence for those who do not know it
    at : (L,) float64, in the unit, where values stand on a chart: lags, or middles of bins
    edges : (L + 1,) float64, in the unit, of bins; empty of lags
    labels : (L,) str, of columns and rows: "5 s", "2 to 4 h"
    points : (L,) str, as they begin a line: "lag 5 s", "2 to 4 h after insulin"
    when : (L,) str, as they stand in a sentence: "at a lag of 5 s", "2 to 4 h after insulin"
    columns : name -> (L,) float64, s, columns of a table for programs
    headed : heading -> (L,) float64, in the unit, columns of a table that people read
    """

    name: str
    over: str
    several: str
    preposition: str
    unit: str
    title: str
    span: str
    meaning: str
    at: np.ndarray
    edges: np.ndarray
    labels: tuple[str, ...]
    points: tuple[str, ...]
    when: tuple[str, ...]
    columns: Mapping[str, np.ndarray]
    headed: Mapping[str, np.ndarray]

    def counted(self, n: int) -> str:
        """Some of the moments: "at 3 lags", "in 1 bin of time"."""
        noun, *rest = self.several.split(" ", 1)
        return " ".join([self.preposition, f"{n:,}", noun if n == 1 else f"{noun}s", *rest])

    def nearest(self, time_s: float) -> int:
        """The number of the lag nearest to a time, or of the bin that it lies in."""
        if len(self.edges):
            return min(int(np.searchsorted(self.columns["stop_s"], time_s)), len(self.at) - 1)
        return int(np.abs(self.at - time_s).argmin())

    def stretch(self, first: int, last: int) -> str:
        """From the beginning of one bin to the end of another, "2 to 6 h"."""
        return f"{self.edges[first]:g} to {self.edges[last + 1]:g} {self.unit}"


def time_axis(dataset: xr.Dataset) -> TimeAxis:
    """That of the data set of a profile."""
    if is_since_event(dataset):
        return _since_event(
            str(dataset.attrs["event"]), np.asarray(dataset.attrs["bins_s"], dtype=np.float64)
        )
    if dataset.attrs.get("kind", OVER_LAGS) == RATE:
        return _all_lags()
    return _lags(dataset["lag_s"].values.astype(np.float64))


def is_since_event(dataset: xr.Dataset) -> bool:
    """Whether the moments of a profile are bins of time since an event."""
    return "event" in dataset.attrs


def _lags(lag_s: np.ndarray) -> TimeAxis:
    labels = tuple(f"{lag:g} s" for lag in lag_s)
    return TimeAxis(
        name="lag",
        over="lags",
        several="lag",
        preposition="at",
        unit="s",
        title="lag of the sources before the target (s)",
        span=f"lags {lag_s.min():g} to {lag_s.max():g} s",
        meaning=LAG_MEANS,
        at=lag_s,
        edges=np.zeros(0),
        labels=labels,
        points=tuple(f"lag {label}" for label in labels),
        when=tuple(f"at a lag of {label}" for label in labels),
        columns={"lag_s": lag_s},
        headed={"lag (s)": lag_s},
    )


def _all_lags() -> TimeAxis:
    together = ("all lags together",)
    return TimeAxis(
        name="lag",
        over="lags",
        several="lag",
        preposition="at",
        unit="s",
        title="",
        span="all lags together, in bits per step",
        meaning=LAG_MEANS,
        at=np.zeros(1),
        edges=np.zeros(0),
        labels=("all",),
        points=together,
        when=("over all lags together",),
        columns={"lag_s": np.full(1, np.nan)},
        headed={},
    )


def _since_event(event: str, edges_s: np.ndarray) -> TimeAxis:
    edges, unit = _in_unit(edges_s)
    labels = tuple(f"{start:g} to {stop:g} {unit}" for start, stop in pairwise(edges))
    after = tuple(f"{label} after {event}" for label in labels)
    return TimeAxis(
        name=f"time since {event}",
        over="time",
        several="bin of time",
        preposition="in",
        unit=unit,
        title=f"time since {event} ({unit})",
        span=f"{edges[0]:g} to {edges[-1]:g} {unit} after {event}",
        meaning=f"How long after {event} the target is asked for. The modalities are read at that moment.",
        at=(edges[:-1] + edges[1:]) / 2,
        edges=edges,
        labels=labels,
        points=after,
        when=after,
        columns={"start_s": edges_s[:-1], "stop_s": edges_s[1:]},
        headed={f"from ({unit} after {event})": edges[:-1], f"to ({unit} after {event})": edges[1:]},
    )


def _in_unit(edges_s: np.ndarray) -> tuple[np.ndarray, str]:
    """Edges in the largest unit in which all are whole numbers; and that unit."""
    for seconds, unit in UNITS:
        if np.allclose(edges_s % seconds, 0.0):
            return edges_s / seconds, unit
    return edges_s, "s"
