"""The official Excel sheets of ShanghaiT1DM and ShanghaiT2DM, written here as published, give what the table gives."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import interplay as ip
from interplay.errors import DamagedFile, InvalidInput
from shared_data import shared

OFFICIAL = {
    "CGM (mg / dl)": "cgm_mgdl",
    "CBG (mg / dl)": "cbg_mgdl",
    "Blood Ketone (mmol / L)": "ketone_mmoll",
    "Dietary intake": "diet_text",
    "饮食": "diet_text",
    "Insulin dose - s.c.": "insulin_sc_text",
    "Non-insulin hypoglycemic agents": "agent_text",
    "CSII - bolus insulin (Novolin R, IU)": "insulin_bolus_iu",
    "CSII - basal insulin (Novolin R, IU / H)": "insulin_basal_iu_per_h",
    "Insulin dose - i.v.": "insulin_iv_text",
}
OTHER_NAMES = {
    "CGM (mg / dl)": "CGM ",
    "CSII - bolus insulin (Novolin R, IU)": "CSII - bolus insulin (Novolin R  IU)",
    "CSII - basal insulin (Novolin R, IU / H)": "胰岛素泵基础量 (Novolin R, IU / H)",
}
"""As some sheets have them."""


def record_of(patient: int, record: int) -> pd.DataFrame:
    table = pd.read_csv(shared("shanghai_diabetes") / "shanghai_cgm.csv.gz", low_memory=False)
    return table[(table["patient"] == patient) & (table["record"] == record)]


def sheet_of(rows: pd.DataFrame) -> pd.DataFrame:
    begin = pd.Timestamp("2021-07-30 16:43")
    sheet = pd.DataFrame({"Date": begin + pd.to_timedelta(rows["minute"], unit="min")})
    sheet = sheet.assign(**{name: rows[column] for name, column in OFFICIAL.items()})
    # the table keeps texts of meals where they tell amounts; sheets have a text at every meal
    eaten = rows["meal"].astype(bool)
    sheet["Dietary intake"] = sheet["Dietary intake"].where(~eaten, "data not available").where(eaten)
    basal = "CSII - basal insulin (Novolin R, IU / H)"
    sheet[basal] = sheet[basal].astype(object).where(rows["basal_note"].isna(), rows["basal_note"])
    return sheet


def official(folder: Path, name: str, sheet: pd.DataFrame) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    sheet.to_excel(path, index=False)
    return path


@pytest.fixture
def both(tmp_path):
    rows = record_of(1001, 0)
    sheets = tmp_path / "sheets"
    sheets.mkdir()
    official(sheets, "Shanghai_T1DM/1001_0_20210730.xlsx", sheet_of(rows))
    official(sheets, "Shanghai_T2DM/2000_1_20201230.xlsx", sheet_of(rows).rename(columns=OTHER_NAMES))
    (sheets / "Shanghai_T1DM_Summary.xlsx").write_bytes(b"not a record")
    rows.to_csv(tmp_path / "shanghai_cgm.csv", index=False)
    return ip.load_dataset("shanghai_diabetes", tmp_path), ip.load_dataset("shanghai_diabetes", sheets)


def test_sheets_give_what_the_table_gives(both):
    (expected,), recordings = both
    assert [(r.entity, r.name) for r in recordings] == [
        ("1001", "1001, record 0"),
        ("2000", "2000, record 1"),
    ]
    for recording in recordings:
        assert recording.streams.keys() == expected.streams.keys()
        for name, stream in recording.streams.items():
            assert len(stream.values) > 0 or name in ("insulin_iv", "oral_drug", "insulin_sc", "finger_stick")
            np.testing.assert_array_equal(stream.values, expected.streams[name].values)
            np.testing.assert_array_equal(stream.times_s, expected.streams[name].times_s)
        np.testing.assert_array_equal(recording.target.values, expected.target.values)


def test_units_of_several_insulins_are_summed(tmp_path):
    sheet = sheet_of(record_of(1001, 0)).astype({"Insulin dose - s.c.": object})
    sheet.loc[sheet.index[3], "Insulin dose - s.c."] = "insulin glargine, 14 IU, Humulin 70/30  12.5 IU"
    official(tmp_path, "Shanghai_T1DM/1001_0_20210730.xlsx", sheet)
    (recording,) = ip.load_dataset("shanghai_diabetes", tmp_path)
    given = recording.streams["insulin_sc"]
    assert given.values[given.times_s == 45 * 60.0].tolist() == [[26.5]]


def test_damaged_sheets_are_told_in_a_sentence(tmp_path):
    sheet = sheet_of(record_of(1001, 0))
    path = official(tmp_path, "Shanghai_T1DM/1001_0_20210730.xlsx", sheet.drop(columns="CBG (mg / dl)"))
    with pytest.raises(DamagedFile, match=r"1001_0_20210730.xlsx must have a column 'CBG'; it has \['Date'"):
        ip.load_dataset("shanghai_diabetes", tmp_path)
    sheet.loc[sheet.index[4], "Date"] = pd.NaT
    official(tmp_path, "Shanghai_T1DM/1001_0_20210730.xlsx", sheet)
    with pytest.raises(DamagedFile, match="row 6 has none"):
        ip.load_dataset("shanghai_diabetes", tmp_path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DamagedFile, match="cannot be read as an Excel file"):
        ip.load_dataset("shanghai_diabetes", tmp_path)
    path.unlink()
    with pytest.raises(InvalidInput, match="must hold sheets such as"):
        ip.load_dataset("shanghai_diabetes", tmp_path)
