"""CMU-MOSI by utterance: what was said, how it sounded and how it looked, one vector each."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from interplay.data.targets import label_series
from interplay.datasets.card import Card
from interplay.datasets.formats.files import open_npz
from interplay.errors import DataWarning
from interplay.types import Recording, Stream

SIZES = {"text": 100, "audio": 73, "video": 100}
TEST_VIDEOS = [
    "03bSnISJMiM", "0h-zjBukYpk", "1iG0909rllw", "2WGyTLYerpo", "8d-gEyoeBzc", "9J25DZhivz8", "9c67fiY0wGQ",
    "Af8D0E4ZXaw", "BI97DNYfe5I", "BXuRRbG0Ugk", "Ci-AH39fi3Y", "Clx4VXItLTE", "Dg_0XKD0Mf4", "G-xst2euQUc",
    "GWuJjcEuzt8", "I5y0__X72p0", "Iu2PFX3z_1s", "Jkswaaud0hk", "Njd1F0vZSm4", "Nzq88NnDkEk", "OQvJTdtJ2H4",
    "Sqr0AcuoNnk", "Vj1wYRQjB-o", "ZUXBRvtny7o", "cM3Yna7AavY", "cW1FSBF59ik", "iiK8YX8oH1E", "tStelxIAHjw",
    "tmZoasNr4rU", "vvZ4IcEtiZc", "vyB00TXsimI",
]  # fmt: skip
"""Of the published split; no speaker is on both sides."""
FITTED = (
    "features of the published training videos of CMU-MOSI were fitted to their labels: test on the official "
    "split alone, "
    "and do not trust atoms of text and video that were estimated on the training videos."
)


class CmuMosiUtterance:
    """Sentiment of each utterance of a video; an utterance is a step, and counts as a second.

    Lag 1 is the utterance before. A window holds what was said up to the utterance that is judged, never what follows.

    The text and video features of the published training videos were fitted to the labels of these videos: a random
    forest on text gets 98 % in cross-validation among them, 76 % among the test videos. Test on the official split
    alone; atoms estimated on the training videos overstate text and video.
    """

    card = Card(
        name="cmu_mosi_utterance",
        title="CMU-MOSI: sentiment of utterances in 93 opinion videos",
        source="multicomp.cs.cmu.edu, features of Poria et al. (2017)",
        licence="research only",
        citation=(
            "Zadeh A., Zellers R., Pincus E., Morency L.-P. (2016) MOSI, arXiv:1606.06259; Poria S. et al. (2017) "
            "Context-Dependent Sentiment Analysis in User-Generated Videos, ACL."
        ),
        entities="93 videos, 2,199 utterances",
        modalities={
            "text": "convolutional features of words, 100 channels, 1 Hz: one an utterance",
            "audio": "openSMILE selection, 73 channels, 1 Hz: one an utterance",
            "video": "3D-convolutional features, 100 channels, 1 Hz: one an utterance",
        },
        target="sentiment of the utterance: negative, positive",
        step_s=1.0,
        steps=6,
        min_steps=1,
        splits={"official": {"test": TEST_VIDEOS}},
        files="mosi_utterance.npz",
        access="Features of whole utterances are in the authors' project; word-level pickles are read as `cmu_mosi`.",
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a video from the folder that holds ``mosi_utterance.npz``."""
        data = open_npz(Path(root) / "mosi_utterance.npz", (*SIZES, "label", "video_ids", "video_starts"))
        warnings.warn(DataWarning(FITTED), stacklevel=2)
        for k, video in enumerate(data["video_ids"]):
            rows = slice(data["video_starts"][k], data["video_starts"][k + 1])
            yield Recording(
                entity=str(video),
                streams={
                    name: Stream(values=data[name][rows], rate_hz=1.0, units=("",) * size)
                    for name, size in SIZES.items()
                },
                target=label_series(data["label"][rows].astype(np.int64), rate_hz=1.0),
                classes=("negative", "positive"),
            )
