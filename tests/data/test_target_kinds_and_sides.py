"""Several labels at once, side inputs that do not change, and windows shorter than the rest."""

import numpy as np
import pytest

import interplay as ip
from interplay.data import Scaler
from interplay.errors import InvalidInput


def streams(n=8):
    return {"a": np.arange(n, dtype=float)[:, None], "b": -np.arange(n, dtype=float)[:, None]}


def test_several_labels_are_kept_by_name_and_unknown_ones_too():
    y = np.array([[0, 1], [1, -1], [-1, -1], [1, 0]])
    w = ip.windows_from_arrays(streams(4), y, steps=1, classes=("fever", "pain"))
    assert w.kind == w.schema.kind == "labels"
    # the third row knows no label and ends no window
    np.testing.assert_array_equal(w.y, y[[0, 1, 3]])
    one = w.of_label("pain")
    assert (one.kind, one.classes) == ("classes", ("not pain", "pain"))
    np.testing.assert_array_equal(one.y, [1, 0])
    with pytest.raises(InvalidInput, match="'cough' is none of"):
        w.of_label("cough")


def test_labels_of_a_recording_are_laid_on_its_steps():
    target = ip.label_series(np.array([[0, 1], [0, 1], [1, 1], [1, 0]]), rate_hz=1.0)
    assert len(target.start_s) == 3
    recording = ip.Recording(
        entity="x", streams={"a": ip.Stream(values=np.zeros((4, 1)), rate_hz=1.0)}, target=target,
        classes=("fever", "pain"),
    )  # fmt: skip
    w = ip.make_windows(recording, step_s=1.0, steps=2)
    np.testing.assert_array_equal(w.y, [[0, 1], [1, 1], [1, 0]])
    np.testing.assert_array_equal(w.labels_of_steps(np.array([0, 2])), [[[0, 1], [0, 1]], [[1, 1], [1, 0]]])


@pytest.mark.parametrize(
    ("y", "classes", "message"),
    [
        (np.array([[0, 2]]), None, "1, 0, or -1 where unknown"),
        (np.array([[0, 1]]), ("only",), "a column for each of the 1 labels; got 2"),
    ],
)
def test_bad_labels_are_refused(y, classes, message):
    with pytest.raises(InvalidInput, match=message):
        ip.windows_from_arrays({"a": np.zeros((1, 1))}, y, steps=1, classes=classes)


def test_estimators_ask_for_one_label_at_a_time():
    y = np.random.default_rng(0).integers(0, 2, (40, 2))
    w = ip.windows_from_arrays({"a": np.random.default_rng(1).normal(size=(40, 2))}, y, steps=1)
    with pytest.raises(InvalidInput, match="one label at a time"):
        ip.TemporalRUS().fit(w)


def test_side_inputs_stay_with_their_entity_and_are_scaled_by_training_windows():
    who = np.repeat(["x", "y"], 4)
    age = np.where(who == "x", 30.0, np.nan)
    w = ip.windows_from_arrays(
        streams(), np.tile([0, 1], 4), steps=2, entity=who, static={"age": age, "sex": np.ones(8)}
    )
    assert w.schema.static == ("age", "sex")
    np.testing.assert_array_equal(w.static[:, 0], [30, 30, 30, np.nan, np.nan, np.nan])
    scaled = Scaler.fit(w).apply_static(w.batch(np.array([0, 5])).static)
    # neither varies where it is known, and what is unknown stays so
    np.testing.assert_array_equal(scaled, [[0, 0], [np.nan, 0]])
    train, test = w.of_entities(["x"]), w.of_entities(["y"])
    assert Scaler.fit(train).static[0, 0] == 30.0
    assert np.isnan(test.static[:, 0]).all()


def test_side_inputs_of_recordings_may_differ_between_stays_of_one_entity():
    def stay(age):
        return ip.Recording(
            entity="x", name=f"stay at {age}", static={"age": age}, classes=("no", "yes"),
            streams={"a": ip.Stream(values=np.zeros((3, 1)), rate_hz=1.0)},
            target=ip.label_series([0, 1, 0], rate_hz=1.0),
        )  # fmt: skip

    w = ip.make_windows([stay(40.0), stay(41.0)], step_s=1.0, steps=2)
    np.testing.assert_array_equal(w.static[:, 0], [40, 40, 41, 41])


def test_bad_side_inputs_are_refused():
    with pytest.raises(InvalidInput, match="must not change within the rows of an entity"):
        ip.windows_from_arrays(streams(4), [0, 1, 0, 1], steps=1, static={"age": np.arange(4.0)})
    with pytest.raises(InvalidInput, match=r"one value per label \(4\)"):
        ip.windows_from_arrays(streams(4), [0, 1, 0, 1], steps=1, static={"age": np.arange(3.0)})


def test_short_windows_at_the_start_lack_their_oldest_steps():
    who = ["x"] * 3 + ["y"] * 4
    y = [0, 1, 0, 1, 0, 1, 0]
    whole = ip.windows_from_arrays(streams(7), y, steps=3, entity=who)
    w = ip.windows_from_arrays(streams(7), y, steps=3, min_steps=1, entity=who)
    assert len(w) == 7
    np.testing.assert_array_equal(w.y, y)
    batch = w.batch(np.arange(7))
    np.testing.assert_array_equal(batch.observed[:, 0].sum(1), [1, 2, 3, 1, 2, 3, 3])
    np.testing.assert_array_equal(batch.x["a"][4, :, 0, 0], [0, 3, 4])
    # time runs on, also before the start
    np.testing.assert_allclose(w.steps.time_s[w.rows()[3]], [2, 3, 4])
    long = w.select(batch.observed.all((1, 2)))
    for name in whole.modalities:
        np.testing.assert_array_equal(long.batch(np.arange(3)).x[name], whole.batch(np.arange(3)).x[name])
    np.testing.assert_array_equal(Scaler.fit(w).channels["a"].centre, [3.0])
    with pytest.raises(InvalidInput, match=r"min_steps must be at most steps \(3\); got 4"):
        ip.windows_from_arrays(streams(7), y, steps=3, min_steps=4)
