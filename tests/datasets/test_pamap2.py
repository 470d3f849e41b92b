"""PAMAP2 in its official form: 54 columns, NaN, transient periods, lost rows; and what is said of damaged files."""

import numpy as np
import pytest

import interplay as ip
from interplay.datasets import check_dataset
from interplay.datasets.pamap2 import ACTIVITIES, Pamap2, Pamap2Sensors
from interplay.errors import DamagedFile, InvalidInput

PROTOCOL = "PAMAP2_Dataset/Protocol"


def official(activity, seed=0, start_s=8.38):
    """Rows as in a file: 100 Hz, heart rate in each eleventh row, all else numbered by row and column."""
    n = len(activity)
    table = np.random.default_rng(seed).normal(size=(n, 54)).round(4)
    table[:, 0] = np.round(start_s + np.arange(n) / 100, 2)
    table[:, 1] = activity
    table[:, 2] = np.where(np.arange(n) % 11 == 0, 100 + np.arange(n) // 11, np.nan)
    return table


def lines(table):
    """One line a row: whole numbers without a point, NaN by name, blanks between."""
    return [" ".join("NaN" if np.isnan(v) else f"{v:.10g}" for v in row) for row in table]


def write(root, subject, table, folder=PROTOCOL):
    path = root / folder / f"subject{subject}.dat"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines(table)) + "\n")
    return path


def day(*parts):
    """Activity ids for stretches of (id, seconds)."""
    return np.concatenate([np.full(int(100 * seconds), code) for code, seconds in parts])


@pytest.mark.parametrize("dataset", [Pamap2(), Pamap2Sensors()])
def test_the_contract(tmp_path, dataset):
    for subject in (101, 104, 109):
        write(tmp_path, subject, official(day((0, 1), (1, 8), (0, 1), (24, 8)), seed=subject))
    check_dataset(dataset, tmp_path)


def test_columns_come_from_their_published_places(tmp_path):
    table = official(day((4, 1)))
    table[:, 3:] = np.arange(3, 54) + np.arange(100)[:, None] / 100
    write(tmp_path, 101, table)
    (recording,) = Pamap2().recordings(tmp_path)
    # counted from 1: hand 4-20, chest 21-37, ankle 38-54; in each temperature, acc 16 g x3, acc 6 g x3, gyro x3,
    # magnetometer x3, orientation x4. The table holds the column counted from 0, and the row in the fraction.
    for name, first in (("hand", 4), ("chest", 21), ("ankle", 38)):
        stream = recording.streams[name]
        columns = [first + k - 1 for k in (1, 2, 3, 7, 8, 9, 10, 11, 12)]
        # float32 keeps 7 digits
        np.testing.assert_allclose(stream.values[25], np.array(columns) + 0.25, rtol=1e-6)
        assert stream.units == ("m/s2",) * 3 + ("rad/s",) * 3 + ("uT",) * 3
        assert stream.rate_hz == 100.0
    (recording,) = Pamap2Sensors().recordings(tmp_path)
    assert len(recording.streams) == 13
    assert recording.streams["ankle_temp"].values[0, 0] == 37
    np.testing.assert_array_equal(recording.streams["chest_gyro"].values[0], [27, 28, 29])
    assert recording.classes[recording.target.values[0]] == "walking"


def test_heart_rate_is_events_where_it_was_observed(tmp_path):
    write(tmp_path, 101, official(day((4, 1))))
    (recording,) = Pamap2().recordings(tmp_path)
    stream = recording.streams["heart_rate"]
    # rows 0, 11, ..., 99: the clock starts with the first row
    np.testing.assert_allclose(stream.times_s, np.arange(10) * 0.11)
    np.testing.assert_array_equal(stream.values[:, 0], np.arange(100, 110))
    windows = ip.make_windows(recording, step_s=0.25, steps=4)
    # the last value at or before 0.25, 0.5, 0.75, 1.0 s is that of 0.22, 0.44, 0.66, 0.99 s
    np.testing.assert_array_equal(windows.batch(np.array([0])).x["heart_rate"].ravel(), [102, 104, 106, 109])


def test_transient_periods_and_missing_rows_are_gaps_that_no_window_crosses(tmp_path):
    table = official(day((0, 1), (1, 4), (0, 0.5), (1, 4), (2, 4)))
    # rows 1000 to 1099 are not in the file: seconds 10 to 11, in the middle of sitting
    write(tmp_path, 101, np.delete(table, np.arange(1000, 1100), axis=0))
    (recording,) = Pamap2().recordings(tmp_path)
    np.testing.assert_allclose(recording.gaps_s, [(0, 1), (5, 5.5), (10, 11)])
    assert len(recording.streams["hand"].values) == 1350
    assert np.isnan(recording.streams["hand"].values[1000:1100]).all()
    np.testing.assert_allclose(recording.streams["hand"].values[1100:, 0], table[1100:, 4], rtol=1e-6)
    windows = ip.make_windows(recording, step_s=0.5, steps=4, fill="mark")
    end = windows.steps.time_s[windows.last]
    # a window covers the two seconds before its end: each stretch without a gap gives those that fit
    expected = np.r_[np.arange(3, 5.1, 0.5), np.arange(7.5, 10.1, 0.5), np.arange(13, 13.6, 0.5)]
    np.testing.assert_allclose(end, expected)
    assert windows.classes[windows.y[0]] == "lying"
    assert windows.batch(np.arange(len(windows))).observed[:, :3].all()


def test_lost_samples_stay_lost(tmp_path):
    table = official(day((3, 3)))
    table[120:130, 3:20] = np.nan
    write(tmp_path, 101, table)
    (recording,) = Pamap2().recordings(tmp_path)
    assert np.isnan(recording.streams["hand"].values[120:130]).all()
    assert not np.isnan(recording.streams["chest"].values).any()
    windows = ip.make_windows(recording, step_s=0.5, steps=6, fill="mark")
    observed = windows.batch(np.array([0])).observed[0]
    # rows 120-129 fall into the third half second
    np.testing.assert_array_equal(observed[0], [True, True, False, True, True, True])
    assert observed[1:3].all()
    held = ip.make_windows(recording, step_s=0.5, steps=6, fill="hold").batch(np.array([0])).x["hand"]
    # what stands for them is the sample before, not one after
    np.testing.assert_array_equal(held[0, 2, 20:30], np.repeat(held[0, 2, 19:20], 10, axis=0))


def test_the_folder_may_be_any_of_those_of_the_archive(tmp_path):
    write(tmp_path, 105, official(day((4, 1))))
    write(tmp_path, 105, official(day((10, 1))), folder="PAMAP2_Dataset/Optional")
    for folder in (".", "PAMAP2_Dataset", PROTOCOL):
        (recording,) = ip.load_dataset("pamap2", tmp_path / folder)
        assert recording.entity == "subject105"
        assert recording.classes == tuple(ACTIVITIES.values())


def test_optional_activities_are_unlabelled_and_unknown_ones_refused(tmp_path):
    write(tmp_path, 101, official(day((10, 1), (4, 1))))
    (recording,) = Pamap2().recordings(tmp_path)
    np.testing.assert_array_equal(recording.target.values, [-1, 3])
    assert recording.gaps_s == ()
    write(tmp_path, 101, official(day((8, 1))))
    with pytest.raises(
        DamagedFile, match=r"activities of .*subject101\.dat must be one of 0, 1, .*; got 8\."
    ):
        list(Pamap2().recordings(tmp_path))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda rows: [row.rsplit(" ", 1)[0] for row in rows], "row 1 has 53"),
        (lambda rows: [*rows[:40], rows[40] + " 1", *rows[41:]], "row 41 has 55"),
        (lambda rows: [*rows[:-1], rows[-1][: len(rows[-1]) // 2]], "row 100 has "),
        (lambda rows: [*rows[:7], rows[7].replace("NaN", "n/a"), *rows[8:]], "row 8 holds 'n/a'"),
        (lambda rows: [row.replace(" ", ",") for row in rows], "row 1 has 1"),
        (lambda rows: [], "it has 0 rows"),
    ],
)
def test_damaged_tables_are_told_with_file_and_row(tmp_path, change, sentence):
    path = write(tmp_path, 103, official(day((4, 1))))
    path.write_text("\n".join(change(lines(official(day((4, 1)))))))
    with pytest.raises(DamagedFile) as caught:
        list(Pamap2().recordings(tmp_path))
    assert f"{path} must hold rows of 54 numbers or NaN, separated by blanks; {sentence}" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("row", "time_s", "sentence"),
    [
        (5, 8.42, "row 6 has 8.42 s after 8.42 s"),
        (99, 9e6, "its 100 rows span"),
        (3, np.nan, "row 4 has none"),
    ],
)
def test_damaged_times_are_told(tmp_path, row, time_s, sentence):
    table = official(day((4, 1)))
    table[row, 0] = time_s
    write(tmp_path, 101, table)
    with pytest.raises(DamagedFile, match=sentence):
        list(Pamap2().recordings(tmp_path))


def test_a_folder_without_subjects(tmp_path):
    (tmp_path / PROTOCOL).mkdir(parents=True)
    with pytest.raises(InvalidInput, match=r"must hold PAMAP2_Dataset/Protocol/subject101\.dat"):
        ip.load_dataset("pamap2", tmp_path)


def test_published_splits_are_of_subjects_and_disjoint(tmp_path):
    for subject in range(101, 110):
        write(tmp_path, subject, official(day((1, 1), (4, 1)), seed=subject))
    windows = ip.make_windows(ip.load_dataset("pamap2", tmp_path), step_s=0.5, steps=2)
    splits = Pamap2.card.splits
    assert splits == Pamap2Sensors.card.splits
    assert [len(splits["1-6, 7, 8-9"][part]) for part in ("train", "validation", "test")] == [6, 1, 2]
    assert [len(splits["1-5, 6, 7-8"][part]) for part in ("train", "validation", "test")] == [5, 1, 2]
    for parts in splits.values():
        names = [name for part in parts.values() for name in part]
        assert len(set(names)) == len(names)
        assert set(names) <= set(windows.entities)
        for part in parts.values():
            assert windows.of_entities(part).entities == tuple(part)
