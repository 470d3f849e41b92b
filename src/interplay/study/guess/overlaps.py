"""A word of intervals that lies over those of others, as time in bed does over stages of sleep."""

import numpy as np

from interplay.study.guess.clocks import times_of
from interplay.study.guess.roles import Roles, of_first_recording


def word_above(roles: Roles, label: str) -> str | None:
    """The one word without whose intervals no others overlap, in a first recording; None if there is none."""
    if roles.start is None or roles.stop is None or not len(roles.rows):
        return None
    rows = roles.rows.select(of_first_recording(roles))
    words = np.array([text or "" for text in rows.texts(label)], dtype=object)
    start, stop = (times_of(rows, time, roles.time_unit) for time in (roles.start, roles.stop))
    over = _overlapping(start, stop)
    apart = [
        word for word in dict.fromkeys(words[over]) if not _overlapping_without(word, words, start, stop)
    ]
    return max(apart, key=lambda word: float(np.median((stop - start)[words == word])), default=None)


def _overlapping_without(word: str, words: np.ndarray, start: np.ndarray, stop: np.ndarray) -> bool:
    others = words != word
    return not others.any() or bool(_overlapping(start[others], stop[others]).any())


def _overlapping(start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """(n,) bool, intervals that begin in another, or that another begins in."""
    order = np.argsort(start, kind="stable")
    inside = start[order][1:] < np.maximum.accumulate(stop[order])[:-1]
    over = np.zeros(len(start), dtype=bool)
    over[order[1:][inside]] = True
    over[order[:-1][inside]] = True
    return over
