"""Windows around events: by hand, against loops, and without a look ahead."""

from dataclasses import replace

import numpy as np
import pytest

import interplay as ip
from interplay.data import TargetBins
from interplay.data.around import Span, last_known
from interplay.errors import InvalidInput

NAN = np.nan


def steps_of(level, dose, *, entity=None, labels=None, segment=None) -> ip.data.Steps:
    """Steps of 1 s with a drug, a level that is asked for, and a mood that is 100 + the row."""
    n = len(level)
    level, dose, mood = (
        np.asarray(x, dtype=np.float32)[:, None, None] for x in (level, dose, 100 + np.arange(n))
    )
    values = {"level": level, "drug": dose, "mood": mood}
    segment = np.zeros(n, dtype=int) if segment is None else np.asarray(segment)
    return ip.data.Steps(
        values=values,
        observed=np.stack([~np.isnan(x[:, 0, 0]) for x in values.values()], axis=1),
        target=np.full(n, -1) if labels is None else np.asarray(labels),
        segment=segment,
        entity=segment if entity is None else np.asarray(entity),
        time_s=np.arange(1.0, n + 1),
        entities=("ann", "bob", "eve"),
        classes=("calm", "ill"),
        channels=dict.fromkeys(values, ("0",)),
        step_s=1.0,
    )


def around(steps, **options):
    events = ip.Events.where(steps, "drug", above=0, quiet_s=0)
    options = {"bins_s": [0, 1, 3], "target": "level", "controls": 0} | options
    return ip.windows_around(steps, events, **options)


def test_changes_since_the_event_are_means_over_bins():
    #                  event          event
    steps = steps_of([5.0, 6, 8, NAN, 2, 3, 9, 1], [1, 0, 0, 0, 1, 0, 0, 0])
    first, second = around(steps).bins
    assert first.y.tolist() == [1.0, 1.0]  # 6 - 5 and 3 - 2
    assert second.y.tolist() == [3.0, 3.0]  # 8 - 5, as the step after is unknown; (9 + 1) / 2 - 2
    assert around(steps, change=False).bins[1].y.tolist() == [8.0, 5.0]
    np.testing.assert_allclose(around(steps).means()["event"], [1.0, 3.0])
    assert np.isnan(around(steps).means()["control"]).all()


def test_sources_are_what_was_last_known_at_the_event():
    steps = steps_of([5.0, 6, NAN, 9, 9], [0, 0, 1, 0, 0])
    mood = np.where(np.arange(5) == 2, NAN, steps.values["mood"].ravel())[:, None, None]
    observed = steps.observed & np.array([True, True, True])
    observed[2, 2] = False
    steps = replace(steps, values=steps.values | {"mood": mood}, observed=observed)
    with pytest.raises(InvalidInput, match="at least one event"):
        around(steps)
    windows = around(steps, before_s=1.0).bins[0]
    assert windows.modalities == ("level", "mood")
    assert windows.y.tolist() == [3.0]
    assert windows.batch(np.array([0])).x["mood"].ravel().tolist() == [101.0]


def test_spans_and_what_was_last_known_are_those_of_loops():
    rng = np.random.default_rng(0)
    n, segment = 60, np.repeat([0, 1, 2], [25, 5, 30])
    level = np.where(rng.random(n) < 0.4, NAN, rng.normal(size=n))
    labels = np.where(rng.random(n) < 0.5, -1, rng.integers(0, 2, n))
    steps, row = steps_of(level, np.zeros(n), segment=segment), np.arange(n)
    known = ~np.isnan(level)
    for first, last in ((0, 1), (0, 4), (2, 3), (5, 9)):
        span = Span.after(steps, row, first, last)
        inside = [
            [k for k in range(r + first + 1, r + last + 1) if k < n and segment[k] == segment[r]] for r in row
        ]
        means = [np.mean([level[k] for k in ks if known[k]] or [NAN]) for ks in inside]
        np.testing.assert_allclose(span.means(level, known), means, rtol=1e-12)
        lasts = [([-1] + [labels[k] for k in ks if labels[k] >= 0])[-1] for ks in inside]
        assert span.last(labels).tolist() == lasts
    for back in (0, 2, 50):
        past = [
            [k for k in range(max(r - back, 0), r + 1) if segment[k] == segment[r] and known[k]] for r in row
        ]
        assert last_known(steps, known, row, back).tolist() == [([-1, *ks])[-1] for ks in past]


def test_nothing_after_the_event_reaches_a_source():
    rng = np.random.default_rng(1)
    level, dose = rng.normal(size=200), (rng.random(200) < 0.1).astype(float)
    dose[:5] = dose[-5:] = 0
    before = around(steps_of(level, dose), controls=1, away_s=2.0)
    later = steps_of(level, dose)
    moments = np.flatnonzero(np.isin(later.time_s, before.bins[0].steps.time_s))
    hidden = ~np.isin(np.arange(200), moments)
    changed = {
        name: np.where(hidden[:, None, None] & (name != "drug"), 1e6, x) for name, x in later.values.items()
    }
    after = around(replace(later, values=changed), controls=1, away_s=2.0)
    for one, other in zip(before.bins, after.bins, strict=True):
        which = np.arange(len(one))
        for name in one.modalities:
            np.testing.assert_array_equal(one.batch(which).x[name], other.batch(which).x[name])
        assert not np.allclose(one.y, other.y)


def test_what_is_taken_within_the_bin_is_a_mean_over_it():
    steps = steps_of([5.0, 6, 8, 9], [1, 0, 0, 0])
    windows = around(steps, within=["mood"]).bins[1]
    # mood is 100 at the event and 102 and 103 in the bin
    assert windows.batch(np.array([0])).x["mood"].ravel().tolist() == [2.5]
    windows = around(steps, within=["mood"], change=False).bins[1]
    assert windows.batch(np.array([0])).x["mood"].ravel().tolist() == [102.5]


def test_a_label_is_the_last_of_the_bin():
    steps = steps_of(np.zeros(6), [1, 0, 1, 0, 0, 0], labels=[0, 1, 0, 0, 1, -1])
    windows = around(steps, target=None)
    assert windows.bins[0].y.tolist() == [1, 0]
    assert windows.bins[1].y.tolist() == [0, 1]
    assert windows.bins[0].classes == ("calm", "ill")
    assert [len(w.steps) for w in windows.bins] == [2, 2]
    # whose label nobody knows in any bin is no moment
    steps = steps_of(np.zeros(6), [1, 0, 1, 0, 0, 0], labels=[0, 1, 0, -1, -1, -1])
    assert around(steps, target=None, bins_s=[0, 1, 2]).bins[0].steps.time_s.tolist() == [1.0]
    with pytest.raises(InvalidInput, match="means must be of a number"):
        windows.means()


def test_a_moment_has_a_window_only_where_its_target_is_known():
    steps = steps_of([1.0, 2, NAN, NAN, 1, NAN, 3, NAN], [1, 0, 0, 0, 1, 0, 0, 0])
    first, second = around(steps).bins
    assert first.last.tolist() == [0]
    assert second.last.tolist() == [1]
    assert second.steps.time_s.tolist() == [1.0, 5.0]


def crowd() -> ip.data.Steps:
    """Ann has 2 events and much time, bob 3 events and time for one control, eve no time without an event."""
    dose = np.zeros((3, 40))
    dose[0, [5, 20]] = 1
    dose[1, [4, 12, 20, 28]] = 1
    dose[2, ::3] = 1
    segment = np.repeat([0, 1, 2], 40)
    return steps_of(np.arange(120.0), dose.ravel(), segment=segment)


def test_controls_are_of_the_same_entities_as_many_as_events_and_away_from_them():
    windows = around(crowd(), controls=1, away_s=7.0)
    assert windows.modalities == ("drug", "level", "mood")
    assert windows.entities == ("ann", "bob")
    table = windows.bins[0].steps
    assert table.channels == {"drug": ("happened",), "level": ("0",), "mood": ("0",)}
    indicator = table.values["drug"].ravel()
    np.testing.assert_array_equal(indicator, windows.is_event)
    for entity in (0, 1):
        assert indicator[table.entity == entity].mean() == 0.5
    assert (table.entity == 0).sum() == 4
    happened = np.flatnonzero(crowd().values["drug"].ravel())
    # time_s is one more than the row
    control = table.time_s[indicator == 0] - 1
    same = (control[:, None] // 40) == (happened // 40)
    assert np.abs(control[:, None] - happened)[same].min() > 7
    assert np.isin(table.time_s[indicator == 1] - 1, happened).all()


def test_more_controls_to_each_event_and_other_draws():
    two = around(crowd(), controls=2, away_s=3.0)
    assert np.bincount(two.is_event).tolist() == [2 * two.is_event.sum(), two.is_event.sum()]
    times = [around(crowd(), controls=1, away_s=3.0, seed=seed).bins[0].steps.time_s for seed in (0, 0, 1)]
    np.testing.assert_array_equal(times[0], times[1])
    assert not np.array_equal(times[0], times[2])


def test_of_training_windows_only_their_entities_are_cut():
    recordings = [
        ip.Recording(
            entity=name,
            streams={"drug": ip.Stream(values=np.eye(30)[[3]].T, rate_hz=1.0)},
            target=ip.label_intervals(np.arange(30.0), np.arange(30.0), np.arange(1.0, 31.0)),
            classes=(),
        )
        for name in "abc"
    ]
    windows = ip.make_windows(recordings, step_s=1.0, steps=1).of_entities(["b", "c"])
    events = ip.Events.where(windows, "drug", above=0)
    assert ip.windows_around(windows, events, bins_s=[0, 2]).entities == ("b", "c")


def test_numbers_become_classes_by_the_same_edges_in_every_bin():
    windows = around(steps_of([5.0, 6, 8, 9, 2, 1, 1, 1], [1, 0, 0, 0, 1, 0, 0, 0]))
    cut = windows.cut(TargetBins(edges=np.array([0.0])))
    assert [w.y.tolist() for w in cut.bins] == [[1, 0], [1, 0]]
    assert cut.bins[0].classes == ("below 0", "from 0")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"bins_s": [0]}, "bins_s must be increasing"),
        ({"bins_s": [0, 1.5]}, "multiples of step_s"),
        ({"within": ["level"]}, "the target 'level' must not be a source in its own bin"),
        ({"sources": ["mood"], "within": ["mood"]}, r"\['mood'\] are named for both"),
        ({"sources": ["x"]}, "a source must be one of"),
        ({"sources": ["drug"], "controls": 1}, "events must have a name of their own"),
        ({"sources": []}, "there must be a source"),
        ({"controls": -1}, "controls must be a whole number"),
        ({"controls": 1, "away_s": 9.0}, "as a control; none has"),
    ],
)
def test_what_cannot_be_cut_is_told(options, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        around(steps_of([1.0, 2, 3, 4, 5, 6], [1, 0, 0, 0, 0, 0]), **options)


def test_events_of_other_steps_are_refused():
    steps = steps_of([1.0, 2, 3], [1, 0, 0])
    events = ip.Events.where(replace(steps), "drug", above=0)
    with pytest.raises(InvalidInput, match="events must be of the steps that are passed here"):
        ip.windows_around(steps, events, bins_s=[0, 1], target="level")
