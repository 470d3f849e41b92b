"""Recordings on a grid: values by hand, causality, and real streams at four rates."""

import numpy as np
import pytest

from interplay.data import Hold, HoldAge, label_at, label_intervals, label_series, make_steps
from interplay.datasets.stress_predict import StressPredict
from interplay.errors import InvalidInput
from interplay.types import Recording, Stream
from shared_data import shared


def recording(streams, target=None, **fields):
    target = target or label_series(np.zeros(1, dtype=int), rate_hz=1e-3)
    return Recording(entity="e", streams=streams, target=target, classes=("a", "b"), **fields)


def regular(n, rate_hz, d=1, **fields):
    return Stream(values=np.arange(n * d, dtype=float).reshape(n, d), rate_hz=rate_hz, **fields)


def test_each_modality_keeps_its_own_rate():
    steps = make_steps(recording({"fast": regular(12, 4.0, d=2), "slow": regular(3, 1.0)}), step_s=1.0)
    assert {name: array.shape for name, array in steps.values.items()} == {
        "fast": (3, 4, 2),
        "slow": (3, 1, 1),
    }
    np.testing.assert_array_equal(steps.values["fast"][1, :, 0], [8, 10, 12, 14])
    np.testing.assert_array_equal(steps.values["slow"][:, 0, 0], [0, 1, 2])
    np.testing.assert_array_equal(steps.time_s, [1, 2, 3])
    assert steps.observed.all()


def test_a_stream_slower_than_the_steps_is_observed_in_some():
    steps = make_steps(recording({"fast": regular(8, 2.0), "slow": regular(2, 0.5)}), step_s=0.5)
    # samples of the slow stream at 0 s and 2 s fall into the steps that contain those moments
    np.testing.assert_array_equal(np.flatnonzero(steps.observed[:, 1]), [0, 3])


def test_a_stream_that_starts_late_or_stops_early_is_unobserved_there():
    late = regular(4, 2.0, start_s=1.0)
    steps = make_steps(recording({"whole": regular(8, 2.0), "late": late}), step_s=1.0)
    np.testing.assert_array_equal(steps.observed[:, 1], [False, True, True, False])
    np.testing.assert_array_equal(steps.values["late"][1, :, 0], [0, 1])
    assert np.isnan(steps.values["late"][0]).all()


def test_events_are_binned_to_the_last_value_of_each_channel():
    events = Stream(
        values=np.array([[1.0, np.nan], [2.0, 5.0], [np.nan, 6.0]]), times_s=np.array([0.2, 0.9, 2.5])
    )
    steps = make_steps(
        recording({"clock": regular(4, 1.0), "drug": events}), step_s=1.0, fill={"drug": "mark"}
    )
    np.testing.assert_array_equal(steps.values["drug"][0, 0], [2, 5])
    np.testing.assert_array_equal(steps.observed[:, 1], [True, False, False, False])


def test_holding_looks_back_only_ends_at_its_limit_and_at_gaps():
    values = np.array([[1.0], [np.nan], [np.nan], [4.0], [np.nan], [np.nan]])
    stream = Stream(values=values, rate_hz=1.0)
    held = make_steps(recording({"x": stream}), step_s=1.0, fill=Hold(max_s=1.0))
    np.testing.assert_array_equal(held.values["x"][:, 0, 0], [1, 1, np.nan, 4, 4, np.nan])
    np.testing.assert_array_equal(held.observed[:, 0], [1, 1, 0, 1, 1, 0])
    broken = make_steps(recording({"x": stream}, gaps_s=((1.0, 2.0),)), step_s=1.0, fill="hold")
    np.testing.assert_array_equal(broken.values["x"][:, 0, 0], [1, np.nan, np.nan, 4, 4, 4])


@pytest.mark.parametrize("fill", ["hold", "mark"])
def test_filling_never_uses_the_future(fill):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(40, 2))
    values[rng.random(values.shape) < 0.3] = np.nan
    changed = values.copy()
    changed[25:] = 99.0
    steps = [
        make_steps(recording({"x": Stream(values=v, rate_hz=2.0)}), step_s=1.0, fill=fill)
        for v in (values, changed)
    ]
    np.testing.assert_array_equal(steps[0].values["x"][:12], steps[1].values["x"][:12])


def test_nan_without_a_policy_is_refused_and_inputs_are_left_alone():
    values = np.array([[1.0], [np.nan], [3.0]], dtype=np.float32)
    with pytest.raises(InvalidInput, match=r"stream 'x'.*free of NaN unless a fill policy.*first row 1"):
        make_steps(recording({"x": Stream(values=values, rate_hz=1.0)}), step_s=1.0)
    before = values.copy()
    make_steps(recording({"x": Stream(values=values, rate_hz=1.0)}), step_s=3.0, fill="mark")
    np.testing.assert_array_equal(values, before)


def test_labels_hold_until_the_end_of_their_interval():
    target = label_intervals([1, 0], [0.0, 2.0], [2.0, 3.0])
    steps = make_steps(recording({"x": regular(5, 1.0)}, target), step_s=1.0)
    np.testing.assert_array_equal(steps.target, [1, 1, 0, -1, -1])


def test_a_step_takes_the_label_in_force_at_its_end():
    target = label_series([0, 0, 0, 1, 1, 1], rate_hz=2.0)
    steps = make_steps(recording({"x": regular(6, 2.0)}, target), step_s=1.0)
    np.testing.assert_array_equal(steps.target, [0, 1, 1])


def test_one_label_per_stay_labels_one_step():
    steps = make_steps(recording({"x": regular(5, 1.0)}, label_at(1, 3.0)), step_s=1.0)
    np.testing.assert_array_equal(steps.target, [-1, -1, 1])
    # with a span the grid is that of the span
    steps = make_steps(recording({"x": regular(5, 1.0)}, label_at(1, 3.0), span_s=(0.0, 5.0)), step_s=1.0)
    np.testing.assert_array_equal(steps.target, [-1, -1, 1, -1, -1])


def test_a_step_ends_at_the_instant_of_the_only_label():
    x = Stream(values=np.arange(8.0)[:, None], times_s=np.arange(8) / 2 + 0.25)
    steps = make_steps(recording({"x": x}, label_at(1, 3.4)), step_s=1.0)
    np.testing.assert_allclose(steps.time_s, [0.4, 1.4, 2.4, 3.4])
    np.testing.assert_array_equal(steps.target, [-1, -1, -1, 1])
    # samples at 0.25, 0.75, 1.25 ... the last that counts is that of 3.25 s
    np.testing.assert_array_equal(steps.values["x"][:, 0, 0], [0, 2, 4, 6])


def test_gaps_and_long_silences_start_segments():
    x = Stream(values=np.ones((6, 1)), times_s=np.array([0.5, 1.5, 2.5, 7.5, 8.5, 10.0]))
    assert np.unique(make_steps(recording({"x": x}), step_s=1.0).segment).size == 1
    quiet = make_steps(recording({"x": x}), step_s=1.0, max_gap_s=2.0)
    # the grid starts with the first event; 7.5 s falls into step 6
    np.testing.assert_array_equal(quiet.segment, [0, 0, 0, 0, 0, 0, 1, 1, 1])
    declared = make_steps(recording({"x": regular(6, 1.0)}, gaps_s=((2.0, 3.0),)), step_s=1.0)
    np.testing.assert_array_equal(declared.segment, [0, 0, 1, 2, 2, 2])


def test_real_mixed_rates_line_up_with_the_raw_samples():
    recordings = list(StressPredict().recordings(shared("stress_predict")))
    assert len(recordings) == 34
    steps = make_steps(recordings[:2], step_s=1.0)
    rates = {name: array.shape[1] for name, array in steps.values.items()}
    assert rates == {"bvp": 64, "acc": 32, "eda": 4, "temp": 4, "hr": 1}
    first = recordings[0]
    k = 1000
    for name, r in rates.items():
        stream = first.streams[name]
        row = round((k * 1.0 - stream.start_s) * stream.rate_hz)
        np.testing.assert_allclose(steps.values[name][k], stream.values[row : row + r], rtol=1e-6)
    # heart rate starts ten seconds after the other streams
    np.testing.assert_array_equal(steps.observed[:12, 4], [False] * 10 + [True] * 2)
    labelled = steps.target[: np.searchsorted(steps.segment, 1)]
    assert (labelled == 1).sum() == pytest.approx(
        ((first.target.stop_s - first.target.start_s) * (first.target.values == 1)).sum(), abs=2
    )


@pytest.mark.parametrize(
    ("streams", "step_s", "message"),
    [
        (
            {"x": regular(10, 3.0)},
            0.5,
            "whole number of samples; got 0.5 s x 3 Hz = 1.5. step_s=0.666666667 would fit",
        ),
        ({"x": regular(10, 10.0)}, 2.0, "at least one step of 2 s"),
        ({"x": regular(10, 1.0)}, 0.0, "step_s must be positive"),
        ({"x": Stream(values=np.zeros((3, 1)))}, 1.0, "either rate_hz or times_s"),
        (
            {"x": Stream(values=np.zeros((3, 1)), times_s=np.zeros(2))},
            1.0,
            "one time per sample; got 3 samples and 2",
        ),
        (
            {"x": Stream(values=np.zeros((3, 1)), times_s=np.array([0.0, 2, 1]))},
            1.0,
            "must not decrease; row 2",
        ),
        ({"x": Stream(values=np.zeros(3), rate_hz=1.0)}, 1.0, r"must be \(samples, channels\)"),
        ({"x": Stream(values=np.full((3, 1), np.inf), rate_hz=1.0)}, 1.0, "must be finite or NaN"),
        ({}, 1.0, "at least one stream"),
    ],
)
def test_bad_recordings_are_refused(streams, step_s, message):
    with pytest.raises(InvalidInput, match=message):
        make_steps(recording(streams), step_s=step_s)


def test_recordings_must_agree():
    a, b = recording({"x": regular(9, 1.0)}), recording({"y": regular(9, 1.0)})
    with pytest.raises(InvalidInput, match="same modalities in the same order"):
        make_steps([a, b], step_s=1.0)
    with pytest.raises(InvalidInput, match="same channels and rate"):
        make_steps([a, recording({"x": regular(9, 2.0)})], step_s=1.0)


def test_unknown_fill_and_bad_intervals():
    with pytest.raises(InvalidInput, match=r"one of \['hold', 'hold_age', 'mark'\]"):
        make_steps(recording({"x": regular(9, 1.0)}), step_s=1.0, fill="spline")
    with pytest.raises(InvalidInput, match="must not overlap; interval 1 starts at 1 s"):
        label_intervals([0, 1], [0.0, 1.0], [2.0, 3.0])
    with pytest.raises(InvalidInput, match="whole class numbers"):
        label_series(np.array(["sit", "walk"]), rate_hz=1.0)


def test_held_values_can_tell_their_age():
    x = Stream(values=np.array([[7.0], [9.0]]), times_s=np.array([0.5, 3.5]), channels=("lab",))
    beat = regular(6, 1.0)
    table = make_steps(recording({"x": x, "beat": beat}), step_s=1.0, fill={"x": "hold_age"})
    assert table.channels == {"x": ("lab", "age"), "beat": ("0",)}
    np.testing.assert_array_equal(table.values["x"][:, 0, 0], [7, 7, 7, 9, 9, 9])
    np.testing.assert_allclose(table.values["x"][:, 0, 1], np.log1p([0, 1, 2, 0, 1, 2]), rtol=1e-6)
    np.testing.assert_allclose(table.values["beat"][:, 0, 0], beat.values[:, 0])


def test_the_age_of_what_was_never_seen_is_unknown():
    x = Stream(values=np.array([[7.0]]), times_s=np.array([2.5]))
    table = make_steps(
        recording({"x": x, "beat": regular(4, 1.0)}), step_s=1.0, fill={"x": HoldAge(max_s=0.0)}
    )
    np.testing.assert_array_equal(table.observed[:, 0], [False, False, True, False])
    assert np.isnan(table.values["x"][0, 0]).all()
