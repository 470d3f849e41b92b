"""MIMIC-IV in its official layout: small tables with the habits of the real ones, and the open demo without vitals."""

import gzip

import numpy as np
import pandas as pd
import pytest
from icu_files import official, rows_of

import interplay as ip
from interplay.datasets import check_dataset, find_dataset
from interplay.datasets.icu.concepts import LABS, VITALS
from interplay.errors import DamagedFile, DataWarning, InvalidInput
from shared_data import shared

HOUR = 3600.0
BEGIN = pd.Timestamp("2180-07-23 14:00:00")
TASKS = tuple(f"mimic4_{what}{how}" for what in ("mortality", "length_of_stay") for how in ("", "_panels"))
TESTS = {label: 50000 + k for k, label in enumerate(c.labels[0] for c in LABS.values())}
CHART = "subject_id,hadm_id,stay_id,caregiver_id,charttime,storetime,itemid,value,valuenum,valueuom,warning"
LAB = (
    "labevent_id,subject_id,hadm_id,specimen_id,itemid,order_provider_id,charttime,storetime,value,valuenum,valueuom,"
    "ref_range_lower,ref_range_upper,flag,priority,comments"
)
INPUT = (
    "subject_id,hadm_id,stay_id,caregiver_id,starttime,endtime,storetime,itemid,amount,amountuom,rate,rateuom,orderid,"
    "linkorderid,ordercategoryname,secondaryordercategoryname,ordercomponenttypedescription,ordercategorydescription,"
    "patientweight,totalamount,totalamountuom,isopenbag,continueinnextdept,statusdescription,originalamount,originalrate"
)
OUTPUT = "subject_id,hadm_id,stay_id,caregiver_id,charttime,storetime,itemid,value,valueuom"


def at(hours: float) -> str:
    return str(BEGIN + pd.Timedelta(hours=hours))


def chart(hours, stored, item, value, unit="", patient=1, stay=31):
    stored = "" if stored is None else at(stored)
    return f"{patient},21,{stay},7,{at(hours)},{stored},{item},{value},{value},{unit},0"


def lab(hours, stored, label, value, unit, patient=1):
    stored = "" if stored is None else at(stored)
    times = f"{at(hours)},{stored}"
    return (
        f'5,{patient},,8,{TESTS[label]},,{times},"{value}",{value},{unit},,,,ROUTINE,"a note, with\na break"'
    )


def dose(start, stop, stored, item, amount, unit, stay=31):
    return f"1,21,{stay},7,{at(start)},{at(stop)},{at(stored)},{item},{amount},{unit}" + "," * 16


def write(root, *, charts=(), labs=(), inputs=(), outputs=(), packed=False):
    """Patient 1 with stays 31 (60 h, survived) and 32 (47 h); patient 2 with stay 33 (100 h, died)."""
    blood = [f'{item},"{name}",Blood,Chemistry' for name, item in TESTS.items()]
    stay = "subject_id,hadm_id,stay_id,first_careunit,last_careunit,intime,outtime,los"
    tables = {
        "hosp/patients": ["subject_id,gender,anchor_age,anchor_year,anchor_year_group,dod",
                          "1,F,52,2178,2014 - 2016,", "2,M,91,2180,2014 - 2016,2181-01-01"],
        "hosp/admissions": ["subject_id,hadm_id,admittime,dischtime,deathtime,admission_type,hospital_expire_flag",
                            f"1,21,{at(-5)},{at(300)},,URGENT,0", f"2,22,{at(-5)},{at(400)},{at(400)},URGENT,1"],
        "hosp/d_labitems": ["itemid,label,fluid,category", *blood, "59999,Glucose,Urine,Chemistry"],
        "icu/icustays": [stay, f"1,21,31,MICU,MICU,{at(0)},{at(60)},2.5", f"1,21,32,MICU,MICU,{at(100)},{at(147)},1.96",
                         f"2,22,33,MICU,MICU,{at(0)},{at(100)},4.17"],
        "hosp/labevents": [LAB, *labs],
        "icu/chartevents": [CHART, *charts],
        "icu/inputevents": [INPUT, *inputs],
        "icu/outputevents": [OUTPUT, *outputs],
    }  # fmt: skip
    for name, lines in tables.items():
        path = root / (f"{name}.csv.gz" if packed else f"{name}.csv")
        path.parent.mkdir(exist_ok=True)
        text = ("\n".join(lines) + "\n").encode()
        path.write_bytes(gzip.compress(text) if packed else text)


HEART = [chart(1, 1.2, 220045, 80, "bpm"), chart(2, 2.1, 220045, 90, "bpm", patient=2, stay=33)]


@pytest.mark.parametrize("packed", [False, True])
def test_the_cohort_and_its_labels(tmp_path, packed):
    write(tmp_path, charts=HEART, packed=packed)
    died = ip.load_dataset("mimic4_mortality", tmp_path)
    short = ip.load_dataset("mimic4_length_of_stay", tmp_path)
    # stay 32 lasts less than two days
    assert [(r.entity, r.name) for r in died] == [("1", "31"), ("2", "33")]
    assert [int(r.target.values[0]) for r in died] == [0, 1]
    assert [int(r.target.values[0]) for r in short] == [1, 0]
    assert [r.static for r in died] == [{"age": 54.0, "male": 0.0}, {"age": 91.0, "male": 1.0}]
    windows = ip.make_windows(died, **find_dataset("mimic4_mortality").card.window_options)
    assert len(windows) == 2
    assert len(windows.modalities) == len(VITALS) + len(LABS) + 1 + 11 == 43


@pytest.mark.parametrize("name", TASKS)
def test_all_tasks_keep_the_contract(name, tmp_path):
    write(tmp_path, charts=HEART)
    check_dataset(find_dataset(name), tmp_path)


def test_panels_are_of_the_same_stays_and_labels(tmp_path):
    write(tmp_path, charts=HEART)
    for task in ("mimic4_mortality", "mimic4_length_of_stay"):
        apart, panels = (ip.load_dataset(f"{task}{how}", tmp_path) for how in ("", "_panels"))
        assert [(r.entity, r.name, r.static) for r in apart] == [(r.entity, r.name, r.static) for r in panels]
        assert [r.target.values.tolist() for r in apart] == [r.target.values.tolist() for r in panels]
        windows = ip.make_windows(panels, **find_dataset(f"{task}_panels").card.window_options)
        assert windows.schema.shapes == {
            "vitals": (1, 18),
            "labs": (1, 44),
            "urine": (1, 2),
            "drugs": (1, 11),
        }
        # the heart rate of stay 31 is known from 1.2 h on, in the second hour
        assert windows.batch(np.array([0])).x["vitals"][0, :3, 0, 0].tolist() == [80, 80, 80]
        assert windows.batch(np.array([1])).x["vitals"][0, :3, 0, 0].tolist() == [80, 80, 90]


def test_values_of_several_items_units_and_habits(tmp_path):
    charts = [
        chart(1, 1.2, 223761, 98.6, "°F"), chart(5, 5.5, 223762, 38, "°C"), chart(6, 6, 223762, 98.6, "°C"),
        chart(1, None, 220179, 120), chart(2, 2, 220050, 118), chart(2, 2, 220050, 118), chart(3, 3, 220050, ""),
        chart(4, 4, 220050, 11647), chart(1, 1, 220621, 400),
        chart(1, 1, 220739, 4), chart(1, 1, 223900, 5), chart(1, 2, 223901, 6),
    ]  # fmt: skip
    labs = [
        lab(2, 3, "Glucose", 140, "mg/dL"), lab(3, 4, "Glucose", 7.8, "mmol/L"),
        lab(4, None, "Glucose", 150, ""), lab(-3, -2, "Potassium", 4, "mEq/L"), lab(7, 8, "Potassium", 5, "mEq/L"),
    ]  # fmt: skip
    outputs = [f"1,21,31,7,{at(2)},{at(2.5)},226559,80,ml"]
    write(tmp_path, charts=charts, labs=labs, outputs=outputs)
    with pytest.warns(DataWarning, match=r"^3 of 14 measured values") as warned:
        stay, other = ip.load_dataset("mimic4_mortality", tmp_path)
    assert "1 of temperature" in str(warned[0].message)
    assert "1 of systolic" in str(warned[0].message)
    assert "1 of glucose" in str(warned[0].message)

    def read(name):
        stream = stay.streams[name]
        return list(zip((stream.times_s / HOUR).round(6), stream.values[:, 0].round(4), strict=True))

    assert read("temperature") == [(1.2, 37.0), (5.5, 38.0)]
    assert read("systolic") == [(1, 120), (2, 118)]
    assert read("glucose") == [(3, 140), (4, 150)]
    assert read("potassium") == [(8, 5)]
    assert read("gcs") == [(2, 15)]
    assert read("urine") == [(2.5, 80)]
    assert all(len(s.values) == 0 or not s.values.any() for s in other.streams.values())


def test_drugs_count_once_they_are_stored(tmp_path):
    inputs = [
        dose(1.5, 3.5, 1.5, 223258, 20, "units"), dose(1.5, 3.5, 1.5, 223258, 20, "units"),
        dose(2.5, 2.6, 40.5, 221794, 40, "mg"), dose(47, 50, 50, 221906, 3, "mg"),
    ]  # fmt: skip
    write(tmp_path, charts=HEART, inputs=inputs)
    stay, _ = ip.load_dataset("mimic4_mortality", tmp_path)
    insulin, furosemide = (stay.streams[name].values[:, 0] for name in ("insulin", "furosemide"))
    assert insulin[:5].tolist() == pytest.approx([0, 5, 10, 5, 0])
    assert np.flatnonzero(furosemide).tolist() == [40]
    assert not stay.streams["norepinephrine"].values.any()


def test_what_becomes_known_later_is_not_read(tmp_path):
    soon = [*HEART, chart(47.9, 47.95, 220045, 100, "bpm")]
    late = [chart(47, 48.5, 220045, 140, "bpm"), chart(50, 50, 220045, 150, "bpm")]
    labs = [lab(40, 50, "Lactate", 9, "mmol/L")]
    windows = []
    for folder, charts, known in (("a", soon, []), ("b", soon + late, labs)):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, charts=charts, labs=known)
        recordings = ip.load_dataset("mimic4_mortality", tmp_path / folder)
        windows.append(ip.make_windows(recordings, step_s=HOUR, steps=48, fill="hold").batch(np.arange(2)))
    for name, values in windows[0].x.items():
        np.testing.assert_array_equal(values, windows[1].x[name])
    np.testing.assert_array_equal(windows[0].observed, windows[1].observed)
    assert windows[0].x["heart_rate"][0, -1, 0, 0] == 100


def test_embeddings_are_read_where_there(tmp_path):
    write(tmp_path, charts=HEART)
    rng = np.random.default_rng(0)
    notes = rng.normal(size=(4, 768))
    np.savez(
        tmp_path / "note_embeddings.npz", subject_id=[2, 1, 1, 1], embedding=notes,
        time=np.array([at(1), at(30), at(3), at(49)], dtype="datetime64[s]"),
    )  # fmt: skip
    np.savez(tmp_path / "cxr_embeddings.npz", subject_id=[1], embedding=np.ones((1, 1024)), time=[at(2)])
    check_dataset(find_dataset("mimic4_mortality"), tmp_path)
    stay, other = ip.load_dataset("mimic4_mortality", tmp_path)
    np.testing.assert_allclose(stay.streams["notes"].values, notes[[2, 1]].astype(np.float32))
    assert (stay.streams["notes"].times_s / HOUR).tolist() == [3, 30]
    assert stay.streams["xray"].times_s.tolist() == [2 * HOUR]
    assert other.streams["xray"].values.shape == (0, 1024)
    np.savez(tmp_path / "cxr_embeddings.npz", subject_id=[1], embedding=np.ones((1, 768)), time=[at(2)])
    with pytest.raises(DamagedFile, match=r"must hold embedding \(n, 1024\)"):
        ip.load_dataset("mimic4_mortality", tmp_path)


def test_a_missing_or_damaged_table_is_told(tmp_path):
    with pytest.raises(InvalidInput, match="it has no icu/icustays"):
        ip.load_dataset("mimic4_mortality", tmp_path)
    write(tmp_path)
    with pytest.raises(InvalidInput, match="must measure something in the 2 stays"):
        ip.load_dataset("mimic4_mortality", tmp_path)
    write(tmp_path, charts=HEART * 500)
    path = tmp_path / "icu" / "chartevents.csv"
    text = path.read_text()
    path.write_text(text.replace("valuenum", "number"))
    with pytest.raises(DamagedFile, match=r"chartevents\.csv must have the column 'valuenum'"):
        ip.load_dataset("mimic4_mortality", tmp_path)
    path.write_text(text.replace(",220045,", ",a pulse,", 1))
    with pytest.raises(DamagedFile, match=r"chartevents\.csv cannot be read to its end \(.*a pulse"):
        ip.load_dataset("mimic4_mortality", tmp_path)
    path.unlink()
    whole = gzip.compress(text.encode())
    for size in (len(whole) // 2, len(whole) - 9):
        (tmp_path / "icu" / "chartevents.csv.gz").write_bytes(whole[:size])
        with pytest.raises(DamagedFile, match=r"chartevents\.csv\.gz cannot be read to its end"):
            ip.load_dataset("mimic4_mortality", tmp_path)
    (tmp_path / "icu" / "chartevents.csv.gz").unlink()
    with pytest.raises(InvalidInput, match=r"chartevents\.csv or chartevents\.csv\.gz must lie in"):
        ip.load_dataset("mimic4_mortality", tmp_path)
    write(tmp_path, charts=HEART)
    labels = tmp_path / "hosp" / "d_labitems.csv"
    labels.write_text(labels.read_text().replace("Lactate", "Milk acid"))
    with pytest.raises(DamagedFile, match="d_labitems must list the blood test 'Lactate'"):
        ip.load_dataset("mimic4_mortality", tmp_path)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::interplay.errors.DataWarning")
def test_the_open_demo_has_its_stays_deaths_and_laboratory_values(tmp_path):
    """Its arrays written as official files; chartevents, which it lacks, has no rows."""
    root = shared("mimic4_demo")
    (tmp_path / "hosp").mkdir()
    (tmp_path / "icu").mkdir()
    for folder, name in (("hosp", "patients"), ("hosp", "admissions"), ("icu", "icustays")):
        pd.read_csv(root / f"{name}.csv.gz").to_csv(tmp_path / folder / f"{name}.csv", index=False)
    (tmp_path / "hosp" / "d_labitems.csv").write_bytes((root / "d_labitems.csv").read_bytes())
    (tmp_path / "icu" / "chartevents.csv").write_text(CHART + "\n")
    patient = {"subject_id": "subject_id", "itemid": "itemid", "minute": "charttime"}
    given = {"stay_id": "stay_id", "itemid": "itemid", "start_minute": "starttime", "end_minute": "endtime"}
    for path, columns in {
        "hosp/labevents": patient | {"store_minute": "storetime", "value": "valuenum", "unit": "valueuom"},
        "icu/outputevents": patient | {"value": "value"},
        "icu/inputevents": given | {"amount": "amount", "amount_unit": "amountuom"},
    }.items():
        table = official(rows_of(root / f"{path.split('/')[1]}.npz"), columns)
        table = table if "storetime" in table else table.assign(storetime="")
        table.to_csv(tmp_path / f"{path}.csv", index=False, float_format="%.9g")
    recordings = ip.load_dataset("mimic4_mortality", tmp_path)
    stays = pd.read_csv(root / "icustays.csv.gz").merge(pd.read_csv(root / "admissions.csv.gz"), on="hadm_id")
    long = stays[stays["los"] >= 2]
    assert {r.name for r in recordings} == set(map(str, long["stay_id"]))
    assert sum(int(r.target.values[0]) for r in recordings) == long["hospital_expire_flag"].sum() > 5
    with np.load(root / "icu_hourly.npz") as grid:
        grid = {name: grid[name] for name in grid.files}
    insulin = list(grid["input_names"]).index("insulin_units")
    ours, theirs = 0.0, 0.0
    for recording in recordings:
        row = grid["starts"][list(grid["stay_id"]).index(int(recording.name))]
        ours += recording.streams["insulin"].values.sum()
        theirs += grid["inputs"][row : row + 48, insulin].sum()
        glucose = recording.streams["glucose"]
        assert np.all(np.diff(glucose.times_s) >= 0)
        assert np.all(glucose.times_s <= 48 * HOUR)
    assert ours == pytest.approx(theirs, rel=0.02)
