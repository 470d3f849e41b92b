"""HAPT: a file by hand, the causal low-pass against closed forms, and the real recordings."""

import numpy as np
import pytest

from interplay.data import make_windows
from interplay.datasets.hapt import ACTIVITIES, GRAVITY_BELOW_HZ, RATE_HZ, Hapt, hapt_recording
from shared_data import shared


def label_of_each_sample(recording):
    """(n,) int: the runs of equal labels laid back onto the samples."""
    target = recording.target
    # times are multiples of 1/50 s, so rounding only removes the rounding error of the division
    lengths = np.round((target.stop_s - target.start_s) * RATE_HZ).astype(int)
    return target.values.repeat(lengths)


def from_acc(acc_g):
    return hapt_recording(
        entity="e", name="", acc_g=acc_g, gyro=np.zeros_like(acc_g), label=np.ones(len(acc_g), dtype=np.int8)
    )


@pytest.fixture(scope="module")
def real():
    return list(Hapt().recordings(shared("hapt")))


def test_a_file_by_hand(tmp_path):
    np.savez(
        tmp_path / "hapt.npz",
        acc=np.array([[4, 0, 0]] * 5 + [[0, 8, 0]] * 2, dtype=np.int16),
        acc_scale=0.25,
        gyro=np.arange(21, dtype=np.int16).reshape(7, 3),
        gyro_scale=0.5,
        label=np.array([-1, 1, 1, 7, 6, 3, 3], dtype=np.int8),
        experiment_starts=np.array([0, 5, 7]),
        experiment_subject=np.array([9, 12]),
    )
    first, second = Hapt().recordings(tmp_path)
    assert (first.entity, first.name) == ("subject09", "experiment01")
    assert (second.entity, second.name) == ("subject12", "experiment02")
    # resting on one axis all is gravity: 4 x 0.25 = 1 g, and 8 x 0.25 = 2 g
    np.testing.assert_allclose(first.streams["gravity"].values, [[1, 0, 0]] * 5, atol=1e-6)
    np.testing.assert_allclose(second.streams["gravity"].values, [[0, 2, 0]] * 2, atol=1e-6)
    np.testing.assert_allclose(first.streams["body_vertical"].values, np.zeros((5, 1)), atol=1e-6)
    # rows 15-17 and 18-20 of the file, halved
    np.testing.assert_array_equal(second.streams["gyro_vertical"].values, [[7.5], [9.0]])
    np.testing.assert_array_equal(second.streams["gyro_horizontal"].values, [[8.0, 8.5], [9.5, 10.0]])
    # -1 and the transition 7 are unlabelled, 1 and 6 become the classes 0 and 5; a sample lasts 0.02 s
    np.testing.assert_array_equal(first.target.values, [-1, 0, -1, 5])
    np.testing.assert_allclose(first.target.start_s, [0, 0.02, 0.06, 0.08], rtol=1e-12)
    np.testing.assert_allclose(first.target.stop_s, [0.02, 0.06, 0.08, 0.1], rtol=1e-12)


def test_the_future_changes_nothing_before_it():
    acc_g = np.random.default_rng(0).normal(size=(400, 3))
    other = acc_g.copy()
    other[250:] += 5
    before, after = from_acc(acc_g), from_acc(other)
    for name in ("gravity", "body_vertical", "body_horizontal"):
        np.testing.assert_array_equal(before.streams[name].values[:250], after.streams[name].values[:250])
        assert (before.streams[name].values[250:] != after.streams[name].values[250:]).all()


def test_the_low_pass_halves_the_power_at_its_edge_and_stops_walking():
    n = int(60 * RATE_HZ)
    time_s = np.arange(n) / RATE_HZ
    acc_g = np.zeros((n, 3))
    acc_g[:, 0] = np.sin(2 * np.pi * GRAVITY_BELOW_HZ * time_s)
    acc_g[:, 1] = np.sin(2 * np.pi * 2.0 * time_s)
    gravity = from_acc(acc_g).streams["gravity"].values
    late = gravity[n // 2 :]
    # a Butterworth filter has the gain 1/sqrt(2) at its edge; 30 s after the start the transient
    # (slowest decay exp(-0.5 x 2 pi x 0.3 Hz x 30 s) = 5e-13) is gone, samples miss the crest by < 2e-4
    assert np.abs(late[:, 0]).max() == pytest.approx(np.sqrt(0.5), rel=3e-4)
    # third order: at walking pace, 2 Hz, the gain is about (0.3 / 2)^3 = 0.0034
    assert np.abs(late[:, 1]).max() == pytest.approx(0.0034, abs=2e-4)


def test_gravity_and_body_add_up_to_what_was_measured():
    acc_g = np.random.default_rng(1).normal(size=(200, 3))
    streams = from_acc(acc_g).streams
    body = np.hstack([streams["body_vertical"].values, streams["body_horizontal"].values])
    # two float32 numbers of size below 4: rounding at most 2 x 2^-23 x 2
    np.testing.assert_allclose(streams["gravity"].values + body, acc_g, atol=1e-6)


def test_real_recordings_have_the_published_numbers(real):
    assert len(real) == 61
    assert len({recording.entity for recording in real}) == 30
    assert len({recording.name for recording in real}) == 61
    # rows of the first recording and label counts, from the description that lies beside the file
    assert len(real[0].streams["gravity"].values) == 20_598
    label = np.concatenate([label_of_each_sample(recording) for recording in real])
    assert len(label) == 1_122_772
    np.testing.assert_array_equal(
        np.bincount(label[label >= 0]), [122_091, 116_707, 107_961, 126_677, 138_105, 136_865]
    )
    for recording in real:
        assert recording.classes == ACTIVITIES
        assert {stream.rate_hz for stream in recording.streams.values()} == {50.0}
        assert {len(stream.values) for stream in recording.streams.values()} == {
            len(label_of_each_sample(recording))
        }


def test_real_units_are_plausible(real):
    gravity = np.concatenate([recording.streams["gravity"].values for recording in real])
    norm = np.linalg.norm(gravity, axis=1)
    # gravity is 1 g, an uncalibrated sensor a few per cent off; the low-pass lags only in transitions, which are
    # 67,208 of 1,122,772 samples, 6 %
    assert np.mean(np.abs(norm - 1) < 0.1) > 0.94
    label = np.concatenate([label_of_each_sample(recording) for recording in real])
    along = gravity[:, 0]
    # x points along the body: it carries all of gravity in standing, and less than half of it in lying
    assert np.median(along[label == ACTIVITIES.index("standing")]) == pytest.approx(1, abs=0.05)
    assert np.abs(np.median(along[label == ACTIVITIES.index("lying")])) < 0.5
    gyro = np.concatenate([recording.streams["gyro_horizontal"].values for recording in real[:4]])
    # the sensor saturates at 10 rad/s (573 degrees); in degrees most of the values would be larger
    assert 0.1 < gyro.std() < 2
    assert np.abs(gyro).max() <= 10.01


def test_real_windows_have_25_samples_a_step(real):
    windows = make_windows(real[:2], step_s=Hapt.card.step_s, steps=Hapt.card.steps)
    # 0.5 s at 50 Hz
    assert windows.schema.shapes == {
        "body_vertical": (25, 1),
        "body_horizontal": (25, 2),
        "gravity": (25, 3),
        "gyro_vertical": (25, 1),
        "gyro_horizontal": (25, 2),
    }
    assert windows.entities == ("subject01",)
    assert set(windows.y) == set(range(6))
