"""Whether the streams and labels of an entity lie on one clock."""

from collections.abc import Iterator, Mapping

import numpy as np

from interplay.data.leaks import sample_times
from interplay.study.issues import Issue, error, warning
from interplay.types import Stream, Target

FAR = 10.0
"""Lengths of the longest stream; events may well lie before or after all the others, but not that far."""
LASTS = 30.0
"""Times by which one stream may outlast another before its unit of time is doubted: less than from s to min."""
MANY = 10
"""Samples from which a stream has a length of its own."""
OUTSIDE = 0.05
"""Share of labels that may lie outside the samples, as those of a sensor that was switched off early."""
NEAR = 1e-6
"""s, by which times may differ from rounding alone."""
DAY_S = 86400.0
HINT = "Are units or time zones different?"


def on_another_clock(
    streams: Mapping[str, Stream], files: Mapping[str, str], target: Target | None, target_file: str
) -> Iterator[Issue]:
    """Streams and labels so far from the others that they must be on another clock."""
    spans = _spans(streams)
    if not spans:
        return
    longest = max(stop - start for start, stop in spans.values())
    (first, (begin, end)), *others = spans.items()
    for name, (start, stop) in others:
        both_regular = streams[name].rate_hz is not None and streams[first].rate_hz is not None
        if max(start - end, begin - stop) > (0.0 if both_regular else FAR * longest):
            yield error(
                files[name],
                f"stream {name!r} must overlap in time with {first!r}; it goes from {start:.10g} to {stop:.10g} s, the "
                f"other from {begin:.10g} to {end:.10g} s. {HINT}",
            )
    begin, end = min(span[0] for span in spans.values()), max(span[1] for span in spans.values())
    away = 0.0 if target is None else max(target.start_s[0] - end, begin - target.stop_s[-1])
    if target is not None and away > FAR * max(longest, DAY_S):
        yield error(
            target_file,
            f"labels must lie within the samples; they go from {target.start_s[0]:.10g} to {target.stop_s[-1]:.10g} s, "
            f"samples from {begin:.10g} to {end:.10g} s. {HINT}",
        )


def beside_the_others(streams: Mapping[str, Stream], files: Mapping[str, str]) -> Iterator[Issue]:
    """Streams that lie wholly before or after all others, on the clock of their files."""
    spans = _spans(streams)
    for k, (name, (start, stop)) in enumerate(spans.items()):
        others = [span for other, span in spans.items() if other != name]
        # of two that lie apart only the second is told
        if len(streams[name].values) < MANY or len(others) <= (k == 0):
            continue
        begin, end = min(span[0] for span in others), max(span[1] for span in others)
        if start > end or stop < begin:
            yield warning(
                files[name],
                f"stream {name!r} should overlap in time with another; it goes from {start:.10g} to {stop:.10g} s, the "
                f"others from {begin:.10g} to {end:.10g} s. {HINT}",
            )


def lengths(streams: Mapping[str, Stream], files: Mapping[str, str]) -> Iterator[Issue]:
    """A stream that lasts many times as long as the others, as one in milliseconds does that is said to be in s."""
    spans = _spans({name: stream for name, stream in streams.items() if len(stream.values) >= MANY})
    lasts = {name: stop - start for name, (start, stop) in spans.items()}
    longest = max(lasts, key=lambda name: lasts[name], default="")
    for name, seconds in lasts.items():
        if lasts[longest] > LASTS * seconds > 0:
            yield warning(
                files[longest],
                f"stream {longest!r} lasts {lasts[longest]:.6g} s, and {name!r} ({files[name]}) {seconds:.6g} s. Is "
                "the unit of time another one?",
            )
            return


def labels_outside(streams: Mapping[str, Stream], target: Target) -> tuple[np.ndarray, str]:
    """Which labels of some duration lie wholly outside the samples, if that are many, and what to say of them."""
    spans = _spans(streams)
    if not spans:
        return np.zeros(0, dtype=np.int64), ""
    begin, end = min(span[0] for span in spans.values()), max(span[1] for span in spans.values())
    lasting = target.stop_s > target.start_s
    outside = np.flatnonzero(lasting & ((target.start_s > end + NEAR) | (target.stop_s < begin - NEAR)))
    if len(outside) <= OUTSIDE * len(target.start_s):
        return outside[:0], ""
    return outside, (
        f"labels should lie within the samples, which go from {begin:.10g} to {end:.10g} s; {len(outside)} of "
        f"{len(target.start_s)} do not, the first from {target.start_s[outside[0]]:.10g} to "
        f"{target.stop_s[outside[0]]:.10g} s. Is the unit of time another one?"
    )


def _spans(streams: Mapping[str, Stream]) -> dict[str, tuple[float, float]]:
    return {
        name: tuple(sample_times(stream)[[0, -1]].tolist())
        for name, stream in streams.items()
        if len(stream.values)
    }
