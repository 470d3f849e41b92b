"""UTD-MHAD: 27 actions seen by a body-worn unit and a depth camera."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from interplay.data.targets import label_at
from interplay.datasets.card import Card
from interplay.datasets.formats.files import DAMAGE, below, in_one_line, open_npz
from interplay.errors import DamagedFile, InvalidInput
from interplay.types import Recording, Stream

ACTIONS = (
    "swipe_left", "swipe_right", "wave", "clap", "throw", "arm_cross", "basketball_shoot", "draw_x", "draw_circle_cw",
    "draw_circle_ccw", "draw_triangle", "bowling", "boxing", "baseball_swing", "tennis_swing", "arm_curl",
    "tennis_serve", "push", "knock", "catch", "pickup_throw", "jog", "walk", "sit_to_stand", "stand_to_sit", "lunge",
    "squat",
)  # fmt: skip
RATE_HZ = 50.0
HIP = 3
STEP_S = 0.2
BLOCK = 16
"""Pixels of a side of the blocks that depth is averaged over."""


class UtdMhad:
    """Wrist (or thigh) motion, skeleton and depth; one action a sequence, known at its end.

    The first samples are cut so that a whole number of steps of 0.2 s remains, the last of which ends the action.
    Frames of the camera are spread evenly over the sequence, as their real rate is not the nominal one. Joints are
    relative to the centre of the hip; the hip itself is in the frame of the camera. Subjects are the entities.
    """

    card = Card(
        name="utd_mhad",
        title="UTD multimodal human action: inertial unit, skeleton and depth",
        source="utdallas.edu/~kehtar/UTD-MHAD.html",
        licence="research use with citation; no formal licence is stated",
        citation=(
            "Chen C., Jafari R., Kehtarnavaz N. (2015) UTD-MHAD: a multimodal dataset for human action recognition "
            "utilizing a depth camera and a wearable inertial sensor. IEEE ICIP."
        ),
        entities="8 subjects, 861 sequences",
        modalities={
            "acc": "3 channels, 50 Hz, g",
            "gyro": "3 channels, 50 Hz, deg/s",
            "skeleton": "20 joints, 60 channels, about 19 frames in a second, m",
            "depth": "15 x 20 blocks, 300 channels, about 19 frames in a second, m",
        },
        target="one of 27 actions: " + ", ".join(ACTIONS),
        step_s=STEP_S,
        steps=20,
        min_steps=5,
        files="utd_mhad.npz with utd_mhad_depth15x20.npz, or the official Inertial/, Skeleton/ and Depth/",
        access="Download Inertial.zip, Skeleton.zip and Depth.zip from the authors' page and unpack them side by side.",
    )

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """One recording a sequence from the folder that holds either form."""
        if (Path(root) / "utd_mhad.npz").is_file():
            return _of_arrays(Path(root))
        official = below(root, "Inertial")
        if official is None:
            raise InvalidInput(f"{root} must hold {self.card.files}; it holds neither.")
        return _of_matrices(official)


def _of_arrays(root: Path) -> Iterator[Recording]:
    facts = ("action", "subject", "trial", "frame_starts")
    data = open_npz(
        root / "utd_mhad.npz", (*facts, "inertial", "inertial_starts", "skeleton", "skeleton_scale")
    )
    depth = open_npz(root / "utd_mhad_depth15x20.npz", ("depth_mm", "frame_starts"))
    frames, samples = data["frame_starts"], data["inertial_starts"]
    if not np.array_equal(frames, depth["frame_starts"]):
        raise DamagedFile(
            f"frames of {root / 'utd_mhad_depth15x20.npz'} must be those of the skeleton; they are not."
        )
    for k, (action, subject, trial) in enumerate(zip(*(data[name] for name in facts[:3]), strict=True)):
        seen = slice(frames[k], frames[k + 1])
        yield _sequence(
            (int(action), int(subject), int(trial)),
            data["inertial"][samples[k] : samples[k + 1]],
            data["skeleton"][seen] * float(data["skeleton_scale"]),
            depth["depth_mm"][seen] / 1000.0,
        )


def _of_matrices(root: Path) -> Iterator[Recording]:
    """The official layout: a<action>_s<subject>_t<trial>_inertial.mat and so on, a folder for each kind."""
    for path in sorted((root / "Inertial").glob("a*_s*_t*_inertial.mat")):
        stem = path.name.removesuffix("_inertial.mat")
        action, subject, trial = (int(word[1:]) for word in stem.split("_"))
        inertial = _matrix(path, "d_iner", 2)
        skeleton = _matrix(root / "Skeleton" / f"{stem}_skeleton.mat", "d_skel", 3).transpose(2, 0, 1)
        depth = _matrix(root / "Depth" / f"{stem}_depth.mat", "d_depth", 3).transpose(2, 0, 1)
        if len(skeleton) != len(depth):
            raise DamagedFile(
                f"{stem} must have as many frames of depth as of joints; {len(depth)} and {len(skeleton)}."
            )
        yield _sequence((action, subject, trial), inertial, skeleton, block_means(depth) / 1000.0)


def _matrix(path: Path, name: str, axes: int) -> np.ndarray:
    if not path.is_file():
        raise InvalidInput(f"{path.name} must lie in {path.parent}; it does not.")
    try:
        arrays = loadmat(path, variable_names=[name])
    except (*DAMAGE, ValueError, TypeError) as error:
        raise DamagedFile(
            f"{path} cannot be read to its end ({in_one_line(error)}). Download it again."
        ) from error
    if name not in arrays or arrays[name].ndim != axes:
        raise DamagedFile(f"{path} must hold the array {name!r} of {axes} axes; it does not.")
    return arrays[name]


def block_means(depth: np.ndarray) -> np.ndarray:
    """(n, h, w) to (n, h / 16, w / 16): means of the pixels that are not 0; 0 where all are."""
    n, h, w = depth.shape
    blocks = depth.reshape(n, h // BLOCK, BLOCK, w // BLOCK, BLOCK).astype(np.float64)
    seen = (blocks > 0).sum((2, 4))
    return blocks.sum((2, 4)) / np.maximum(seen, 1)


def _sequence(numbers: tuple[int, int, int], inertial, skeleton, depth) -> Recording:
    """One sequence: inertial (n, 6), skeleton (f, 20, 3) in m, depth (f, 15, 20) in m."""
    action, subject, trial = numbers
    seconds, cut = len(inertial) / RATE_HZ, len(inertial) % round(STEP_S * RATE_HZ)
    frame_s = (np.arange(len(skeleton)) + 0.5) * seconds / len(skeleton) - cut / RATE_HZ
    joints = skeleton - np.where(np.arange(20)[:, None] == HIP, 0.0, skeleton[:, HIP : HIP + 1])
    return Recording(
        entity=f"s{subject}",
        name=f"a{action}_s{subject}_t{trial}",
        streams={
            "acc": _regular(inertial[cut:, :3], "g"),
            "gyro": _regular(inertial[cut:, 3:], "deg/s"),
            "skeleton": _frames(joints[frame_s >= 0], frame_s[frame_s >= 0]),
            "depth": _frames(depth[frame_s >= 0], frame_s[frame_s >= 0]),
        },
        target=label_at(action - 1, seconds - cut / RATE_HZ),
        classes=ACTIONS,
    )


def _regular(values: np.ndarray, unit: str) -> Stream:
    return Stream(values=values.astype(np.float32), rate_hz=RATE_HZ, channels=tuple("xyz"), units=(unit,) * 3)


def _frames(values: np.ndarray, times_s: np.ndarray) -> Stream:
    flat = values.reshape(len(values), -1).astype(np.float32)
    return Stream(values=flat, times_s=times_s, units=("m",) * flat.shape[1])
