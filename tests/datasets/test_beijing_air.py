"""Beijing air: fine dust six hours later, no hour and no station on both sides, and the official tables."""

import numpy as np
import pandas as pd
import pytest

import interplay as ip
from interplay.datasets import find_dataset
from interplay.datasets.beijing_air import AHEAD, HELD_OUT, BeijingAirClasses
from interplay.errors import DamagedFile, InvalidInput
from shared_data import shared

HEAD = "No,year,month,day,hour,PM2.5,PM10,SO2,NO2,CO,O3,TEMP,PRES,DEWP,RAIN,wd,WSPM,station"


def write_official(root, stations=("Dongsi", "Tiantan"), hours=1500, leave_out=None):
    """Hours from 2015-12-01 on; PM2.5 is the number of the hour, one in seven is missing."""
    folder = root / "PRSA_Data_20130301-20170228"
    folder.mkdir(exist_ok=True)
    when = pd.date_range("2015-12-01", periods=hours, freq="h")
    for station in stations:
        rows = [
            f"{k + 1},{t.year},{t.month},{t.day},{t.hour},{'NA' if k % 7 == 3 else k},90,4,7,300,77,-0.7,1023,-18.8,0,"
            f"{'NA' if k == 5 else 'NW' if k % 2 else 'E'},4.4,{station}"
            for k, t in enumerate(when)
            if k != leave_out
        ]
        path = folder / f"PRSA_Data_{station}_20130301-20170228.csv"
        path.write_text("\n".join([HEAD, *rows]) + "\n")


# made-up dust rises evenly, and alike at both stations
@pytest.mark.filterwarnings("ignore::interplay.errors.DataWarning")
def test_the_label_is_of_six_hours_later_and_never_of_the_next_month(tmp_path):
    write_official(tmp_path)
    for recording in ip.load_dataset("beijing_air", tmp_path):
        now, later = recording.streams["particles"].values[:, 0], recording.target
        np.testing.assert_array_equal(later.values, now[AHEAD:])
        # known at the end of hour k, and of hour k + 6
        np.testing.assert_array_equal(later.stop_s / 3600, np.arange(1, len(now) - AHEAD + 1))
    windows = ip.make_windows(ip.load_dataset("beijing_air", tmp_path), step_s=3600, steps=24, fill="mark")
    batch = windows.batch(np.arange(len(windows)))
    newest = batch.x["particles"][:, -1, 0, 0]
    seen = batch.observed[:, 0, -1]
    np.testing.assert_array_equal(batch.y[seen] - newest[seen], AHEAD)


def test_other_hours_ahead(tmp_path):
    write_official(tmp_path)
    dataset = BeijingAirClasses(hours_ahead=24)
    assert dataset.card.title.endswith("how clean the air is in 24 hours")
    assert find_dataset("beijing_air").card.target.startswith("pm25 in 6 hours, ug/m3")
    for recording in dataset.recordings(tmp_path):
        later = recording.streams["particles"].values[24:, 0]
        expected = np.where(np.isnan(later), -1, np.digitize(later, (35.0, 75.0), right=True))
        np.testing.assert_array_equal(recording.target.values, expected)
    for hours in (0, 1.5, 1000):
        with pytest.raises(InvalidInput, match="hours_ahead must be a whole number from 1 to 72"):
            BeijingAirClasses(hours)


def test_official_tables(tmp_path):
    write_official(tmp_path)
    recordings = ip.load_dataset("beijing_air", tmp_path)
    # 1,500 hours from December on: two whole months and 12 hours
    assert [r.name for r in recordings] == [
        f"{station}, {month}"
        for station in ("Dongsi", "Tiantan")
        for month in ("2015-12", "2016-01", "2016-02")
    ]
    assert [r.entity for r in recordings][::3] == ["2015-12, 8 stations", "2015-12, 4 stations"]
    first = recordings[0].streams
    assert np.isnan(first["particles"].values[3, 0])
    # air from the east, and from the north-west; at hour 5 nobody wrote where from
    np.testing.assert_allclose(first["wind"].values[0], [4.4, 0], atol=1e-5)
    np.testing.assert_allclose(first["wind"].values[1], [-4.4 / 2**0.5, 4.4 / 2**0.5], atol=1e-5)
    assert np.isnan(first["wind"].values[5]).all()
    classes = ip.load_dataset("beijing_air_classes", tmp_path)[0]
    assert classes.target.values[[0, 29, 30, 69, 70]].tolist() == [0, 0, 1, 1, 2]
    assert classes.target.values[3 + 7 - AHEAD] == -1


@pytest.mark.slow
def test_no_hour_and_no_station_is_on_both_sides_and_the_test_comes_later():
    dataset = find_dataset("beijing_air")
    recordings = ip.load_dataset("beijing_air", shared("beijing_air"))
    station, month = ({r.entity: set() for r in recordings} for _ in range(2))
    for r in recordings:
        name, when = r.name.split(", ")
        station[r.entity].add(name)
        month[r.entity].add(when)
    for name, parts in dataset.card.splits.items():
        train, test = (list(parts[part]) for part in ("train", "test"))
        assert set(train) | set(test) <= set(station)
        assert max(m for e in train for m in month[e]) < min(m for e in test for m in month[e])
        if name == "time_and_station":
            assert {s for e in test for s in station[e]} == set(HELD_OUT)
            assert not {s for e in train for s in station[e]} & set(HELD_OUT)
    # whatever is drawn, an hour of one station is never beside the same hour of another on the other side of the group
    assert all(len(months) == 1 for months in month.values())
    windows = ip.make_windows(recordings, **dataset.card.window_options)
    # in each quarter of the day
    hour = (windows.steps.time_s[windows.last] / 3600) % 24
    assert (np.bincount((hour // 6).astype(int), minlength=4) > 0.1 * len(hour)).all()


def test_values_are_those_of_the_readme():
    recordings = ip.load_dataset("beijing_air", shared("beijing_air"))
    own = [r for r in recordings if r.name.startswith("Aotizhongxin")]
    missing = {
        name: np.isnan(np.concatenate([r.streams[stream].values[:, k] for r in own])).sum()
        for name, stream, k in (("pm25", "particles", 0), ("no2", "gases", 1), ("o3", "gases", 3))
    }
    assert missing == {"pm25": 925, "no2": 1023, "o3": 1719}


def test_what_is_not_as_described_is_told(tmp_path):
    with pytest.raises(InvalidInput, match=r"must hold beijing_air\.npz, or the twelve official files"):
        ip.load_dataset("beijing_air", tmp_path)
    write_official(tmp_path, leave_out=40)
    with pytest.raises(DamagedFile, match="must have a row for every hour"):
        ip.load_dataset("beijing_air", tmp_path)
