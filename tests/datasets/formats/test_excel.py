"""Excel files: cells arrive with their types, and one sentence says what keeps a file from being read."""

import sys

import pandas as pd
import pytest

from interplay.datasets.formats.excel import open_excel
from interplay.errors import DamagedFile, InvalidInput

TABLE = pd.DataFrame(
    {
        "Date": pd.to_datetime(["2021-07-30 16:43", "2021-07-30 16:58", None]),
        "CGM (mg / dl)": [101.5, None, 99.0],
        "count": [1, 2, 3],
        "饮食": ["rice, 100 g", None, "14 IU"],
    }
)


def test_dates_numbers_texts_and_empty_cells_arrive_as_they_are(tmp_path):
    TABLE.to_excel(tmp_path / "record.xlsx", index=False)
    pd.testing.assert_frame_equal(open_excel(tmp_path / "record.xlsx"), TABLE, check_dtype=False)


def test_of_several_sheets_the_first_is_read(tmp_path):
    with pd.ExcelWriter(tmp_path / "record.xlsx") as file:
        TABLE.to_excel(file, sheet_name="a", index=False)
        TABLE[:1].to_excel(file, sheet_name="b", index=False)
    assert len(open_excel(tmp_path / "record.xlsx")) == len(TABLE)


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[:500], lambda whole: b"", lambda whole: b"a,b\n1,2\n"]
)
def test_a_damaged_file_is_told_in_a_sentence(tmp_path, damage):
    path = tmp_path / "record.xlsx"
    TABLE.to_excel(path, index=False)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(
        DamagedFile, match=r"record\.xlsx cannot be read as an Excel file \(.+\)\. Download"
    ) as caught:
        open_excel(path)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_asked_for(tmp_path):
    with pytest.raises(InvalidInput, match=r"^record\.xlsx must lie in .*; it does not\."):
        open_excel(tmp_path / "record.xlsx")


def test_without_the_extra_it_is_named(tmp_path, monkeypatch):
    TABLE.to_excel(tmp_path / "record.xlsx", index=False)
    # an import of a module that is None in there fails as that of one that is not installed
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(
        InvalidInput, match=r"must be installed; it is not\. Run: pip install 'interplay\[excel\]'$"
    ):
        open_excel(tmp_path / "record.xlsx")
