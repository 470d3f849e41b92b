"""Stress-Predict: a file by hand, and the real recordings with their four rates."""

from itertools import islice

import numpy as np
import pytest

from interplay.data import make_windows
from interplay.datasets.stress_predict import StressPredict
from shared_data import shared

RATES_HZ = {"bvp": 64.0, "acc": 32.0, "eda": 4.0, "temp": 4.0, "hr": 1.0}


@pytest.fixture(scope="module")
def real():
    return list(StressPredict().recordings(shared("stress_predict")))


def test_a_file_by_hand(tmp_path):
    start = np.array([0, 1000])
    np.savez(
        tmp_path / "stress_predict.npz",
        bvp_x100=np.array([1, 2, 250], dtype=np.int32),
        bvp_starts=np.array([0, 1, 3]),
        session_start_unix=start,
        acc=np.array([[0, 0, 0], [64, -32, 16]], dtype=np.int8),
        acc_starts=np.array([0, 1, 2]),
        acc_start_unix=start,
        eda=np.array([0.5, 0.25], dtype=np.float32),
        eda_starts=np.array([0, 1, 2]),
        eda_start_unix=start,
        temp_x100=np.array([3000, 3150], dtype=np.int16),
        temp_starts=np.array([0, 1, 2]),
        temp_start_unix=start,
        hr_x100=np.array([6000, 7550], dtype=np.int16),
        hr_starts=np.array([0, 1, 2]),
        hr_start_unix=start + 10,
        label_time_unix=np.array([1012, 1013, 1014, 1017]),
        label_stress=np.array([0, 0, 1, 1], dtype=np.uint8),
        label_starts=np.array([0, 0, 4]),
    )
    (recording,) = StressPredict().recordings(tmp_path)
    # the first subject has no labels
    assert recording.entity == "S02"
    # float32 keeps 7 digits
    np.testing.assert_allclose(recording.streams["bvp"].values, [[0.02], [2.5]], rtol=1e-6)
    # 64, -32 and 16 sixty-fourths of g
    np.testing.assert_array_equal(recording.streams["acc"].values, [[1.0, -0.5, 0.25]])
    np.testing.assert_allclose(recording.streams["temp"].values, [[31.5]], rtol=1e-6)
    np.testing.assert_allclose(recording.streams["hr"].values, [[75.5]], rtol=1e-6)
    assert {name: stream.start_s for name, stream in recording.streams.items()} == {
        "bvp": 0.0,
        "acc": 0.0,
        "eda": 0.0,
        "temp": 0.0,
        "hr": 10.0,
    }
    # seconds 12 and 13 are rest, 14 is stress, 15 and 16 are missing from the file, 17 is stress again
    np.testing.assert_array_equal(recording.target.values, [0, 1, 1])
    np.testing.assert_array_equal(recording.target.start_s, [12, 14, 17])
    np.testing.assert_array_equal(recording.target.stop_s, [14, 15, 18])


def test_real_recordings_have_the_published_numbers(real):
    # subject 1 has no labels
    assert [recording.entity for recording in real] == [f"S{k:02d}" for k in range(2, 36)]
    for recording in real:
        assert {name: stream.rate_hz for name, stream in recording.streams.items()} == RATES_HZ
        assert recording.classes == ("rest", "stress")
        ends = [stream.start_s + len(stream.values) / stream.rate_hz for stream in recording.streams.values()]
        # the device writes blocks of up to 10 s; a wrong rate or a wrong offset would be off by minutes
        assert max(ends) - min(ends) < 20
        assert recording.target.stop_s[-1] <= max(ends) + 10
    # seconds of rest and of stress, from the description that lies beside the file
    seconds = [0.0, 0.0]
    for recording in real:
        for value, start, stop in zip(
            recording.target.values, recording.target.start_s, recording.target.stop_s, strict=True
        ):
            seconds[value] += stop - start
    assert seconds == [75_701, 36_815]


def test_real_units_are_plausible(real):
    for recording in real:
        middle = {name: np.median(stream.values) for name, stream in recording.streams.items()}
        # a wrist in a room: skin between 20 and 40 deg C, heart between 40 and 180 bpm, skin conductance in uS
        assert 20 < middle["temp"] < 40
        assert 40 < middle["hr"] < 180
        assert 0 < middle["eda"] < 25
        # someone who sits: the acceleration is that of gravity, within 10 % for an uncalibrated sensor
        norm = np.linalg.norm(recording.streams["acc"].values, axis=1)
        assert np.median(norm) == pytest.approx(1, abs=0.1)


def test_real_windows_keep_every_rate(real):
    windows = make_windows(islice(real, 3), step_s=1.0, steps=20)
    # samples in one second
    assert windows.schema.shapes == {
        "bvp": (64, 1),
        "acc": (32, 3),
        "eda": (4, 1),
        "temp": (4, 1),
        "hr": (1, 1),
    }
    assert windows.entities == ("S02", "S03", "S04")
    assert set(windows.y) == {0, 1}
    batch = windows.batch(np.arange(8))
    assert batch.x["bvp"].shape == (8, 20, 64, 1)
    # heart rate starts 10 s after the others and labels at second 9: the first windows end before second 28
    np.testing.assert_array_equal(batch.observed[0].sum(axis=1), [20, 20, 20, 20, 10])
