"""Whether the streams and labels of an entity lie on one clock."""

from collections.abc import Iterator, Mapping

from interplay.data.leaks import sample_times
from interplay.study.findings import Finding, wrong
from interplay.types import Stream, Target

FAR = 10.0
"""Lengths of the longest stream; events may well lie before or after all the others, but not that far."""
DAY_S = 86400.0
HINT = "Are units or time zones different?"


def apart(
    streams: Mapping[str, Stream], files: Mapping[str, str], target: Target | None, target_file: str
) -> Iterator[Finding]:
    """Streams and labels so far from the others that they must be on another clock."""
    spans = {name: sample_times(stream)[[0, -1]] for name, stream in streams.items() if len(stream.values)}
    if not spans:
        return
    longest = max(stop - start for start, stop in spans.values())
    (first, (begin, end)), *others = spans.items()
    for name, (start, stop) in others:
        both_regular = streams[name].rate_hz is not None and streams[first].rate_hz is not None
        if max(start - end, begin - stop) > (0.0 if both_regular else FAR * longest):
            yield wrong(
                files[name],
                f"stream {name!r} must overlap in time with {first!r}; it goes from {start:.10g} to {stop:.10g} s, the "
                f"other from {begin:.10g} to {end:.10g} s. {HINT}",
            )
    begin, end = min(span[0] for span in spans.values()), max(span[1] for span in spans.values())
    away = 0.0 if target is None else max(target.start_s[0] - end, begin - target.stop_s[-1])
    if target is not None and away > FAR * max(longest, DAY_S):
        yield wrong(
            target_file,
            f"labels must lie within the samples; they go from {target.start_s[0]:.10g} to {target.stop_s[-1]:.10g} s, "
            f"samples from {begin:.10g} to {end:.10g} s. {HINT}",
        )
