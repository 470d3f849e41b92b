"""The compact MIMIC-IV demo, with the vital signs of its second folder and without, and its hourly grid."""

import shutil

import numpy as np
import pandas as pd
import pytest

import interplay as ip
from interplay.datasets import find_dataset
from interplay.datasets.icu.mimic4_hourly import _low_ahead
from interplay.errors import DataWarning, InvalidInput
from shared_data import shared

HOUR = 3600.0


@pytest.fixture
def alone(tmp_path):
    """The demo without its second folder."""
    folder = tmp_path / "mimic4_demo"
    shutil.copytree(shared("mimic4_demo"), folder)
    return folder


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*measured values are left out")
def test_vital_signs_come_from_the_folder_beside():
    root = shared("mimic4_demo")
    with np.load(shared("mimic4_demo_vitals") / "icu_hourly_full.npz") as grid:
        starts, stays, names = grid["starts"], grid["stay_id"].tolist(), grid["obs_names"].tolist()
        rate, pressure = (grid["obs"][:, names.index(name)] for name in ("hr", "mbp"))
    compared = 0
    for recording in ip.load_dataset("mimic4_length_of_stay", root):
        first = starts[stays.index(int(recording.name))]
        for name, hourly in (("heart_rate", rate), ("mean_pressure", pressure)):
            stream = recording.streams[name]
            hour = np.ceil(stream.times_s / HOUR).astype(int) - 1
            for h in np.unique(hour[(hour >= 0) & (hour < 40)]):
                theirs = hourly[first + h]
                if np.isfinite(theirs):
                    ours = stream.values[hour == h, 0]
                    # the grid holds means of the hour since admission, rounded otherwise at its edges
                    assert ours.min() - 15 <= theirs <= ours.max() + 15
                    compared += 1
    assert compared > 3000


@pytest.mark.slow
def test_without_vital_signs_laboratory_values_remain_and_a_warning_says_so(alone):
    with pytest.warns(DataWarning, match=r"no chartevents\.npz, .* vital signs are unknown"):
        without = ip.load_dataset("mimic4_length_of_stay", alone)
    shutil.copy(shared("mimic4_demo_vitals") / "chartevents.npz", alone)
    with pytest.warns(DataWarning, match="measured values are left out"):
        within = ip.load_dataset("mimic4_length_of_stay", alone)
    assert [r.name for r in without] == [r.name for r in within]
    assert sum(len(r.streams["heart_rate"].values) for r in without) == 0
    assert sum(len(r.streams["heart_rate"].values) for r in within) > 3000
    for one, other in zip(without, within, strict=True):
        np.testing.assert_array_equal(one.streams["lactate"].values, other.streams["lactate"].values)


@pytest.mark.filterwarnings("ignore:.*measured values are left out")
def test_stays_and_deaths_are_those_of_the_tables():
    root = shared("mimic4_demo")
    recordings = ip.load_dataset("mimic4_demo", root)
    stays = pd.read_csv(root / "icustays.csv.gz").merge(pd.read_csv(root / "admissions.csv.gz"), on="hadm_id")
    lasts = pd.to_datetime(stays["outtime"]) - pd.to_datetime(stays["intime"])
    long = stays[lasts >= pd.Timedelta(days=2)]
    assert {r.name for r in recordings} == set(map(str, long["stay_id"]))
    assert sum(int(r.target.values[0]) for r in recordings) == long["hospital_expire_flag"].sum() == 12


@pytest.mark.filterwarnings("ignore:.*measured values are left out")
@pytest.mark.parametrize("what", ["glucose", "potassium"])
def test_changes_are_between_values_within_the_stay(what):
    recordings = ip.load_dataset(f"mimic4_demo_{what}", shared("mimic4_demo"))
    for recording in recordings:
        values = recording.streams[what].values[:, 0]
        # who has a value that falls or rises has two that differ
        assert len(np.unique(values)) > 1 or set(recording.target.values) == {1} or len(values) == 1
        assert recording.target.stop_s[-1] <= recording.span_s[1]
    labels = np.concatenate([r.target.values for r in recordings])
    assert np.bincount(labels).min() > 1000


def test_low_pressure_is_of_the_hours_after_each_hour():
    nan = np.nan
    target = _low_ahead(np.array([50, 80, 80, 80, 60, nan, nan, 80, 80, 80, 80, 80.0]))
    hours = (target.stop_s / HOUR).astype(int).tolist()
    # at the end of hour 1 to 4 the low fifth hour is ahead; then three of four must be known
    assert dict(zip(hours, target.values.tolist(), strict=True)) == {
        1: 1,
        2: 1,
        3: 1,
        4: 1,
        6: 0,
        7: 0,
        8: 0,
        9: 0,
    }


def test_the_hourly_grid_never_shows_what_comes_later():
    recordings = ip.load_dataset("mimic4_demo_vitals", shared("mimic4_demo_vitals"))
    card = find_dataset("mimic4_demo_vitals").card
    windows = ip.make_windows(recordings[:30], **card.window_options)
    recording = max(recordings, key=lambda r: len(r.target.values))
    pressure = recording.streams["pressure"].values[:, 2]
    for label, stop in zip(recording.target.values, recording.target.stop_s, strict=True):
        k = round(stop / HOUR)
        assert label == np.any(pressure[k : k + 4] < 65)
    assert windows.modalities == tuple(card.modalities)
    assert len(windows) > 300


def test_a_folder_without_the_grid_is_told(tmp_path):
    with pytest.raises(InvalidInput, match=r"icu_hourly_full\.npz must lie in"):
        ip.load_dataset("mimic4_demo_vitals", tmp_path)
