"""The same entity under two names: streams that hold the same samples, or nearly so."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from interplay.data.steps import Steps

MOST = 4096
"""Samples from the first on that are compared."""
FEWEST = 30
"""Samples below which nothing is said."""
KINDS = 10
"""Different values below which entities may well be the same."""
RUN = 8
"""Samples in a row that are one piece of evidence."""
LIVELY = 5
"""Changes within such a run; held values and pauses are alike in many."""
SHARED = 0.5
"""Share of its runs that an entity has in common with its twin."""
FEWEST_RUNS = 20
"""Runs that must be in common."""
NEAR = 0.1
"""Mean distance of nearly identical streams, in mean steps from one sample to the next."""
NEARER = 0.1
"""The same in distances to others: machines that repeat themselves are near each other without being the same."""
NEIGHBOURS = 8
"""Entities next in order that each is compared with."""
OTHERS = 3
"""Which of the nearest entities stands for the others: there may be two copies of one."""

MOST_SENTENCES = 3
"""Pairs that have a sentence each."""

Streams = Mapping[str, Mapping[str, np.ndarray]]
"""Stream -> entity -> its first samples, (n, d) float; no more than `MOST` are looked at."""


def first_samples(steps: Steps, rows: np.ndarray) -> Streams:
    """Those of each entity in each modality."""
    entity = steps.entity[rows]
    first = np.flatnonzero(np.diff(entity, prepend=-1))
    samples: dict[str, dict[str, np.ndarray]] = {name: {} for name in steps.modalities}
    for start, stop in zip(first, np.r_[first[1:], len(rows)], strict=True):
        who = steps.entities[entity[start]]
        for name, array in steps.values.items():
            own = rows[start : min(stop, start + max(1, MOST // array.shape[1]))]
            if len(own) * array.shape[1] >= FEWEST and who not in samples[name]:
                samples[name][who] = array[own].reshape(-1, array.shape[-1])
    return samples


def twins(streams: Streams) -> list[tuple[str, str, list[str]]]:
    """Pairs of entities that are alike in most of the streams that tell them apart, and in which.

    What is alike in few, such as the weather of two towns, is shared by different ones.
    """
    lively = {
        name: {who: samples for who, rows in of_entity.items() if is_lively(samples := rows[:MOST])}
        for name, of_entity in streams.items()
    }
    alike: dict[tuple[str, str], list[str]] = {}
    for name, of_entity in lively.items():
        for pair in sorted(_with_same_runs(of_entity) | _near_each_other(of_entity)):
            alike.setdefault(pair, []).append(name)
    return [
        (one, other, names)
        for (one, other), names in alike.items()
        if 2 * len(names) > sum(one in of_entity and other in of_entity for of_entity in lively.values())
    ]


def twins_in_words(pairs: Sequence[tuple[str, str, list[str]]]) -> list[str]:
    """A sentence for each pair, or one for many."""
    sentences = [
        f"{one!r} and {other!r} have the same samples of {', '.join(map(repr, names))}, or nearly so: the same one "
        "twice would be on both sides of a split."
        for one, other, names in pairs
    ]
    if len(pairs) <= MOST_SENTENCES:
        return sentences
    some = ", ".join(f"{one!r} and {other!r}" for one, other, _ in pairs[:MOST_SENTENCES])
    return [
        f"{len(pairs)} pairs of entities have the same samples, or nearly so, such as {some}: the same one twice would "
        "be on both sides of a split."
    ]


def is_lively(rows: np.ndarray) -> bool:
    """Whether samples (n, d) are enough and change enough to tell entities apart."""
    return len(rows) >= FEWEST and any(
        len(np.unique(column[~np.isnan(column)])) >= KINDS for column in rows.T
    )


def _with_same_runs(of_entity: Mapping[str, np.ndarray]) -> set[tuple[str, str]]:
    """Pairs that share half of their runs of samples, wherever these are; what most entities share counts for none."""
    names = list(of_entity)
    of_each = [runs(rows) for rows in of_entity.values()]
    run = np.concatenate([*of_each, np.zeros(0, dtype=np.uint64)])
    who = np.arange(len(of_each)).repeat([len(own) for own in of_each])
    order = np.argsort(run, kind="stable")
    run, who = run[order], who[order]
    first = np.flatnonzero(np.diff(run, prepend=run[:1] + np.uint64(1)) != 0)
    owners = np.diff(np.r_[first, len(run)])
    shared = np.flatnonzero((owners > 1) & (owners <= max(2, len(names) // 2)))
    counts: Counter[tuple[int, int]] = Counter()
    for start, n in zip(first[shared].tolist(), owners[shared].tolist(), strict=True):
        counts.update(combinations(sorted(who[start : start + n].tolist()), 2))
    return {
        _sorted(names[a], names[b])
        for (a, b), n in counts.items()
        if n >= max(FEWEST_RUNS, SHARED * min(len(of_each[a]), len(of_each[b])))
    }


def runs(rows: np.ndarray) -> np.ndarray:
    """A number for each different run of lively samples."""
    rows = np.ascontiguousarray(rows[~np.isnan(rows).any(axis=1)], dtype=np.float32)
    if len(rows) < RUN:
        return np.zeros(0, dtype=np.uint64)
    weights = np.random.default_rng(0).integers(1, 2**63, size=(2, max(RUN, rows.shape[1])), dtype=np.uint64)
    # sums wrap around, as those of hashes do
    sample = rows.view(np.uint32).astype(np.uint64) @ weights[0, : rows.shape[1]]
    sample ^= sample >> np.uint64(29)
    changes = np.cumsum(np.r_[0, sample[1:] != sample[:-1]])
    lively = changes[RUN - 1 :] - changes[: len(changes) - RUN + 1] >= LIVELY
    windows = np.lib.stride_tricks.sliding_window_view(sample, RUN)[lively]
    return np.unique(windows @ weights[1, :RUN])


def _near_each_other(of_entity: Mapping[str, np.ndarray]) -> set[tuple[str, str]]:
    """Pairs that differ much less from each other than from others, and than a sample from the next.

    Neighbours in the order of their means are compared; equal streams are next to each other.
    """
    names, rows = list(of_entity), list(of_entity.values())
    if len(names) <= OTHERS:
        return set()
    mean = np.array([np.nan_to_num(own[:FEWEST]).mean(axis=0) for own in rows])
    order = np.argsort(mean[:, int(np.argmax(np.ptp(mean, axis=0)))], kind="stable").tolist()
    rows = [np.ascontiguousarray(own, dtype=np.float64) for own in rows]
    seen = [~np.isnan(own).any(axis=1) for own in rows]
    distance: dict[tuple[int, int], float] = {}
    of_one: dict[int, list[float]] = {k: [] for k in order}
    for place, a in enumerate(order):
        for b in order[place + 1 : place + 1 + NEIGHBOURS]:
            distance[a, b] = _distance(rows[a], rows[b], seen[a], seen[b])
            of_one[a].append(distance[a, b])
            of_one[b].append(distance[a, b])
    others = {
        k: float(np.sort(known)[OTHERS - 1]) if len(known) >= OTHERS else 0.0 for k, known in of_one.items()
    }
    return {
        _sorted(names[a], names[b])
        for (a, b), far in distance.items()
        if far < min(NEAR, NEARER * min(others[a], others[b]))
    }


def _distance(one: np.ndarray, other: np.ndarray, seen: np.ndarray, seen_other: np.ndarray) -> float:
    """The largest over channels, in mean steps from one sample to the next; infinite where nothing moves."""
    n = min(len(one), len(other))
    both = seen[:n] & seen_other[:n]
    if both.sum() < FEWEST:
        return np.inf
    where = slice(n) if both.all() else np.flatnonzero(both)
    one, other = one[where], other[where]
    step = np.abs(one[1:] - one[:-1]).mean(axis=0)
    moves = step > 0
    apart = np.abs(one - other).mean(axis=0)
    return float((apart[moves] / step[moves]).max()) if moves.any() else np.inf


def _sorted(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)
