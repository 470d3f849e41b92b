"""Stays of the MIMIC-III demo: counts as published, an independent hourly grid, and nothing from the future."""

import gzip
import shutil

import numpy as np
import pandas as pd
import pytest
from icu_files import official, rows_of

import interplay as ip
from interplay.data.targets import labels_on_grid
from interplay.datasets.icu.doses import charted_doses, doses, hourly_amounts, sound_doses
from interplay.datasets.icu.events import measured_stream, sound_events
from interplay.datasets.icu.mimic3_tables import read_mimic3
from interplay.datasets.icu.outcomes import hourly_changes
from interplay.datasets.icu.recording import stay_recording
from interplay.errors import DamagedFile, DataWarning, InvalidInput
from shared_data import shared

HOUR = 3600.0
FILES = (
    "icustays.csv.gz", "admissions.csv.gz", "patients.csv.gz", "d_labitems.csv", "chartevents.npz", "labevents.npz",
    "outputevents.npz", "inputevents_cv.npz", "inputevents_mv.npz",
)  # fmt: skip
pytestmark = pytest.mark.filterwarnings("ignore::interplay.errors.DataWarning")


@pytest.fixture(scope="module")
def tables():
    with pytest.warns(DataWarning):
        return read_mimic3(shared("mimic3_demo"))


def events(rows, concept="glucose"):
    table = pd.DataFrame(rows, columns=["taken_s", "known_s", "value"], dtype=float)
    return table.assign(stay=1, concept=concept)


def one_stay():
    return pd.DataFrame({"intime": [pd.Timestamp("2100-01-01 00:30:00")]}, index=[1])


@pytest.mark.slow
def test_patients_stays_and_deaths_are_as_published(tables):
    assert len(tables.stays) == 136
    assert tables.stays["subject_id"].nunique() == 100
    # the README of the data: 34 % of stays end in hospital death
    assert tables.stays["died"].mean() == pytest.approx(0.34, abs=0.005)
    assert tables.stays["age"].between(15, 91).all()
    official_stays = pd.read_csv(shared("mimic3_demo") / "icustays.csv.gz")
    recordings = ip.load_dataset("mimic3_demo", shared("mimic3_demo"))
    assert len(recordings) == (official_stays["los"] >= 2).sum() == 73
    assert sum(int(r.target.values[0]) for r in recordings) == 27
    assert {r.entity for r in recordings} <= set(map(str, official_stays["subject_id"]))


def test_values_are_those_of_a_grid_that_others_made(tables):
    """Laboratory values, last in the hour, and amounts against icu_hourly.npz, which comes with the data."""
    with np.load(shared("mimic3_demo") / "icu_hourly.npz") as grid:
        grid = {name: grid[name] for name in grid.files}
    seen, same, amounts = 0, 0, {"potassium_chloride": [0.0, 0.0], "insulin": [0.0, 0.0]}
    by_stay = {stay: (events, given) for stay, _, events, given in tables.by_stay()}
    for k, stay in enumerate(grid["icustay_id"]):
        rows, n_hours = slice(*grid["starts"][k : k + 2]), int(np.diff(grid["starts"][k : k + 2])[0])
        events, given = by_stay[stay]
        for name in ("potassium", "sodium", "lactate", "inr"):
            theirs = grid["obs"][rows, list(grid["obs_names"]).index(name)]
            of_name = events[events["concept"] == name].sort_values("taken_s")
            hourly = np.full(n_hours, np.nan)
            hour = (of_name["taken_s"] // HOUR).astype(int)
            hourly[hour[hour < n_hours]] = of_name["value"][hour < n_hours]
            seen += np.isfinite(theirs).sum()
            same += np.isclose(hourly, theirs, atol=1e-3).sum()
        for name, theirs in (("potassium_chloride", "kcl_meq"), ("insulin", "insulin_units")):
            amounts[name][0] += np.nansum(hourly_amounts(given[given["drug"] == name], n_hours))
            amounts[name][1] += grid["inputs"][rows, list(grid["input_names"]).index(theirs)].sum()
    # the few others lie after the end of a stay
    assert same >= seen - 4 > 3000
    assert amounts["potassium_chloride"][0] == pytest.approx(amounts["potassium_chloride"][1], rel=1e-3)
    # the grid takes the rate for the amount of an hour for which an amount of 0 is charted
    assert amounts["insulin"][0] == pytest.approx(amounts["insulin"][1], rel=0.01)


@pytest.mark.slow
def test_labels_are_the_change_to_the_next_value(tables):
    recordings = ip.load_dataset("mimic3_demo_glucose", shared("mimic3_demo"))
    rng = np.random.default_rng(0)
    for recording in [recordings[k] for k in rng.choice(len(recordings), 10, replace=False)]:
        events = tables.measured
        events = events[(events["stay"] == int(recording.name)) & (events["concept"] == "glucose")]
        times, values = events["taken_s"].to_numpy(), events["value"].to_numpy(float)
        for label, at in zip(recording.target.values, recording.target.stop_s, strict=True):
            last = times[times <= at].max()
            following = times[times > at].min()
            assert at - last <= 6 * HOUR
            assert following - at <= 4 * HOUR
            # several values at one time: any of them is the next
            changes = values[times == following][:, None] - values[times == last][None, :]
            kinds = np.select([changes <= -20, changes >= 20], [0, 2], 1)
            assert label in kinds


def test_nothing_after_the_prediction_time_is_read(tables):
    stay, facts, events, given = next(
        item for item in tables.by_stay() if (item[2]["concept"] == "glucose").sum() > 40
    )
    at = 24 * HOUR
    names = ("glucose", "heart_rate", "insulin")

    def windows(measured, doses_):
        target = hourly_changes(
            events[events["concept"] == "glucose"], 30, least=20, within_s=4 * HOUR, oldest_s=6 * HOUR
        )
        recording = stay_recording(
            stay, facts, measured, doses_, modalities=names, n_hours=30, target=target,
            classes=("falls", "steady", "rises"),
        )  # fmt: skip
        return ip.make_windows([recording], step_s=HOUR, steps=12, min_steps=4, fill="hold")

    later = events.assign(value=np.where(events["known_s"] > at, events["value"] + 1000, events["value"]))
    more = given.assign(amount=np.where(given["start_s"] > at, given["amount"] + 1000, given["amount"]))
    before, after = windows(events, given), windows(later, more)
    early = before.steps.time_s[before.last] <= at
    assert early.any()
    assert not early.all()
    first, second = (w.batch(np.flatnonzero(early)) for w in (before, after))
    for name in names:
        np.testing.assert_array_equal(first.x[name], second.x[name])
    late = np.flatnonzero(~early)
    assert not np.array_equal(before.batch(late).x["glucose"], after.batch(late).x["glucose"])


def test_steps_that_end_between_hours_have_no_label():
    rows = events([(0.5 * HOUR, 0.5 * HOUR, 100), (1.2 * HOUR, 1.2 * HOUR, 150)])
    target = hourly_changes(rows, 3, least=20, within_s=4 * HOUR, oldest_s=6 * HOUR)
    assert target.values.tolist() == [2]
    assert target.stop_s.tolist() == [HOUR]
    # the step to 1.5 h holds the value of 1.2 h, which the label tells
    assert labels_on_grid(target, 0.0, 1.5 * HOUR, 2).tolist() == [-1, -1]
    assert labels_on_grid(target, 0.0, 2.0 * HOUR, 1).tolist() == [-1]
    assert labels_on_grid(target, 0.0, 1.0 * HOUR, 3).tolist() == [2, -1, -1]
    assert labels_on_grid(target, 0.0, 0.5 * HOUR, 6).tolist() == [-1, 2, -1, -1, -1, -1]


@pytest.mark.parametrize(
    ("rows", "labels"),
    [
        ([(0.5, 0.5, 100), (1.5, 1.5, 120)], {1: 2}),
        ([(0.5, 0.5, 100), (1.5, 1.5, 81)], {1: 1}),
        # too far apart: 4.5 h after hour 1, 3.5 h after hour 2
        ([(0.5, 0.5, 100), (5.5, 5.5, 80)], {2: 0, 3: 0, 4: 0, 5: 0}),
        # too old from hour 7 on
        ([(0.5, 0.5, 100), (8.5, 8.5, 80)], {5: 0, 6: 0}),
        # stored late: at hours 2 and 3 the last one known is still that of 0.5 h
        ([(0.5, 0.5, 100), (1.5, 3.5, 300), (4.5, 4.5, 120)], {1: 2, 2: 2, 3: 2, 4: 0}),
    ],
)
def test_which_hours_are_labelled(rows, labels):
    rows = events([(HOUR * taken, HOUR * known, value) for taken, known, value in rows])
    target = hourly_changes(rows, 9, least=20, within_s=4 * HOUR, oldest_s=6 * HOUR)
    assert dict(zip((target.stop_s / HOUR).astype(int), target.values, strict=True)) == labels


def test_a_value_stored_after_a_newer_one_is_not_read():
    rows = events([(1, 10, 5.0), (2, 3, 6.0), (20, 20, 7.0), (30, 99, 8.0)])
    stream = measured_stream(rows, "glucose", 50.0)
    assert stream.times_s.tolist() == [3, 20]
    assert stream.values[:, 0].tolist() == [6, 7]


def test_impossible_values_are_counted_and_repeated_rows_read_once():
    rows = pd.concat(
        [
            events([(1, 1, 90), (1, 1, 90), (1, 5, 90), (2, 2, 5), (3, 3, np.inf)]),
            events([(1, 1, 37), (2, 2, 98.6)], "temperature"),
        ]
    )
    rows["concept"] = pd.Categorical(rows["concept"], categories=["glucose", "temperature", "gcs"])
    with pytest.warns(DataWarning, match=r"3 of 5 measured values .* \(2 of glucose, 1 of temperature\)"):
        sound = sound_events(rows)
    assert sound["value"].tolist() == [90, 37]
    assert sound["known_s"].tolist() == [1, 1]


def test_the_coma_scale_needs_its_three_parts():
    rows = pd.concat(
        [
            events([(1, 2, 4), (9, 9, 4)], "gcs_eye"),
            events([(1, 1, 5)], "gcs_verbal"),
            events([(1, 3, 6)], "gcs_motor"),
        ]
    )
    kinds = ["gcs_eye", "gcs_verbal", "gcs_motor", "gcs"]
    sound = sound_events(rows.assign(concept=pd.Categorical(rows["concept"], categories=kinds)))
    assert sound[["concept", "taken_s", "known_s", "value"]].to_numpy().tolist() == [["gcs", 1, 3, 15]]


def test_amounts_are_spread_over_hours_and_count_once_stored():
    rows = pd.DataFrame(
        {
            "start_s": [0.5, 1.25, -1.0, 2.5, 1.0],
            "stop_s": [2.5, 1.25, 1.0, 9.0, 1.0],
            "known_s": [0.5, 1.25, -1.0, 4.5, 1.0],
            "amount": [20.0, 3.0, 8.0, 65.0, 1.0],
        }
    )
    rows[["start_s", "stop_s", "known_s"]] *= HOUR
    # hour by hour: 5+4+1, 10+3, 5, nothing stored yet, then 5+10+10 of the last infusion, and 10
    assert hourly_amounts(rows, 6).tolist() == pytest.approx([10, 13, 5, 0, 25, 10])
    unknown = rows.assign(amount=[np.nan, 3, 8, 65, 1])
    assert np.isnan(hourly_amounts(unknown, 6)).tolist() == [True, True, True, False, False, False]


def test_units_of_doses_are_converted():
    when = pd.Timestamp("2100-01-01 01:00:00")
    rows = pd.DataFrame(
        {
            "stay": 1, "itemid": [225942, 221744, 220952, 223258, 223258, 999], "start": when, "stop": when,
            "stored": pd.NaT, "amount": [0.5, 100, 50, 4, 1, 7], "unit": ["mg", "mcg", "ml", "units", "dose", "mg"],
        }
    )  # fmt: skip
    amounts = doses(pd.concat([rows, rows]), one_stay())
    assert amounts["drug"].tolist() == ["fentanyl", "fentanyl", "dextrose", "insulin", "insulin"]
    assert amounts["amount"].to_numpy() == pytest.approx([500, 100, 25, 4, np.nan], nan_ok=True)
    assert amounts["start_s"].tolist() == amounts["known_s"].tolist() == [1800.0] * 5
    with pytest.warns(DataWarning, match=r"1 of 5 amounts of drugs .* \(1 of insulin\)"):
        assert np.isnan(sound_doses(amounts.assign(amount=[1, 1, 1, -4.0, np.nan]))["amount"]).sum() == 2


def test_charted_amounts_come_before_rates():
    when = pd.to_datetime(
        ["2100-01-01 01:00"] * 2 + ["2100-01-01 02:00", "2100-01-01 02:10", "2100-01-01 03:00"]
    )
    rows = pd.DataFrame(
        {
            "stay": 1, "itemid": [30045, 30045, 30051, 30051, 30120], "taken": when, "stored": pd.NaT,
            "amount": [2.0, np.nan, np.nan, np.nan, np.nan], "unit": ["U", "", "", "", ""],
            "rate": [np.nan, 9.0, 0.02, 0.04, 0.1], "rate_unit": ["", "Uhr", "Umin", "Umin", "mcgkgmin"],
        }
    )  # fmt: skip
    amounts = charted_doses(rows, one_stay()).set_index("drug")
    assert amounts.loc["insulin", "amount"] == 2
    assert amounts.loc["vasopressin", "amount"] == pytest.approx(60 * 0.03)
    assert np.isnan(amounts.loc["norepinephrine", "amount"])


@pytest.mark.slow
def test_official_tables_are_read_the_same(tmp_path):
    """The demo's arrays written as official CSV files, in upper case, give the same recordings."""
    root = shared("mimic3_demo")
    few = pd.read_csv(root / "patients.csv.gz")["subject_id"][::7]
    for name in ("icustays", "admissions", "patients"):
        table = pd.read_csv(root / f"{name}.csv.gz")
        table = table[table["subject_id"].isin(few)]
        table.rename(columns=str.upper).to_csv(tmp_path / f"{name.upper()}.csv.gz", index=False)
    pd.read_csv(root / "d_labitems.csv").rename(columns=str.upper).to_csv(
        tmp_path / "D_LABITEMS.csv", index=False
    )
    patient = {"subject_id": "SUBJECT_ID", "itemid": "ITEMID", "minute": "CHARTTIME"}
    given = {"icustay_id": "ICUSTAY_ID", "itemid": "ITEMID", "amount": "AMOUNT", "amount_unit": "AMOUNTUOM"}
    layouts = {
        "chartevents": patient | {"value": "VALUENUM", "unit": "VALUEUOM", "error": "ERROR"},
        "labevents": patient | {"value": "VALUENUM", "unit": "VALUEUOM"},
        "outputevents": patient | {"value": "VALUE", "unit": "VALUEUOM"},
        "inputevents_cv": given | {"minute": "CHARTTIME", "rate": "RATE", "rate_unit": "RATEUOM"},
        "inputevents_mv": given | {"start_minute": "STARTTIME", "end_minute": "ENDTIME", "status": "STATUSDESCRIPTION"},
    }  # fmt: skip
    for name, columns in layouts.items():
        rows = rows_of(root / f"{name}.npz")
        table = official(rows[rows["subject_id"].isin(few)], columns)
        if name == "chartevents":
            table = table[table["VALUENUM"].notna()]
        # no storage time is told, as in the arrays
        table.assign(STORETIME="").to_csv(tmp_path / f"{name.upper()}.csv", index=False, float_format="%.9g")
    read = {r.name: r for r in ip.load_dataset("mimic3_demo_potassium", tmp_path)}
    assert len(read) == 10
    whole = ip.load_dataset("mimic3_demo_potassium", root)
    for ours in [r for r in whole if int(r.entity) in set(few)]:
        theirs = read.pop(ours.name)
        assert (ours.entity, ours.name, ours.static) == (theirs.entity, theirs.name, theirs.static)
        np.testing.assert_array_equal(ours.target.values, theirs.target.values)
        for name, stream in ours.streams.items():
            np.testing.assert_array_equal(stream.times_s, theirs.streams[name].times_s)
            np.testing.assert_allclose(stream.values, theirs.streams[name].values, rtol=1e-6)
    assert not read


def test_a_missing_or_damaged_table_is_told(tmp_path):
    with pytest.raises(InvalidInput, match="it has no icustays"):
        ip.load_dataset("mimic3_demo", tmp_path)
    for name in FILES:
        shutil.copyfile(shared("mimic3_demo") / name, tmp_path / name)
    (tmp_path / "labevents.npz").unlink()
    with pytest.raises(InvalidInput, match=r"labevents\.csv or labevents\.csv\.gz must lie in"):
        ip.load_dataset("mimic3_demo", tmp_path)
    whole = (tmp_path / "patients.csv.gz").read_bytes()
    (tmp_path / "patients.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DamagedFile, match=r"patients\.csv\.gz cannot be read to its end"):
        ip.load_dataset("mimic3_demo", tmp_path)
    (tmp_path / "patients.csv.gz").write_bytes(gzip.compress(b"subject_id,gender\n10006,F\n"))
    with pytest.raises(DamagedFile, match=r"must have the column 'dob'; it has \['subject_id', 'gender'\]"):
        ip.load_dataset("mimic3_demo", tmp_path)
