"""Whether the streams and labels of an entity lie on one clock."""

from collections.abc import Iterator, Mapping

from interplay.data.leaks import sample_times
from interplay.study.findings import Finding, wrong
from interplay.types import Stream, Target

HINT = "Are units or time zones different?"


def apart(
    streams: Mapping[str, Stream], files: Mapping[str, str], target: Target | None, target_file: str
) -> Iterator[Finding]:
    """Streams that do not overlap in time with the first, and labels outside of all samples."""
    spans = {name: sample_times(stream)[[0, -1]] for name, stream in streams.items() if len(stream.values)}
    if not spans:
        return
    (first, (begin, end)), *others = spans.items()
    for name, (start, stop) in others:
        if start > end or stop < begin:
            yield wrong(
                files[name],
                f"stream {name!r} must overlap in time with {first!r}; it goes from {start:.10g} to {stop:.10g} s, the "
                f"other from {begin:.10g} to {end:.10g} s. {HINT}",
            )
    begin, end = min(span[0] for span in spans.values()), max(span[1] for span in spans.values())
    if target is not None and (target.stop_s[-1] < begin or target.start_s[0] > end + (end - begin)):
        yield wrong(
            target_file,
            f"labels must lie within the samples; they go from {target.start_s[0]:.10g} to {target.stop_s[-1]:.10g} s, "
            f"samples from {begin:.10g} to {end:.10g} s. {HINT}",
        )
