"""The eICU demo: a day of each stay, in official tables and in compact arrays."""

import gzip

import numpy as np
import pandas as pd
import pytest

import interplay as ip
from interplay.datasets import check_dataset, find_dataset
from interplay.datasets.icu.eicu_demo import ORGANS
from interplay.errors import DamagedFile, InvalidInput
from shared_data import shared

HOUR = 3600.0
TABLES = {
    "patient": [
        "patientunitstayid,patienthealthsystemstayid,gender,age,ethnicity,hospitalid,hospitaldischargestatus,"
        "unitdischargeoffset,unitdischargestatus,uniquepid",
        "11,1,Female,> 89,Caucasian,60,Alive,2000,Alive,002-1",
        "12,1,Female,> 89,Caucasian,60,Alive,1439,Alive,002-1",
        "13,2,Male,64,Caucasian,60,Expired,1441,Alive,002-2",
        "14,3,,,Caucasian,60,,3000,Alive,002-3",
    ],
    "vitalAperiodic": [
        "vitalaperiodicid,patientunitstayid,observationoffset,noninvasivesystolic,noninvasivediastolic,"
        "noninvasivemean,paop,cardiacoutput",
        "1,11,-3,120,80,90,,", "2,11,59,121,81,91,,", "3,11,60,122,82,92,,", "4,11,70,0,0,0,,", "5,13,1440,99,9,50,,",
        "6,13,1439,100,60,70,,",
    ],
    "respiratoryCharting": [
        "respchartid,patientunitstayid,respchartoffset,respchartentryoffset,respcharttypecat,respchartvaluelabel,"
        "respchartvalue",
        "1,11,30,30,vent,FiO2,0.4", "2,11,90,90,vent,FiO2,50", "3,11,95,95,vent,O2 Device,mask",
        "4,13,10,10,vent,PEEP,5", "5,13,20,20,vent,RR (patient),18", "6,13,25,25,vent,RR (patient),900",
    ],
    "infusionDrug": [
        "infusiondrugid,patientunitstayid,infusionoffset,drugname,drugrate,infusionrate,drugamount,volumeoffluid",
        "1,11,10,Norepinephrine (mcg/min),4,15,,", "2,11,20,Norepinephrine (mcg/min),5,15,,",
        "3,13,1300,Insulin (units/hr),2,,,",
    ],
    "intakeOutput": [
        "intakeoutputid,patientunitstayid,intakeoutputoffset,cellpath,celllabel,cellvaluenumeric,cellvaluetext",
        "1,11,65,flowsheet|Flowsheet Cell Labels|I&O|Intake (ml)|Crystalloids (ml)|NS,NS,100,100",
        "2,11,66,flowsheet|Flowsheet Cell Labels|I&O|Intake (ml)|P.O.,P.O.,50,50",
        "3,11,67,flowsheet|Flowsheet Cell Labels|I&O|Output (ml)|Urine,Urine,200,200",
        "4,11,68,flowsheet|Flowsheet Cell Labels|I&O|Output (ml)|Stool,Stool,30,30",
        "5,11,69,flowsheet|Flowsheet Cell Labels|I&O|Weight|Bodyweight (kg),kg,80,80",
    ],
    "medication": [
        "medicationid,patientunitstayid,drugorderoffset,drugstartoffset,drugordercancelled,drugname",
        "1,11,-20,-10,No,ACETAMINOPHEN", "2,11,5,7,No,TYLENOL", "3,11,5,8,Yes,ZOFRAN",
    ],
    "treatment": [
        "treatmentid,patientunitstayid,treatmentoffset,treatmentstring,activeupondischarge",
        "1,13,130,pulmonary|ventilation and oxygenation|mechanical ventilation,False",
        "2,13,131,renal|medications|diuretics,True", "3,13,139,pulmonary|x-ray,True",
    ],
}  # fmt: skip


def write(root, packed=False, lower=False):
    for name, lines in TABLES.items():
        file = f"{name.lower() if lower else name}.csv" + (".gz" if packed else "")
        text = ("\n".join(lines) + "\n").encode()
        (root / file).write_bytes(gzip.compress(text) if packed else text)


@pytest.mark.parametrize(("packed", "lower"), [(False, False), (True, False), (True, True)])
def test_official_tables(tmp_path, packed, lower):
    write(tmp_path, packed, lower)
    one, other = ip.load_dataset("eicu_demo", tmp_path)
    # stay 12 is a minute too short, of stay 14 nobody tells how it ended
    assert [(r.entity, r.name, int(r.target.values[0])) for r in (one, other)] == [
        ("002-1", "11", 0), ("002-2", "13", 1)
    ]  # fmt: skip
    assert [r.static for r in (one, other)] == [{"age": 90.0, "male": 0.0}, {"age": 64.0, "male": 1.0}]
    pressure = one.streams["blood_pressure"]
    # minute 59 is known at its end, an hour after admission; before admission and 0 mmHg do not count
    assert (pressure.times_s / 60).tolist() == [60, 61]
    assert pressure.values.tolist() == [[121, 81, 91], [122, 82, 92]]
    assert other.streams["blood_pressure"].times_s.tolist() == [24 * HOUR]
    assert one.streams["fio2"].values[:, 0].tolist() == [40, 50]
    assert other.streams["resp_rate"].values[:, 0].tolist() == [18]
    assert other.streams["peep"].values[:, 0].tolist() == [5]
    assert one.streams["infusions"].values[:2].tolist() == [[1, 0, 0, 0, 0], [0] * 5]
    assert np.argwhere(other.streams["infusions"].values).tolist() == [[21, 2]]
    np.testing.assert_allclose(np.expm1(one.streams["fluids"].values[1]), [150, 200, 30], rtol=1e-5)
    np.testing.assert_allclose(np.expm1(one.streams["orders"].values[:2, 0]), [2, 0], atol=1e-6)
    treated = np.expm1(other.streams["treatments"].values[2])
    assert dict(zip(ORGANS, treated.round().tolist(), strict=True)) == dict.fromkeys(ORGANS, 0) | {
        "pulmonary": 2, "renal": 1
    }  # fmt: skip
    check_dataset(find_dataset("eicu_demo"), tmp_path)


def test_missing_tables_are_told(tmp_path):
    with pytest.raises(InvalidInput, match="it has no patient table"):
        ip.load_dataset("eicu_demo", tmp_path)
    write(tmp_path)
    (tmp_path / "treatment.csv").unlink()
    with pytest.raises(InvalidInput, match="it has no treatment"):
        ip.load_dataset("eicu_demo", tmp_path)
    (tmp_path / "treatment.csv").write_text("treatmentid;patientunitstayid\n")
    with pytest.raises(DamagedFile, match=r"treatment\.csv must have the column 'patientunitstayid'"):
        ip.load_dataset("eicu_demo", tmp_path)


def test_stays_of_a_day_are_those_of_the_table():
    root = shared("eicu_demo")
    recordings = ip.load_dataset("eicu_demo", root)
    patients = pd.read_csv(root / "patient.csv.gz")
    stays = patients[(patients["unitdischargeoffset"] >= 1440) & patients["hospitaldischargestatus"].notna()]
    assert [int(r.name) for r in recordings] == sorted(stays["patientunitstayid"])
    assert (
        sum(int(r.target.values[0]) for r in recordings)
        == (stays["hospitaldischargestatus"] == "Expired").sum()
    )
    pressure = np.concatenate([r.streams["blood_pressure"].values for r in recordings])
    # the medians of the whole table
    assert np.median(pressure, axis=0) == pytest.approx([118, 63, 79], abs=5)
    times = np.concatenate([r.streams["blood_pressure"].times_s for r in recordings])
    assert times.min() > 0
    assert times.max() <= 24 * HOUR
