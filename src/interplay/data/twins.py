"""The same entity under two names: streams that are identical, or nearly so."""

from collections.abc import Mapping, Sequence

import numpy as np

ROWS = 256
"""Samples from the first on by which entities are compared."""
MOST_ROWS = 4 * ROWS
"""Rows in which they are looked for, as some may be missing."""
FEWEST = 30
"""Samples below which nothing is said."""
KINDS = 10
"""Different values below which entities may well be the same."""
NEAR = 0.1
"""Mean distance of nearly identical streams, in mean steps from one sample to the next."""
NEIGHBOURS = 8
"""Entities next in order that each is compared with."""


def twins(streams: Mapping[str, Mapping[str, np.ndarray]]) -> list[tuple[str, str, str]]:
    """Pairs of entities that are alike, and in which stream.

    Parameters
    ----------
    streams : stream -> entity -> its first samples, (n, d) float, without NaN

    Returns
    -------
    list of (stream, entity, other)
        Each pair once, with the first stream in which it is alike. What most entities share, such as a clock, makes no
        two of them the same.
    """
    pairs: dict[tuple[str, str], str] = {}
    for name, of_entity in streams.items():
        alike = _alike({who: rows for who, rows in of_entity.items() if _tells_apart(rows)})
        if len({who for pair in alike for who in pair}) <= max(2, len(of_entity) // 2):
            for pair in alike:
                pairs.setdefault(pair, name)
    return [(name, *pair) for pair, name in pairs.items()]


def head(values: np.ndarray) -> np.ndarray:
    """What `twins` needs of a stream (n, d): its first samples without NaN, as a copy."""
    values = values[:MOST_ROWS]
    return values[~np.isnan(values).any(axis=1)][:ROWS].astype(np.float64)


def _tells_apart(rows: np.ndarray) -> bool:
    return len(rows) >= FEWEST and any(len(np.unique(column)) >= KINDS for column in rows.T)


def _alike(of_entity: Mapping[str, np.ndarray]) -> list[tuple[str, str]]:
    """Pairs of entities whose samples are nearly the same; neighbours in order of their means are compared."""
    names = list(of_entity)
    if len(names) < 2:
        return []
    # the channel that varies most between samples decides the order: equal streams are next to each other
    start = np.array([rows[:FEWEST].mean(axis=0) for rows in of_entity.values()])
    spread = np.ptp(start, axis=0)
    order = np.argsort(start[:, int(np.argmax(spread))], kind="stable")
    return [
        (min(one, other), max(one, other))
        for place, k in enumerate(order)
        for one, other in (
            (names[k], names[next_one]) for next_one in order[place + 1 : place + 1 + NEIGHBOURS]
        )
        if _near(of_entity[one], of_entity[other])
    ]


def _near(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether streams differ much less from each other than a sample from the next, in every channel that moves."""
    n = min(len(one), len(other))
    step = np.abs(np.diff(one[:n], axis=0)).mean(axis=0)
    moves = step > 0
    return bool(moves.any() and (np.abs(one[:n] - other[:n]).mean(axis=0)[moves] < NEAR * step[moves]).all())


def twins_in_words(pairs: Sequence[tuple[str, str, str]]) -> list[str]:
    """A sentence for each pair."""
    return [
        f"{one!r} and {other!r} have the same samples of {name!r}, or nearly so: the same one twice would be on both "
        "sides of a split."
        for name, one, other in pairs
    ]
