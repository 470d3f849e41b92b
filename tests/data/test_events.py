"""Events on the grid of steps: beyond a threshold, of a label that begins, at given times."""

import numpy as np
import pytest

import interplay as ip
from interplay.errors import InvalidInput


def recording(dose, *, entity="a", name="", labels=None, start_s=0.0) -> ip.Recording:
    dose = np.asarray(dose, dtype=float)
    values = np.stack([dose, np.arange(len(dose)) + 0.5], axis=1)
    edges = start_s + 10.0 * np.arange(len(dose))
    labels = np.zeros(len(dose), dtype=int) if labels is None else np.asarray(labels)
    return ip.Recording(
        entity=entity,
        name=name,
        streams={
            "drug": ip.Stream(values=values, rate_hz=0.1, start_s=start_s, channels=("dose", "clock")),
            "heart": ip.Stream(values=values[:, 1:], rate_hz=0.1, start_s=start_s),
        },
        target=ip.label_intervals(labels, edges, edges + 10.0),
        classes=("rest", "task"),
    )


DOSES = [0, 3, 3, 0, 0, 1, np.nan, 2, 0, 4]


@pytest.fixture
def steps():
    return ip.make_steps([recording(DOSES)], step_s=10.0, fill="mark")


def where(steps, **options):
    return ip.Events.where(steps, "drug", channel="dose", above=0, **options).row.tolist()


def test_stretches_count_once_where_they_begin_or_step_by_step(steps):
    assert where(steps) == [1, 5, 7, 9]
    assert where(steps, quiet_s=0) == [1, 2, 5, 7, 9]
    # 20 s before step 7 is step 5, before step 9 step 7; 30 s before step 5 is step 2
    assert where(steps, quiet_s=20.0) == [1, 5]
    assert where(steps, quiet_s=30.0) == [1]


def test_below_a_threshold_and_by_name(steps):
    events = ip.Events.where(steps, "drug", channel="dose", below=1, name="pause")
    assert events.row.tolist() == [0, 3, 8]
    assert (events.name, events.stream, len(events)) == ("pause", "drug", 3)


def test_a_new_recording_begins_a_new_stretch():
    steps = ip.make_steps([recording([0, 1], name="1"), recording([1, 0], name="2")], step_s=10.0)
    assert where(steps) == [1, 2]


def test_a_label_begins_where_another_was_before():
    labels = [1, 1, 0, 1, -1, 1, 0, 1]
    steps = ip.make_steps([recording(np.zeros(8), labels=labels)], step_s=10.0)
    assert ip.Events.of_label(steps, "task").row.tolist() == [3, 7]
    with pytest.raises(InvalidInput, match=r"one of the classes \['rest', 'task'\]; got 'sleep'"):
        ip.Events.of_label(steps, "sleep")


def test_given_times_fall_into_the_step_that_contains_them():
    steps = ip.make_steps(
        [recording(np.zeros(4)), recording(np.zeros(4), entity="b", start_s=100.0)], step_s=10.0
    )
    # steps are (start, end]: 20 s ends the second; 5 and 999 s lie outside the recording of b
    events = ip.Events.at(steps, {"a": [20.0, 20.1], "b": [5.0, 101.0, 999.0]}, name="alarm")
    assert events.row.tolist() == [1, 2, 4]
    with pytest.raises(InvalidInput, match=r"\['c'\] are none of 2"):
        ip.Events.at(steps, {"c": [1.0]})


def test_times_of_overlapping_recordings_are_refused():
    steps = ip.make_steps([recording(np.zeros(4), name="1"), recording(np.zeros(4), name="2")], step_s=10.0)
    with pytest.raises(InvalidInput, match="its recordings overlap in time"):
        ip.Events.at(steps, {"a": [20.0]})


def test_of_windows_only_their_entities_are_looked_at():
    both = [recording(DOSES), recording(DOSES, entity="b")]
    windows = ip.make_windows(both, step_s=10.0, steps=1, fill="mark")
    events = ip.Events.where(windows.of_entities(["b"]), "drug", channel="dose", above=0)
    assert events.row.tolist() == [11, 15, 17, 19]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"channel": "dose"}, "one of above and below must be given"),
        ({"channel": "dose", "above": 0, "below": 1}, "one of above and below must be given"),
        ({"above": 0}, r"channel must be given, one of \['dose', 'clock'\]"),
        ({"channel": "x", "above": 0}, "channel of 'drug' must be one of"),
        ({"channel": "dose", "above": 99}, "there must be at least one event of 'drug'"),
    ],
)
def test_what_is_no_event_is_told(steps, options, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        ip.Events.where(steps, "drug", **options)
