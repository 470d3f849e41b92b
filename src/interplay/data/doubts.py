"""Everything about samples that can be used and may not mean what it should, each in one sentence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from interplay.data.disguises import disguises
from interplay.data.leaks import beside_labels, lasting
from interplay.data.odd_values import odd_values
from interplay.data.steps import Steps
from interplay.data.twins import first_samples, twins, twins_in_words
from interplay.types import Recording

FEWEST_ENTITIES = 4
"""Entities from which a channel that is constant in each and different in all is told."""
FEWEST_ROWS = 10
"""Rows that each must have."""
LOOKED_AT_BYTES = 1 << 27
"""Of a modality that are looked at; of one with more, those from the first steps of each entity."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rows:
    """Rows of a modality in order of time, with the label of each.

    Attributes
    ----------
    name : str
    channels, units : names of the d channels and their units, as far as known
    values : (n, d) float, NaN where missing
    labels : (n,) or (n, C), -1 or NaN where unknown
    run : (n,) int
        Rows of one number follow each other.
    entity : (n,) int
    """

    name: str
    channels: Sequence[str]
    units: Sequence[str]
    values: np.ndarray
    labels: np.ndarray
    run: np.ndarray
    entity: np.ndarray


def doubts_of_steps(steps: Steps, rows: np.ndarray | None = None) -> list[str]:
    """Marks of missing values, huge values, leaks of the target, numbers of entities, and entities that come twice.

    Parameters
    ----------
    steps : Steps
    rows : (n,) int, optional
        Rows that are looked at, increasing; by default all.
    """
    sentences: list[str] = []
    for name, array in steps.values.items():
        which = _few(array, steps.entity, rows)
        own, channels, units = array[which], steps.channels[name], steps.units.get(name, ())
        newest = Rows(
            name=name, channels=channels, units=units, values=own[:, -1], labels=steps.target[which],
            run=steps.segment[which], entity=steps.entity[which],
        )  # fmt: skip
        sentences += doubts_of_values(name, channels, units, own.reshape(-1, own.shape[-1]))
        sentences += [*doubts_of_entities(newest), *_in_words(name, channels, ways_of_target(newest))]
    return sentences + twins_in_words(
        twins(first_samples(steps, np.arange(len(steps)) if rows is None else rows))
    )


def _few(array: np.ndarray, entity: np.ndarray, rows: np.ndarray | None) -> slice | np.ndarray:
    """Rows of an array that are looked at: all that are asked for, or the first of each entity where these are many."""
    n = len(array) if rows is None else len(rows)
    most = LOOKED_AT_BYTES // max(1, array.itemsize * int(np.prod(array.shape[1:])))
    if n <= most:
        return slice(None) if rows is None else rows
    rows = np.arange(len(array)) if rows is None else rows
    order = np.argsort(entity[rows], kind="stable")
    starts = np.flatnonzero(np.diff(entity[rows][order], prepend=-1))
    place = np.arange(n) - np.repeat(starts, np.diff(np.r_[starts, n]))
    return rows[np.sort(order[place < max(1, most // len(starts))])]


def doubts_of_stream(recordings: Sequence[Recording], name: str) -> list[str]:
    """The same of a stream as it was recorded, before anything is filled or thinned; entities that come twice aside."""
    stream = recordings[0].streams[name]
    # before they are binned
    channels = tuple(stream.channels) or tuple(map(str, range(stream.values.shape[1])))
    values = [recording.streams[name].values for recording in recordings]
    sentences = list(doubts_of_values(name, channels, stream.units, np.concatenate(values)))
    ways: dict[int | None, str] = {}
    for at_start in (True, False) if lasting(recordings) else (False,):
        rows = _beside_labels(recordings, name, channels, at_start)
        sentences += doubts_of_entities(rows)
        # the label of a row is one earlier beside the sample of another, and is told as of its own time
        for c, how in ways_of_target(rows).items():
            if c not in ways or (" row" in ways[c] and " row" not in how):
                ways[c] = how
    return list(dict.fromkeys([*sentences, *_in_words(name, channels, ways)]))


def doubts_of_values(
    name: str, channels: Sequence[str], units: Sequence[str], values: np.ndarray
) -> Iterator[str]:
    """Values (n, d) that stand for something else."""
    for c, channel in enumerate(channels):
        for how in odd_values(values[:, c], units[c] if c < len(units) else ""):
            yield f"{channel!r} of {name!r} {how}"


def doubts_of_entities(rows: Rows) -> Iterator[str]:
    """Channels that say who somebody is."""
    seen = ~np.isnan(rows.values).any(axis=1)
    values, entity = rows.values[seen], rows.entity[seen]
    order = np.argsort(entity, kind="stable")
    starts = np.flatnonzero(np.diff(entity[order], prepend=-1))
    if len(starts) < FEWEST_ENTITIES or np.diff(np.r_[starts, len(order)]).min() < FEWEST_ROWS:
        return
    low, high = (f.reduceat(values[order], starts, axis=0) for f in (np.minimum, np.maximum))
    for c, channel in enumerate(rows.channels):
        if (low[:, c] == high[:, c]).all() and len(np.unique(low[:, c])) == len(starts):
            yield (
                f"{channel!r} of {rows.name!r} is constant in each of {len(starts)} entities and different in all: it "
                "says who it is. Leave it out, or make a fact such as age a static input."
            )


def ways_of_target(rows: Rows) -> dict[int | None, str]:
    """Channels that give the target away, and how; None is all of them."""
    columns = rows.labels.T if rows.labels.ndim == 2 else [rows.labels]
    return dict(way for labels in columns for way in disguises(rows.values, labels, rows.run, rows.entity))


def _in_words(name: str, channels: Sequence[str], ways: Mapping[int | None, str]) -> Iterator[str]:
    for c, how in ways.items():
        what = f"{name!r}" if c is None else f"{channels[c]!r} of {name!r}"
        yield f"{what} {how}; leave it out if it was made from the target."


def _beside_labels(
    recordings: Sequence[Recording], name: str, channels: Sequence[str], at_start: bool
) -> Rows:
    """Samples that are beside a label; all samples where each recording has one label."""
    names = sorted({recording.entity for recording in recordings})
    values, labels = [], []
    for recording in recordings:
        own, beside = beside_labels([recording], name, at_start=at_start)
        samples = recording.streams[name].values
        if len(recording.target.values) == 1 and len(samples) and not lasting([recording]):
            own, beside = samples, np.repeat(recording.target.values, len(samples), axis=0)
        values.append(own.reshape(-1, len(channels)))
        labels.append(beside)
    n = [len(own) for own in values]
    filled = [beside for beside in labels if len(beside)] or labels[:1]
    return Rows(
        name=name, channels=channels, units=(), values=np.concatenate(values), labels=np.concatenate(filled),
        run=np.arange(len(n)).repeat(n), entity=np.array([names.index(r.entity) for r in recordings]).repeat(n),
    )  # fmt: skip
