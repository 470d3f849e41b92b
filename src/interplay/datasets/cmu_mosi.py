"""CMU-MOSI and CMU-MOSEI: what people say to a camera, how, and with what face, word by word; their sentiment."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from interplay.data.targets import label_at
from interplay.datasets.card import Card
from interplay.datasets.formats.files import open_npz
from interplay.datasets.formats.plain_pickle import read_plain_pickle
from interplay.errors import DamagedFile, InvalidInput, LeakageError
from interplay.files import whole_file
from interplay.types import UNLABELLED, Recording, Stream

PARTS = ("train", "valid", "test")
# modality: what it is, and how many channels each of the feature files in circulation has
FEATURES = {
    "text": ("word vectors", (300,)),
    "audio": ("voice", (74, 5)),
    "vision": ("face", (35, 20, 713)),
}
ARRAYS = (*FEATURES, "labels", "id")
KEYS = tuple(f"{part}_{array}" for part in PARTS for array in ARRAYS)
WORD_HZ = 1.0
"""Time is counted in words: one of them stands for a second."""
LARGEST = 3.0
SEGMENT = re.compile(r"\[.*\]$|\$_\$.*$|_\d+$")
CLASSES = ("negative", "positive")

MULTIBENCH = (
    "For research, the table of data sets at github.com/pliang279/MultiBench links to folders; download"
)


class CmuMosi:
    """Segments of video blogs as word-aligned features; whether their sentiment is positive or negative.

    A recording is a segment, its entity the video it is from. Features are padded at the front; what lies before the
    first word is unobserved, and segments without a word are left out. Infinite audio features are unobserved.
    Segments of neutral sentiment, exactly 0, are unlabelled. The official parts are told by `parts`.

    The files are pickles, read by `interplay.datasets.formats.plain_pickle`, or NPZ files that `convert_pickle` made of
    them.
    """

    stems: ClassVar[tuple[str, ...]] = ("mosi_raw", "mosi_data")
    card: Card = Card(
        name="cmu_mosi",
        title="CMU-MOSI: multimodal opinion sentiment intensity",
        source="multicomp.cs.cmu.edu/resources/cmu-mosi-dataset",
        licence="for research",
        citation=(
            "Zadeh A., Zellers R., Pincus E., Morency L.-P. (2016) Multimodal Sentiment Intensity Analysis in Videos: "
            "Facial Gestures and Verbal Messages. IEEE Intelligent Systems 31(6):82-88."
        ),
        entities="93 videos, 2,199 segments",
        modalities={
            name: f"{what}, {' or '.join(f'{n} channels' for n in widths)}, one row a word, which counts as 1 Hz"
            for name, (what, widths) in FEATURES.items()
        },
        target="sentiment of a segment, known at its end: " + ", ".join(CLASSES),
        step_s=1.0,
        steps=50,
        fill="mark",
        files="mosi_raw.pkl or mosi_data.pkl, or the same as .npz",
        access=f"{MULTIBENCH} mosi_raw.pkl.",
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a segment, from the folder that holds one of the files; train, then valid, then test."""
        for part, arrays in self._read(root).items():
            yield from _segments(part, arrays)

    def parts(self, root: str | Path) -> dict[str, list[str]]:
        """Videos of the official parts "train", "valid" and "test", for `Windows.of_entities`."""
        return {part: sorted(set(map(_video, arrays["id"]))) for part, arrays in self._read(root).items()}

    def _read(self, root: str | Path) -> dict[str, dict[str, np.ndarray]]:
        paths = [
            path
            for stem in self.stems
            for kind in ("npz", "pkl")
            if (path := Path(root) / f"{stem}.{kind}").is_file()
        ]
        if not paths:
            raise InvalidInput(f"{root} must hold {self.card.files}; it holds none of them.")
        return read_parts(paths[0])


class CmuMosei(CmuMosi):
    """The same of many more videos."""

    stems = ("mosei_raw", "mosei_senti_data")
    card = replace(
        CmuMosi.card,
        name="cmu_mosei",
        title="CMU-MOSEI: multimodal opinion sentiment and emotion intensity",
        source="multicomp.cs.cmu.edu/resources/cmu-mosei-dataset",
        citation=(
            "Zadeh A. et al. (2018) Multimodal Language Analysis in the Wild: CMU-MOSEI Dataset and Interpretable "
            "Dynamic Fusion Graph. 56th Annual Meeting of the Association for Computational Linguistics, 2236-2246."
        ),
        entities="3,228 videos, some 23,000 segments",
        files="mosei_raw.pkl or mosei_senti_data.pkl, or the same as .npz",
        access=f"{MULTIBENCH} mosei_raw.pkl.",
    )


def convert_pickle(path: str | Path, out: str | Path, *, overwrite: bool = False) -> Path:
    """Write a feature pickle as an NPZ file, which loads faster and which anyone can open.

    Parameters
    ----------
    path : str or Path
        ``mosi_raw.pkl`` or one of the others; nothing that it names is run.
    out : str or Path
        Where to write. For each part (train, valid, test) the file has the arrays ``{part}_text``, ``{part}_audio``
        and ``{part}_vision`` (segments, words, channels) float32, ``{part}_labels`` (segments,) float64 and
        ``{part}_id`` (segments,) text. Give it the name of the pickle to have it found by `CmuMosi.recordings`.
    overwrite : bool
        Whether a file at `out` may be replaced.

    Raises
    ------
    InvalidInput, DamagedFile
        If the pickle holds something else, or cannot be read to its end.
    LeakageError
        If a video is in two parts.
    """
    parts = read_parts(Path(path))
    arrays: dict[str, Any] = {f"{part}_{name}": parts[part][name] for part in PARTS for name in ARRAYS}
    with whole_file(out, overwrite=overwrite) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)
    return Path(out)


def read_parts(path: Path) -> dict[str, dict[str, np.ndarray]]:
    """The arrays of each part as `convert_pickle` tells, checked; infinite features are NaN."""
    flat = open_npz(path, KEYS) if path.suffix == ".npz" else _flat(read_plain_pickle(path), path)
    parts = {part: _checked({name: flat[f"{part}_{name}"] for name in ARRAYS}, path, part) for part in PARTS}
    _refuse_shared_videos(parts, path)
    return parts


def _flat(data: Any, path: Path) -> dict[str, Any]:
    flat = {}
    for part in PARTS:
        for name in ARRAYS:
            holder = data.get(part) if isinstance(data, dict) else None
            if not isinstance(holder, dict) or name not in holder:
                raise DamagedFile(f"{path} must hold {part!r} with {name!r}; it does not.")
            flat[f"{part}_{name}"] = holder[name]
    return flat


def _checked(arrays: Mapping[str, Any], path: Path, part: str) -> dict[str, np.ndarray]:
    what = f"{path}, part {part!r},"
    if not isinstance(arrays["id"], (list, tuple, np.ndarray)):
        raise DamagedFile(
            f"{what} must hold a list of names as 'id'; it holds {type(arrays['id']).__name__}."
        )
    names = np.array([_name(row) for row in arrays["id"]], dtype=np.str_)
    n = len(names)
    features = {name: _numbers(arrays[name], what, name, np.float32) for name in FEATURES}
    for name, values in features.items():
        if values.ndim != 3 or values.shape[:2] != (n, *features["text"].shape[1:2]):
            raise DamagedFile(
                f"{what} must hold {name!r} as ({n} segments, words, channels), with as many words as the text has; "
                f"got shape {values.shape}."
            )
        widths = FEATURES[name][1]
        if values.shape[2] not in widths:
            raise DamagedFile(
                f"{what} must hold {name!r} with {' or '.join(map(str, widths))} channels; got {values.shape[2]}."
            )
    labels = _numbers(arrays["labels"], what, "labels", np.float64)
    if labels.size != n or not np.all(np.abs(labels) <= LARGEST):
        raise DamagedFile(
            f"{what} must hold one label from -3 to 3 for each of {n} segments; got shape {labels.shape} from "
            f"{labels.min(initial=np.inf):g} to {labels.max(initial=-np.inf):g}."
        )
    finite = {
        name: np.where(np.isinf(values), np.float32(np.nan), values) for name, values in features.items()
    }
    return {**finite, "labels": labels.reshape(n), "id": names}


def _numbers(values: Any, what: str, name: str, kind: type) -> np.ndarray:
    try:
        return np.asarray(values, dtype=kind)
    except (ValueError, TypeError) as error:
        raise DamagedFile(f"{what} must hold numbers of one shape as {name!r}; {error}.") from error


def _name(row: Any) -> str:
    """Name of a segment: text, bytes, or a row of video, start and stop."""
    if isinstance(row, (list, tuple, np.ndarray)):
        return " ".join(_name(part) for part in row)
    return row.decode("latin1") if isinstance(row, bytes) else str(row)


def _video(name: str) -> str:
    """The video that a segment is from: "x[3]", "x$_$3", "x_3" and "x 10.5 12.0" are all from "x"."""
    return SEGMENT.sub("", name.split(" ")[0])


def _refuse_shared_videos(parts: Mapping[str, Mapping[str, np.ndarray]], path: Path) -> None:
    seen: dict[str, str] = {}
    for part, arrays in parts.items():
        for video in sorted(set(map(_video, arrays["id"]))):
            if video in seen:
                raise LeakageError(
                    f"{path} must have each video in one part alone; segments of {video!r} are in {seen[video]!r} and "
                    f"{part!r}. Take another copy of the file, or split by video yourself."
                )
            seen[video] = part


def _segments(part: str, arrays: Mapping[str, np.ndarray]) -> Iterator[Recording]:
    spoken = np.any(arrays["text"] != 0, axis=2)
    n_words = spoken.shape[1]
    for k in np.flatnonzero(spoken.any(axis=1)):
        first = int(np.argmax(spoken[k]))
        label = arrays["labels"][k]
        name = str(arrays["id"][k])
        yield Recording(
            entity=_video(name),
            name=f"{name} ({part} {k})",
            streams={
                feature: Stream(
                    values=arrays[feature][k, first:],
                    rate_hz=WORD_HZ,
                    start_s=first / WORD_HZ,
                    units=("",) * arrays[feature].shape[2],
                )
                for feature in FEATURES
            },
            target=label_at(UNLABELLED if label == 0 else int(label > 0), n_words / WORD_HZ),
            classes=CLASSES,
            span_s=(0.0, n_words / WORD_HZ),
        )
