"""Windows: direction of time, views instead of copies, entities, scaling, and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interplay.data import cross_folds, purged, split_by_entity, windows_from_arrays
from interplay.data.check import check_disjoint, check_schema, check_trainable
from interplay.data.splits import target_memory
from interplay.errors import InvalidInput, LeakageError


def ramp(n=20, d=2):
    return np.arange(n * d, dtype=np.float32).reshape(n, d)


def labels(n=20):
    return np.arange(n) % 2


def test_a_window_ends_with_its_newest_step():
    windows = windows_from_arrays({"x": ramp()}, labels(), steps=3)
    assert len(windows) == 18
    batch = windows.batch(np.array([0, 17]))
    np.testing.assert_array_equal(batch.x["x"][0, :, 0, 0], [0, 2, 4])
    np.testing.assert_array_equal(batch.x["x"][1, :, 0, 0], [34, 36, 38])
    np.testing.assert_array_equal(batch.y, [0, 1])
    assert batch.x["x"].shape == (2, 3, 1, 2)
    assert batch.observed.shape == (2, 1, 3)


def test_a_million_samples_at_stride_one_are_not_copied():
    x = np.zeros((1_000_000, 1), dtype=np.float32)
    windows = windows_from_arrays({"x": x}, np.arange(1_000_000) % 3, steps=100)
    assert len(windows) == 999_901
    assert np.shares_memory(windows.steps.values["x"], x)
    owned = [
        windows.last,
        windows.steps.observed,
        windows.steps.target,
        windows.steps.segment,
        windows.steps.entity,
    ]
    # an index of 8 bytes a row each, whatever the window length: far below the 400 MB of copied windows
    assert sum(array.nbytes for array in owned) <= 40 * 1_000_000
    some = windows.select(np.arange(10))
    assert some.steps is windows.steps


def test_windows_stay_inside_one_entity():
    entity = np.array(["a"] * 9 + ["b"] * 11)
    windows = windows_from_arrays({"x": ramp()}, labels(), steps=4, entity=entity)
    rows = windows.rows()
    assert all(len(set(entity[row])) == 1 for row in rows)
    assert len(windows) == 6 + 8
    assert windows.entities == ("a", "b")


def test_stride_and_unlabelled_steps():
    y = labels()
    y[10:] = -1
    windows = windows_from_arrays({"x": ramp()}, y, steps=4, stride=3)
    np.testing.assert_array_equal(windows.last, [3, 6, 9])


def test_cut_windows_are_their_own_entities():
    x = np.random.default_rng(0).normal(size=(5, 4, 2))
    windows = windows_from_arrays({"x": x}, [0, 1, 0, 1, 1])
    assert len(windows) == len(windows.entities) == 5
    np.testing.assert_allclose(windows.batch(np.array([3])).x["x"][0, :, 0], x[3], rtol=1e-6)
    np.testing.assert_array_equal(windows.y, [0, 1, 0, 1, 1])


def test_class_names_and_codes():
    windows = windows_from_arrays({"x": ramp(4)}, ["run", "rest", "run", "rest"], steps=1)
    assert windows.classes == ("rest", "run")
    np.testing.assert_array_equal(windows.y, [1, 0, 1, 0])
    again = windows_from_arrays({"x": ramp(2)}, ["run", "run"], steps=1, classes=("run", "rest"))
    np.testing.assert_array_equal(again.y, [0, 0])
    assert windows_from_arrays({"x": ramp(3)}, [5, 7, 5], steps=1).classes == ("5", "7")


def test_unobserved_values_are_zero_in_a_batch():
    x = ramp(6, 1)
    x[2] = np.nan
    windows = windows_from_arrays({"x": x, "z": ramp(6, 1)}, labels(6), steps=2, fill={"x": "mark"})
    batch = windows.batch(np.arange(5))
    np.testing.assert_array_equal(batch.observed[:, 0], [[1, 1], [1, 0], [0, 1], [1, 1], [1, 1]])
    assert batch.x["x"][1, 1, 0, 0] == 0
    assert batch.observed[:, 1].all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=6), st.integers(1, 5), st.integers(1, 3))
def test_every_window_that_fits_is_there_once(lengths, steps, stride):
    entity = np.repeat(np.arange(len(lengths)), lengths)
    n = len(entity)
    expected = sum(max(0, (length - steps) // stride + 1) for length in lengths)
    arrays, y = {"x": ramp(n)}, np.zeros(n, dtype=int)
    if expected == 0:
        with pytest.raises(InvalidInput, match="must fit into a segment"):
            windows_from_arrays(arrays, y, steps=steps, stride=stride, entity=entity)
        return
    windows = windows_from_arrays(arrays, y, steps=steps, stride=stride, entity=entity)
    assert len(windows) == expected == len(np.unique(windows.last))
    np.testing.assert_array_equal(windows.used_rows(), np.unique(windows.rows()))


@given(st.integers(2, 30), st.floats(0.01, 0.99), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_a_split_shares_no_entity_and_loses_no_window(n_entities, share, seed):
    entity = np.repeat(np.arange(n_entities), 5)
    windows = windows_from_arrays({"x": ramp(len(entity))}, labels(len(entity)), steps=2, entity=entity)
    train, test = split_by_entity(windows, test=share, seed=seed)
    assert not set(train.entities) & set(test.entities)
    assert len(train) + len(test) == len(windows)
    assert len(test) > 0
    assert len(train) > 0


def test_a_split_by_names():
    windows = windows_from_arrays({"x": ramp()}, labels(), steps=2, entity=np.repeat(list("abcd"), 5))
    train, test = split_by_entity(windows, test=["b"])
    assert test.entities == ("b",)
    assert train.entities == ("a", "c", "d")
    with pytest.raises(InvalidInput, match=r"of which \['z'\] are unknown"):
        split_by_entity(windows, test=["z"])


@pytest.mark.parametrize("n_entities", [1, 2, 12])
def test_folds_hold_every_class_even_in_blocks_and_can_be_kept_apart(n_entities):
    entity = np.repeat(np.arange(n_entities), 1200 // n_entities)
    y = np.tile(np.repeat(np.arange(3), 40), 10)
    windows = windows_from_arrays({"x": ramp(1200)}, y, steps=5, entity=entity)
    fold = cross_folds(windows, 4, seed=1)
    for k in range(4):
        held_out = fold == k
        away = purged(windows, held_out)
        assert set(windows.y[held_out]) == set(windows.y[away]) == {0, 1, 2}
        assert not set(windows.select(away).used_rows()) & set(windows.select(held_out).used_rows())
        if n_entities >= 4:
            assert not set(windows.select(away).entities) & set(windows.select(held_out).entities)


@pytest.mark.parametrize(
    ("arrays", "y", "extra", "message"),
    [
        ({"x": ramp(20), "z": ramp(19)}, labels(20), {}, "as long as y .20.; array 'z' has 19 rows"),
        (
            {"x": ramp(20)},
            labels(20).astype(float),
            {},
            "whole class numbers.*got an array of float64",
        ),
        ({"x": np.where(ramp() == 6, np.nan, ramp())}, labels(), {}, "array 'x' must be free of NaN unless"),
        ({"x": np.where(ramp() == 6, np.inf, ramp())}, labels(), {}, "must be finite or NaN"),
        ({"x": ramp(4)}, labels(4), {"steps": 9}, "a window of 9 steps must fit.*longest has 4 steps"),
        ({"x": ramp()}, labels(), {"steps": 0}, "steps must be a whole number of at least 1"),
        ({"x": ramp()}, labels(), {"steps": None}, "steps must be given"),
        ({"x": ramp()}, labels(), {"entity": ["a"]}, "one entry per label"),
        ({"x": ramp()}, -np.ones(20, dtype=int), {}, "at least one window must end in a labelled step"),
        ({"x": ramp()}, labels(), {"classes": ("only",)}, "below the number of classes, 1"),
        ({}, labels(), {}, "at least one modality"),
        ({"x": np.array([["a"]] * 20)}, labels(), {}, "must be numeric"),
        ({"x": np.zeros(20)}, labels(), {}, r"all be \(n, d\) or all be \(n, T, d\)"),
    ],
)
def test_bad_arrays_are_refused(arrays, y, extra, message):
    with pytest.raises(InvalidInput, match=message):
        windows_from_arrays(arrays, y, **{"steps": 2, **extra})


def test_one_entity_cannot_be_split():
    windows = windows_from_arrays({"x": ramp()}, labels(), steps=2)
    with pytest.raises(InvalidInput, match="at least two entities; got 1"):
        split_by_entity(windows)


def test_what_cannot_be_trained_on_is_refused():
    constant = windows_from_arrays({"x": ramp()}, np.zeros(20, dtype=int), steps=2, classes=("a", "b"))
    with pytest.raises(InvalidInput, match="at least two classes; all 19 windows are 'a'"):
        check_trainable(constant, what="training windows")
    absent = windows_from_arrays({"x": ramp()}, labels(), steps=2, classes=("a", "b", "c"))
    with pytest.raises(InvalidInput, match="hold every class; none of 19 windows is 'c'"):
        check_trainable(absent, what="training windows")
    silent = windows_from_arrays({"x": ramp(), "z": np.full((20, 1), np.nan)}, labels(), steps=2, fill="mark")
    with pytest.raises(InvalidInput, match="'z' is never observed"):
        check_trainable(silent, what="training windows")


def test_leaks_and_other_shapes_are_refused():
    with pytest.raises(LeakageError, match="the profile was fitted on; 1 are: 'a'"):
        check_disjoint(["a", "b"], ["a", "c"], what="the profile")
    two = windows_from_arrays({"x": ramp()}, labels(), steps=2).schema
    three = windows_from_arrays({"x": ramp()}, labels(), steps=3).schema
    with pytest.raises(InvalidInput, match="windows of 3 steps of 1 s, as were fitted; got 2"):
        check_schema(two, three, what="test windows")


def test_arrays_without_entities_are_known_again_and_not_mistaken_for_others():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 30, 3, 1)), np.arange(30) % 2
    first, again, other = (windows_from_arrays({"a": part}, y) for part in (x[0], x[0].copy(), x[1]))
    assert first.entities == again.entities
    assert not set(first.entities) & set(other.entities)
    assert len(first.entities) == 30
    rows = [windows_from_arrays({"a": part[:, 0]}, y, steps=2) for part in x]
    assert len(rows[0].entities) == 1
    assert rows[0].entities != rows[1].entities


def test_training_keeps_away_as_far_as_the_target_remembers():
    """Labels in runs of ten resemble each other up to nine steps away; a third of the block of 40 is 13."""
    y = np.repeat(np.random.default_rng(0).permutation(40) % 2, 10)
    windows = windows_from_arrays({"a": np.zeros((400, 1))}, y, steps=2)
    held_out = (windows.last >= 100) & (windows.last < 140)
    gap = target_memory(windows, longest=13)
    assert 5 <= gap <= 13
    away = windows.last[purged(windows, held_out)]
    # the first held-out window begins at step 99, one that ends g + 1 steps before shares nothing and is far enough
    assert away[away < 100].max() == 98 - gap
    assert away[away > 100].min() == 139 + gap + 2
    white = windows_from_arrays(
        {"a": np.zeros((400, 1))}, np.random.default_rng(1).integers(0, 2, 400), steps=2
    )
    assert target_memory(white, longest=13) == 0


def test_windows_can_be_had_without_some_modalities():
    x = {name: np.full((6, 1), k) for k, name in enumerate("abc")}
    windows = windows_from_arrays(x, [0, 1] * 3, steps=2)
    part = windows.without("b")
    assert part.modalities == tuple(part.steps.channels) == ("a", "c")
    assert part.steps.observed.shape == (6, 2)
    assert part.steps.values["c"] is windows.steps.values["c"]
    assert part.y.tolist() == windows.y.tolist()
    with pytest.raises(InvalidInput, match=r"must leave at least one modality; \['a', 'b', 'c'\] are all"):
        windows.without("abc")
