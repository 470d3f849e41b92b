"""The contract of a data set, as checks that anyone's loader can run.

Each check takes the data set and its recordings and raises AssertionError with one sentence.
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from interplay.data import make_windows
from interplay.data.check import check_recording
from interplay.data.leaks import giveaways
from interplay.datasets.card import Card, DataSet
from interplay.errors import InvalidInput
from interplay.types import Recording

FEW = 3
"""Recordings that are cut into windows and read again; all are looked at by the other checks."""


def check_dataset(dataset: DataSet, root: str | Path = ".") -> None:
    """Run every check; raise AssertionError that names all that failed.

    Parameters
    ----------
    dataset : DataSet
    root : str or Path
        Folder that holds its files; a bundled data set needs none.
    """
    failed = []
    recordings = list(dataset.recordings(root))
    for check in CHECKS:
        try:
            check(dataset, recordings, root)
        except (AssertionError, InvalidInput) as error:
            failed.append(f"{check.__name__}: {error}")
    if failed:
        raise AssertionError(f"{dataset.card.name} breaks its contract: " + " | ".join(failed))


def says_what_it_is(dataset: DataSet, recordings: Sequence[Recording], root) -> None:
    """Every fact of the card is there, in plain types."""
    card = dataset.card
    for fact in ("name", "title", "source", "licence", "citation", "entities", "target"):
        _require(bool(getattr(card, fact).strip()), f"the card must say its {fact}")
    _require(card.bundled or bool(card.files), "the card must say which files the folder must hold")
    _require(Card(**json.loads(json.dumps(card.to_dict()))) == card, "the card must survive JSON")


def is_as_its_card_says(dataset: DataSet, recordings: Sequence[Recording], root) -> None:
    """Modalities, channels, rates and classes are those of the card."""
    card = dataset.card
    _require(len(recordings) > 0, "there must be at least one recording")
    first = recordings[0]
    texts = {**card.modalities, **{n: text for n, text in card.optional.items() if n in first.streams}}
    _require(list(first.streams) == list(texts), f"modalities must be {list(texts)}")
    for name, stream in first.streams.items():
        text, channels = texts[name], stream.values.shape[1]
        _require(f"{channels} channel" in text, f"the card must say '{channels} channel(s)' of {name!r}")
        if stream.rate_hz is not None:
            _require(
                f"{stream.rate_hz:g} Hz" in text, f"the card must say '{stream.rate_hz:g} Hz' of {name!r}"
            )
        _require(len(stream.units) == channels, f"{name!r} must have a unit per channel, '' for none")
    for label in first.classes:
        _require(label in card.target, f"the card's target must name the class {label!r}")


def gives_recordings_that_agree(dataset: DataSet, recordings: Sequence[Recording], root) -> None:
    """All recordings are sound and of the same modalities; entity and name tell them apart."""
    for recording in recordings:
        check_recording(recording, like=recordings[0])
        for name, value in recording.static.items():
            _require(not np.isinf(value), f"static input {name!r} must be finite or NaN")
    names = [(recording.entity, recording.name) for recording in recordings]
    _require(len(set(names)) == len(names), "entity and name must tell every recording from the others")


def gives_windows(dataset: DataSet, recordings: Sequence[Recording], root) -> None:
    """The windows that the card recommends can be cut and observe something."""
    windows = make_windows(recordings[:FEW], **dataset.card.window_options)
    batch = windows.batch(np.arange(min(len(windows), 8)))
    _require(bool(batch.observed.any()), "windows must observe something")
    _require(all(np.isfinite(x).all() for x in batch.x.values()), "what a model sees must be finite")


def keeps_the_target_out_of_the_streams(dataset: DataSet, recordings: Sequence[Recording], root) -> None:
    """No channel is the target under another name, in class or as a number."""
    for name in recordings[0].streams:
        for channel in giveaways(recordings, name):
            raise AssertionError(f"channel {channel} of {name!r} must not be the target under another name")


def reads_the_same_twice(dataset: DataSet, recordings: Sequence[Recording], root) -> None:
    """A second reading gives the same samples."""
    for one, other in zip(recordings, islice(dataset.recordings(root), FEW), strict=False):
        _require(
            (one.entity, one.name) == (other.entity, other.name), "the order of recordings must not change"
        )
        same = all(
            np.array_equal(one.streams[n].values, other.streams[n].values, equal_nan=True)
            for n in one.streams
        )
        _require(same, "samples must be the same in each reading")


def refuses_a_folder_without_its_files(dataset: DataSet, recordings: Sequence[Recording], root) -> None:
    """An empty folder gives one clear sentence, not an empty list."""
    if dataset.card.bundled:
        return
    with tempfile.TemporaryDirectory() as empty:
        try:
            list(dataset.recordings(empty))
        except InvalidInput as error:
            _require(
                "must" in str(error) and "\n" not in str(error), "a missing file must be told in one sentence"
            )
            return
    raise AssertionError("an empty folder must raise InvalidInput")


CHECKS: tuple[Callable[[DataSet, Sequence[Recording], str | Path], None], ...] = (
    says_what_it_is,
    is_as_its_card_says,
    gives_recordings_that_agree,
    gives_windows,
    keeps_the_target_out_of_the_streams,
    reads_the_same_twice,
    refuses_a_folder_without_its_files,
)


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise AssertionError(sentence)
