"""Times that cannot be what they are said to be: clocks in another unit, and a lone time far from all others."""

from collections.abc import Iterator

import numpy as np

from interplay.types import Recording, Stream

LONG_AGO_S = 1e11
"""3,169 years: no clock that counts seconds shows more, one of milliseconds since 1970 does."""
UNITS = ((1e14, "milliseconds"), (1e17, "microseconds"), (np.inf, "nanoseconds"))
"""Up to which a clock beyond that is likely one of these."""
LONE = 0.01
"""Share of the samples that may lie on the far side of a pause to be lone."""
PAUSES = 100.0
"""Times the length of all the rest from which on such a pause is told."""
DAY_S = 86400.0
FEWEST = 10
"""Samples from which a stream has a length of its own."""
STEPS = 1_000_000
"""Steps that a recording may have, however empty it is."""
EMPTY = 1000
"""Steps for each sample, beyond which something is wrong with the times."""


def odd_times(recording: Recording) -> Iterator[str]:
    """What is odd in the times of a recording's streams, a sentence each."""
    who = recording.name or recording.entity
    for name, stream in recording.streams.items():
        for how in (clock_in_words(stream), lone_in_words(stream)):
            if how:
                yield f"stream {name!r} of {who!r} {how}"


def clock_in_words(stream: Stream) -> str:
    """Which unit a clock seems to have in place of seconds, in words that follow a stream; "" for a sound one."""
    times = (
        [stream.start_s]
        if stream.times_s is None
        else np.asarray(stream.times_s)[[0, -1]]
        if len(stream.values)
        else []
    )
    latest = max((abs(float(t)) for t in times), default=0.0)
    if latest < LONG_AGO_S:
        return ""
    unit = next(name for most, name in UNITS if latest < most)
    return f"has times up to {latest:.6g} s, as clocks of {unit} since 1970 have. Is the unit of time {unit}?"


def lone_sample(stream: Stream) -> int | None:
    """The first sample after a pause that leaves very few samples far from all others; None without one."""
    if stream.times_s is None or len(stream.values) < FEWEST:
        return None
    times = np.asarray(stream.times_s, dtype=np.float64)
    k = int(np.argmax(np.diff(times))) + 1
    few = min(k, len(times) - k)
    rest = times[:k] if k >= len(times) / 2 else times[k:]
    pause = times[k] - times[k - 1]
    if few > max(1, LONE * len(times)) or pause < max(DAY_S, PAUSES * (rest[-1] - rest[0])):
        return None
    return k


def lone_in_words(stream: Stream) -> str:
    """How far a lone time lies from the others, in words that follow a stream; "" where none does."""
    k = lone_sample(stream)
    if k is None:
        return ""
    times = np.asarray(stream.times_s, dtype=np.float64)
    alone, n = (k, len(times) - k) if k >= len(times) / 2 else (k - 1, k)
    days = (times[k] - times[k - 1]) / DAY_S
    return (
        f"has {n} of {len(times)} samples {days:,.4g} days away from all others, from number {alone + 1} on; "
        f"{'is its time' if n == 1 else 'are their times'} right?"
    )


def emptiness_in_words(recording: Recording, n_steps: int) -> str:
    """Why a grid of so many steps is not worth laying; "" where it is."""
    samples = sum(len(stream.values) for stream in recording.streams.values())
    if n_steps <= STEPS or n_steps <= EMPTY * samples:
        return ""
    lone = next(odd_times(recording), "Is the unit of time another one, or are steps too short?")
    return (
        f"it has {samples:,} samples in {n_steps:,} steps, nearly all of which would be empty. "
        f"{lone[0].upper()}{lone[1:]}"
    )
