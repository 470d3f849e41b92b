"""CMU-MOSI and MOSEI as feature pickles: leading zeros, infinite audio, names of segments, the official parts."""

import os
import pickle

import numpy as np
import pytest

import interplay as ip
from interplay.datasets import check_dataset, convert_pickle
from interplay.datasets.cmu_mosi import CmuMosei, CmuMosi
from interplay.errors import DamagedFile, InvalidInput, LeakageError

WORDS = 50
VIDEOS = {
    "train": ("03bSnISJMiM", "0h-zjBukYpk"),
    "valid": ("2iD-tVS8NPw",),
    "test": ("tmZoasNr4rU", "zhpQhgha_KU"),
}


def part(videos, seed, *, vision=20, audio=5, segments=3):
    """As in the files: zeros in front of the first word of segment k, which is word 10 k."""
    random = np.random.default_rng(seed)
    n = len(videos) * segments
    arrays = {
        name: random.normal(size=(n, WORDS, d))
        for name, d in (("vision", vision), ("audio", audio), ("text", 300))
    }
    for k in range(n):
        arrays["text"][k, : 10 * (k % segments)] = 0
    labels = np.resize([2.4, -1.0, 3.0, -3.0], n).reshape(n, 1, 1)
    return arrays | {"labels": labels, "id": [f"{video}[{k}]" for video in videos for k in range(segments)]}


def official(**sizes):
    return {name: part(videos, k, **sizes) for k, (name, videos) in enumerate(VIDEOS.items())}


def write(root, data, name="mosi_raw.pkl", protocol=4):
    (root / name).write_bytes(pickle.dumps(data, protocol=protocol))
    return root / name


@pytest.mark.parametrize(
    ("dataset", "name", "sizes"),
    [
        (CmuMosi(), "mosi_raw.pkl", {"vision": 35, "audio": 74}),
        (CmuMosi(), "mosi_data.pkl", {}),
        (CmuMosei(), "mosei_raw.pkl", {"vision": 713, "audio": 74}),
        (CmuMosei(), "mosei_senti_data.pkl", {"vision": 35, "audio": 74}),
    ],
)
def test_the_contract(tmp_path, dataset, name, sizes):
    write(tmp_path, official(**sizes), name)
    check_dataset(dataset, tmp_path)


def test_what_lies_before_the_first_word_is_unobserved(tmp_path):
    data = official()
    write(tmp_path, data)
    recordings = ip.load_dataset("cmu_mosi", tmp_path)
    assert len(recordings) == 15
    second = recordings[1]
    assert (second.entity, second.name) == ("03bSnISJMiM", "03bSnISJMiM[1] (train 1)")
    # float32 keeps 7 digits
    np.testing.assert_allclose(second.streams["audio"].values, data["train"]["audio"][1, 10:], rtol=1e-6)
    windows = ip.make_windows(recordings, step_s=1.0, steps=50, fill="mark")
    # one window a segment, which ends with its last word
    assert len(windows) == 15
    batch = windows.batch(np.arange(15))
    np.testing.assert_array_equal(batch.observed[:3].sum(axis=2), np.repeat([[50], [40], [30]], 3, axis=1))
    assert not batch.observed[1, :, :10].any()
    np.testing.assert_allclose(batch.x["text"][1, 10:, 0], data["train"]["text"][1, 10:], rtol=1e-6)
    assert (batch.x["vision"][1, :10] == 0).all()


def test_zeros_between_words_stay_and_segments_without_words_go(tmp_path):
    data = official()
    data["train"]["text"][0, 20:30] = 0
    data["valid"]["text"][1] = 0
    write(tmp_path, data)
    recordings = ip.load_dataset("cmu_mosi", tmp_path)
    assert len(recordings) == 14
    assert "2iD-tVS8NPw[1] (valid 1)" not in [r.name for r in recordings]
    assert len(recordings[0].streams["text"].values) == 50


def test_infinite_audio_is_unobserved(tmp_path):
    data = official()
    data["train"]["audio"][0, 7, 2] = -np.inf
    write(tmp_path, data)
    (first, *_) = ip.load_dataset("cmu_mosi", tmp_path)
    assert np.isnan(first.streams["audio"].values[7, 2])
    assert np.isnan(first.streams["audio"].values).sum() == 1
    windows = ip.make_windows(first, step_s=1.0, steps=50, fill=CmuMosi.card.fill)
    text, audio, vision = windows.batch(np.array([0])).observed[0]
    assert np.flatnonzero(~audio).tolist() == [7]
    assert text.all()
    assert vision.all()


def test_sentiment_above_zero_is_positive_and_zero_is_unlabelled(tmp_path):
    data = official()
    data["train"]["labels"][:6, 0, 0] = [0.2, 0.0, -0.2, 3.0, 0.0, -3.0]
    write(tmp_path, data)
    recordings = ip.load_dataset("cmu_mosi", tmp_path)
    assert [r.target.values[0] for r in recordings[:6]] == [1, -1, 0, 1, -1, 0]
    assert recordings[0].classes == ("negative", "positive")
    windows = ip.make_windows(recordings[:6], step_s=1.0, steps=50, fill="mark")
    assert windows.y.tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize(
    "style",
    [
        lambda video, k: f"{video}[{k}]",
        lambda video, k: f"{video}_{k}",
        lambda video, k: f"{video}$_${k}",
        lambda video, k: f"{video}[{k}]".encode(),
        lambda video, k: [video, f"{k}.5", f"{k + 1}.0"],
    ],
)
def test_entities_are_videos_however_segments_are_named(tmp_path, style):
    data = official()
    for name, videos in VIDEOS.items():
        data[name]["id"] = [style(video, k) for video in videos for k in range(3)]
    data["train"]["id"] = np.array(data["train"]["id"])
    write(tmp_path, data)
    entities = [r.entity for r in ip.load_dataset("cmu_mosi", tmp_path)]
    assert entities == [video for videos in VIDEOS.values() for video in videos for _ in range(3)]


def test_official_parts_are_of_videos(tmp_path):
    write(tmp_path, official())
    parts = CmuMosi().parts(tmp_path)
    assert parts == {name: sorted(videos) for name, videos in VIDEOS.items()}
    windows = ip.make_windows(ip.load_dataset("cmu_mosi", tmp_path), step_s=1.0, steps=50, fill="mark")
    assert len(windows.of_entities(parts["train"])) == len(windows.of_entities(parts["test"])) == 6


def test_a_video_in_two_parts_is_a_leak(tmp_path):
    data = official()
    data["test"]["id"][4] = "03bSnISJMiM[29]"
    write(tmp_path, data)
    with pytest.raises(LeakageError, match=r"segments of '03bSnISJMiM' are in 'train' and 'test'"):
        ip.load_dataset("cmu_mosi", tmp_path)


def test_a_converted_file_is_read_the_same(tmp_path):
    data = official()
    data["train"]["audio"][0, 7, 2] = -np.inf
    (tmp_path / "npz").mkdir()
    out = convert_pickle(write(tmp_path, data, protocol=2), tmp_path / "npz" / "mosi_raw.npz")
    for a, b in zip(CmuMosi().recordings(tmp_path), CmuMosi().recordings(tmp_path / "npz"), strict=True):
        assert (a.entity, a.name, a.target) == (b.entity, b.name, a.target)
        assert a.target.values[0] == b.target.values[0]
        for name in a.streams:
            np.testing.assert_array_equal(a.streams[name].values, b.streams[name].values)
    with np.load(out, allow_pickle=False) as file:
        assert set(file.files) == {
            f"{p}_{a}"
            for p in ("train", "valid", "test")
            for a in ("text", "audio", "vision", "labels", "id")
        }
        assert file["train_text"].dtype == np.float32
        assert file["valid_labels"].tolist() == [2.4, -1.0, 3.0]
    with pytest.raises(InvalidInput, match="must not exist yet"):
        convert_pickle(tmp_path / "mosi_raw.pkl", out)


class Call:
    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def test_a_pickle_that_would_run_something_is_refused(tmp_path):
    write(tmp_path, official() | {"test": Call(f"touch {tmp_path / 'ran'}")})
    with pytest.raises(InvalidInput, match=r"mosi_raw\.pkl must hold plain values .* asks for posix\.system"):
        ip.load_dataset("cmu_mosi", tmp_path)
    with pytest.raises(InvalidInput, match="refused and not run"):
        convert_pickle(tmp_path / "mosi_raw.pkl", tmp_path / "mosi_raw.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["mosi_raw.pkl"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: d.pop("valid"), "must hold 'valid' with 'text'; it does not"),
        (lambda d: d["test"].pop("audio"), "must hold 'test' with 'audio'; it does not"),
        (lambda d: d["train"].update(text=np.ones((6, 50, 768))), "'text' with 300 channels; got 768"),
        (
            lambda d: d["train"].update(vision=np.ones((6, 375, 20))),
            r"as the text has; got shape \(6, 375, 20\)",
        ),
        (lambda d: d["train"].update(audio=np.ones((5, 50, 5))), r"\(6 segments, words, channels\)"),
        (lambda d: d["train"].update(audio=[[1.0], [1.0, 2.0]]), "numbers of one shape as 'audio'"),
        (lambda d: d["valid"]["labels"].fill(3.5), r"label from -3 to 3 .* got shape \(3, 1, 1\) from 3\.5"),
        (lambda d: d["valid"]["labels"].fill(np.nan), "label from -3 to 3"),
        (lambda d: d["valid"].update(labels=np.ones((3, 1, 7))), r"got shape \(3, 1, 7\)"),
        (lambda d: d["valid"].update(id=3), "a list of names as 'id'; it holds int"),
    ],
)
def test_what_a_file_lacks_is_told(tmp_path, change, sentence):
    data = official()
    change(data)
    write(tmp_path, data)
    with pytest.raises(DamagedFile, match=sentence) as caught:
        ip.load_dataset("cmu_mosi", tmp_path)
    assert "\n" not in str(caught.value)


def test_a_truncated_file_and_a_folder_without_files(tmp_path):
    with pytest.raises(InvalidInput, match=r"must hold mosi_raw\.pkl or mosi_data\.pkl"):
        ip.load_dataset("cmu_mosi", tmp_path)
    path = write(tmp_path, official())
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DamagedFile, match=r"mosi_raw\.pkl cannot be read to its end as a pickle"):
        ip.load_dataset("cmu_mosi", tmp_path)
