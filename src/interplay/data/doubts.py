"""Everything about steps that can be used and may not mean what it should, each in one sentence."""

from collections.abc import Iterator

import numpy as np

from interplay.data.leaks import is_missing_by_label, ways_of_rows
from interplay.data.odd_values import odd_values
from interplay.data.steps import Steps
from interplay.data.targets import is_labelled
from interplay.data.twins import FEWEST, MOST_ROWS, head, twins, twins_in_words

FEWEST_ENTITIES = 4
"""Entities from which a channel that is constant in each and different in all is told."""
FEWEST_ROWS = 10
"""Rows that each must have."""
LEAVE_OUT = "leave it out if it was made from the target"
CHANCE = 1e-4
"""Probability at which a modality that is there in some entities agrees with their labels by chance."""


def doubts_of_steps(steps: Steps, rows: np.ndarray | None = None) -> list[str]:
    """Marks of missing values, huge values, leaks of the target, numbers of entities, and entities that come twice.

    Parameters
    ----------
    steps : Steps
    rows : (n,) int, optional
        Rows that are looked at, increasing; by default all.
    """
    rows = np.arange(len(steps)) if rows is None else rows
    sentences: list[str] = []
    for m, name in enumerate(steps.modalities):
        seen = rows[steps.observed[rows, m]]
        if len(seen):
            sentences += _of_values(steps, name, seen)
            sentences += _of_entities(steps, name, seen)
        sentences += _of_target(steps, name, m, rows)
    return sentences + twins_in_words(twins(_heads(steps, rows)))


def _of_values(steps: Steps, name: str, rows: np.ndarray) -> Iterator[str]:
    array, units = steps.values[name], steps.units.get(name, ())
    for c, channel in enumerate(steps.channels[name]):
        # what is not observed is NaN
        column = array[..., c] if len(rows) == steps.observed.shape[0] else array[rows, :, c]
        for how in odd_values(column.ravel(), units[c] if c < len(units) else ""):
            yield f"{channel!r} of {name!r} {how}"


def _of_entities(steps: Steps, name: str, rows: np.ndarray) -> Iterator[str]:
    """Channels that say who somebody is."""
    entity = steps.entity[rows]
    order = np.argsort(entity, kind="stable")
    starts = np.flatnonzero(np.diff(entity[order], prepend=-1))
    if len(starts) < FEWEST_ENTITIES or np.diff(np.r_[starts, len(order)]).min() < FEWEST_ROWS:
        return
    newest = steps.values[name][rows[order], -1]
    low, high = (f.reduceat(newest, starts, axis=0) for f in (np.minimum, np.maximum))
    for c, channel in enumerate(steps.channels[name]):
        if (low[:, c] == high[:, c]).all() and len(np.unique(low[:, c])) == len(starts):
            yield (
                f"{channel!r} of {name!r} is constant in each of {len(starts)} entities and different in all: it says "
                "who it is. Leave it out, or make a fact such as age a static input."
            )


def _of_target(steps: Steps, name: str, m: int, rows: np.ndarray) -> Iterator[str]:
    if steps.target.ndim == 2:
        return
    rows = rows[is_labelled(steps.target[rows])]
    labels, seen = steps.target[rows], steps.observed[rows, m]
    if len(rows) == 0:
        return
    if is_missing_by_label(~seen, labels) or _present_by_label(steps.entity[rows], seen, labels):
        yield (
            f"{name!r} is missing exactly where the target is of some classes; {LEAVE_OUT}, or say why it is missing."
        )
    newest = steps.values[name][rows[seen], -1]
    for c, how in ways_of_rows(newest, labels[seen], steps.segment[rows[seen]]):
        yield f"{steps.channels[name][c]!r} of {name!r} {how}; {LEAVE_OUT}."


def _present_by_label(entity: np.ndarray, seen: np.ndarray, labels: np.ndarray) -> bool:
    """Whether a modality is there in just those entities that have some classes, more often than by chance."""
    if labels.dtype.kind == "f" or seen.all() or not seen.any():
        return False
    n = int(entity.max()) + 1
    rows, present = np.bincount(entity, minlength=n), np.bincount(entity, seen, minlength=n) > 0
    first, last = np.full(n, labels.max()), np.full(n, -1)
    np.minimum.at(first, entity, labels)
    np.maximum.at(last, entity, labels)
    own = rows > 0
    if not (first[own] == last[own]).all():
        return False
    kinds = np.unique(np.stack([first[own], present[own]]), axis=1)
    if kinds.shape[1] != len(np.unique(first[own])) or present[own].all() or not present[own].any():
        return False
    k, total = int(present[own].sum()), int(own.sum())
    ways = np.prod([(total - i) / (i + 1) for i in range(min(k, total - k))])
    return bool(1.0 / ways < CHANCE)


def _heads(steps: Steps, rows: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """The first samples of each entity in each modality."""
    entity = steps.entity[rows]
    first = np.flatnonzero(np.diff(entity, prepend=-1))
    heads: dict[str, dict[str, np.ndarray]] = {name: {} for name in steps.modalities}
    for start, stop in zip(first, np.r_[first[1:], len(rows)], strict=True):
        own = rows[start : min(stop, start + MOST_ROWS)]
        who = steps.entities[entity[start]]
        for m, (name, array) in enumerate(steps.values.items()):
            if len(own) * array.shape[1] >= FEWEST and who not in heads[name]:
                seen = own[steps.observed[own, m]]
                heads[name][who] = head(array[seen].reshape(-1, array.shape[-1]))
    return heads
