"""Samples of a study that can be read and may not mean what they should: marks, leaks, copies, clocks, lone times."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from interplay.data.doubts import doubts_of_stream
from interplay.data.leaks import is_target
from interplay.data.odd_times import clock_in_words, lone_in_words, lone_sample
from interplay.data.odd_values import MARKED
from interplay.data.twins import Streams, twins
from interplay.study.issues import Issue, warning
from interplay.study.patterns import Key
from interplay.study.reading import EntityData
from interplay.study.spec import FILE
from interplay.study.study import Study
from interplay.types import Recording


def implausible_times(study: Study, key: Key, data: EntityData) -> Iterator[Issue]:
    """Clocks in another unit and lone times of one recording, on the clock of its files."""
    for name, stream in data.streams.items():
        rows, lone = data.rows[name], lone_sample(stream)
        for sentence, row in ((clock_in_words(stream), 0), (lone_in_words(stream), lone)):
            if not sentence:
                continue
            sentence = f"stream {name!r} of {str(key)!r} {sentence}"
            file = study.file(study.spec.streams[name], key)
            yield warning(file, sentence) if rows is None or row is None else rows.warning(sentence, row)


def implausible_samples(study: Study, recordings: Sequence[Recording]) -> Iterator[Issue]:
    """Marks of missing values, huge values, and channels and static inputs that say who it is or what the target is."""
    if not recordings:
        return
    for name in recordings[0].streams:
        for sentence in doubts_of_stream(recordings, name):
            hint = " If so, name it in format: {missing: [...]}." if sentence.endswith(MARKED) else ""
            yield warning(study.spec.streams[name].files, sentence + hint)
    final = [r for r in recordings if len(r.target.values) == 1]
    labels = np.array([r.target.values[0] for r in final])
    known = labels >= 0 if recordings[0].classes else ~np.isnan(labels)
    for name in recordings[0].static if len(final) else ():
        values = np.array([r.static[name] for r in final])
        if is_target(values[known], labels[known]):
            yield warning(
                study.spec.static.file if study.spec.static else FILE,
                f"static input {name!r} tells the target without error; leave it out if it was made from the target.",
            )


def copies(
    samples: Streams, content: Mapping[tuple[str, str], str], file_of: Mapping[tuple[str, str], str]
) -> Iterator[Issue]:
    """The same entity under two names, and the same file of one stream in two entities.

    Parameters
    ----------
    samples : the first of each recording, see `twins`
    content : (stream, recording) -> a hash of all its samples
    file_of : (stream, recording) -> its file
    """
    alike = {(one, other): names for one, other, names in twins(samples) if not _same_entity(one, other)}
    first: dict[tuple[str, str], str] = {}
    for (name, recording), hashed in content.items():
        other = first.setdefault((name, hashed), recording)
        if not _same_entity(other, recording):
            alike.setdefault((other, recording), []).append(name)
    for (one, other), names in alike.items():
        for name in dict.fromkeys(names):
            exact = content.get((name, one)) == content.get((name, other), "")
            nearly = "" if exact else "nearly "
            yield warning(
                file_of[name, other],
                f"{other!r} has {nearly}the same samples of {name!r} as {one!r}; the same one twice would be on both "
                "sides of a split.",
            )


def _same_entity(one: str, other: str) -> bool:
    return one.partition("/")[0] == other.partition("/")[0]
