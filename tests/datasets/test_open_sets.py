"""Rooms, exercises and intensive-care stays: counts as published, and official files as described."""

import gzip

import numpy as np
import pytest

import interplay as ip
from interplay.datasets.physionet2012 import VARIABLES
from interplay.errors import DamagedFile, InvalidInput
from shared_data import shared

OFFICIAL_STAY = """Time,Parameter,Value
00:00,RecordID,132539
00:00,Age,54
00:00,Gender,0
00:00,Height,-1
00:00,ICUType,4
00:00,Weight,-1
00:07,GCS,15
00:07,HR,73
00:37,HR,77
47:37,HR,86
"""
OFFICIAL_OUTCOMES = """RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death
132539,6,1,5,-1,0
132540,16,8,8,-1,1
"""
ROOM_HEAD = (
    "Date,Time,S1_Temp,S2_Temp,S3_Temp,S4_Temp,S1_Light,S2_Light,S3_Light,S4_Light,S1_Sound,S2_Sound,S3_Sound,"
    "S4_Sound,S5_CO2,S5_CO2_Slope,S6_PIR,S7_PIR,Room_Occupancy_Count"
)


def test_rooms_hold_as_many_people_as_published():
    recordings = ip.load_dataset("room_occupancy", shared("room_occupancy"))
    count = np.concatenate([r.target.values for r in recordings])
    # the README of the data: 8,228 rows of nobody, then 459, 748 and 694
    assert np.bincount(count).tolist() == [8228, 459, 748, 694]
    assert len({r.entity for r in recordings}) == len(recordings) == 7
    windows = ip.make_windows(recordings, step_s=60.0, steps=10)
    assert windows.modalities == ("temperature", "light", "sound", "co2", "motion")
    assert len(windows) > 4000


def test_the_official_file_of_rooms_is_read_the_same(tmp_path):
    rows = [
        f"2017/12/22,10:{m:02d}:{s:02d},24.9,24.7,24.5,25.3,121,34,53,40,0.08,0.19,0.06,0.06,{390 + m},0.7,0,1,{m % 2}"
        for m in range(40, 45)
        for s in (11, 41)
    ]
    (tmp_path / "Occupancy_Estimation.csv").write_text("\n".join([ROOM_HEAD, *rows]) + "\n")
    (day,) = ip.load_dataset("room_occupancy", tmp_path)
    assert day.entity == "2017-12-22"
    assert day.streams["co2"].values[:, 0].tolist() == [430, 430, 431, 431, 432, 432, 433, 433, 434, 434]
    assert day.streams["co2"].times_s[0] == 10 * 3600 + 40 * 60 + 11
    assert day.target.values.tolist() == [0, 0, 1, 1, 0, 0, 1, 1, 0, 0]


def test_damaged_rooms_are_told(tmp_path):
    with pytest.raises(InvalidInput, match="must lie in"):
        ip.load_dataset("room_occupancy", tmp_path)
    path = tmp_path / "Occupancy_Estimation.csv"
    path.write_text(ROOM_HEAD.replace(",", ";") + "\n")
    with pytest.raises(DamagedFile, match=r"must have the column 'Date'.*Is it separated by commas"):
        ip.load_dataset("room_occupancy", tmp_path)
    whole = gzip.compress((ROOM_HEAD + "\n" + "2017/12/22,10:40:11" + ",1" * 17 + "\n").encode() * 50)
    path.unlink()
    (tmp_path / "room_occupancy.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DamagedFile, match="cannot be read to its end"):
        ip.load_dataset("room_occupancy", tmp_path)


def test_exercises_are_five_subjects_and_eighty_sessions():
    recordings = ip.load_dataset("pt_exercises", shared("pt_exercises"))
    assert len(recordings) == 80
    assert {r.entity for r in recordings} == {f"s{k}" for k in range(1, 6)}
    assert sum(len(r.streams["unit1_acc"].values) for r in recordings) == 275_603
    # at rest a unit feels gravity
    acc = np.concatenate([r.streams["unit3_acc"].values for r in recordings])
    assert np.median(np.linalg.norm(acc, axis=1)) == pytest.approx(9.8, abs=0.3)
    windows = ip.make_windows(recordings[:4], step_s=0.4, steps=5)
    assert windows.schema.shapes["unit5_mag"] == (10, 3)


@pytest.mark.slow
def test_stays_die_as_often_as_published():
    recordings = ip.load_dataset("physionet2012", shared("physionet2012"))
    died = np.array([r.target.values[0] for r in recordings])
    # 13.86 % of 3,996 and 14.63 % of 4,000
    assert died[:3996].mean() == pytest.approx(0.1386, abs=5e-5)
    assert len(died) == pytest.approx(7996, abs=3)
    few = ip.make_windows(recordings[:50], step_s=4 * 3600.0, steps=12, fill="mark")
    # every stay gives one window, however little was measured in its last hours
    assert len(few) == 50
    assert set(few.modalities) == set(VARIABLES)
    assert few.schema.static[:2] == ("age", "male")


def test_official_texts_of_stays_are_read_the_same(tmp_path):
    (tmp_path / "set-a").mkdir()
    (tmp_path / "set-a" / "132539.txt").write_text(OFFICIAL_STAY)
    (tmp_path / "set-a" / "132540.txt").write_text(
        OFFICIAL_STAY.replace("132539", "132540").replace("54", "76")
    )
    (tmp_path / "Outcomes-a.txt").write_text(OFFICIAL_OUTCOMES)
    first, second = ip.load_dataset("physionet2012", tmp_path)
    assert first.streams["HR"].values[:, 0].tolist() == [73, 77, 86]
    assert first.streams["HR"].times_s.tolist() == [7 * 60, 37 * 60, 47 * 3600 + 37 * 60]
    assert len(first.streams["pH"].values) == len(first.streams["Weight"].values) == 0
    assert first.static["age"] == 54
    assert np.isnan(first.static["height_cm"])
    assert (first.static["icu_type_4"], first.static["icu_type_1"]) == (1.0, 0.0)
    windows = ip.make_windows([first, second], step_s=3600.0, steps=48)
    np.testing.assert_array_equal(windows.y, [0, 1])
    batch = windows.batch(np.array([0]))
    assert batch.x["HR"][0, [0, 47], 0, 0].tolist() == [77, 86]
    assert batch.observed[0, list(VARIABLES).index("HR")].sum() == 2


def test_a_stay_without_an_outcome_is_told(tmp_path):
    (tmp_path / "set-a").mkdir()
    (tmp_path / "set-a" / "99.txt").write_text(OFFICIAL_STAY)
    (tmp_path / "Outcomes-a.txt").write_text(OFFICIAL_OUTCOMES)
    with pytest.raises(DamagedFile, match="it lacks 99"):
        ip.load_dataset("physionet2012", tmp_path)
    with pytest.raises(InvalidInput, match="holds none of them"):
        ip.load_dataset("physionet2012", tmp_path / "set-a")
