"""However a table is written, it is read as what it says, or refused with the line that helps."""

import numpy as np
import pytest
from one_table import SPEC, cells, first_error, plain, read_hr, values, write

from interplay.study import check_study


def with_form(settings: str) -> str:
    return f"format: {{{settings}}}\n{SPEC}"


def joined(k, separator=",", end="\n", change=lambda row: row):
    return end.join(separator.join(change(row)) for row in cells(k)) + end


def with_comma(row):
    return [row[0], row[1].replace(".", ","), row[2]]


READ = {
    "plain": (plain, SPEC),
    "ends of lines of Windows and blank lines": (lambda k: joined(k, end="\r\n") + "\r\n\r\n", SPEC),
    "ends of lines of old Macs": (lambda k: joined(k, end="\r"), SPEC),
    "mark of UTF-8 and quoted names": (
        lambda k: plain(k).replace("time,hr,label", '"time","hr","label"').encode("utf-8-sig"),
        SPEC,
    ),
    "UTF-16 with its mark": (lambda k: plain(k).encode("utf-16"), SPEC),
    "UTF-16 without, as it is said": (lambda k: plain(k).encode("utf-16-le"), with_form("encoding: utf-16-le")),
    "a separator more in every row": (lambda k: joined(k, end=",\n"), SPEC),
    "a separator more, but in the header": (
        lambda k: joined(k, end=",\n").replace("label,", "label", 1),
        with_form('names: [time, hr, label, ""]'),
    ),
    "semicolons and decimal commas": (
        lambda k: joined(k, ";", change=with_comma),
        with_form('separator: ";", decimal: ","'),
    ),
    "quoted decimal commas": (
        lambda k: joined(k, change=lambda row: [row[0], f'"{with_comma(row)[1]}"', row[2]]),
        with_form('decimal: ","'),
    ),
    "tabs": (lambda k: joined(k, "\t"), with_form('separator: "\\t"')),
    "blanks in columns": (
        lambda k: joined(k, "", change=lambda row: [cell.rjust(12) for cell in row]),
        with_form('separator: " "'),
    ),
    "a separator that the first line says": (lambda k: "sep=;\n" + joined(k, ";"), SPEC),
    "a line above": (lambda k: "Recording of device 7\n" + plain(k), with_form("skip_rows: 1")),
    "units below the names": (lambda k: plain(k).replace("\n", "\ns,bpm,\n", 1), with_form("units_row: true")),
    "comments": (lambda k: "# device 7\n" + plain(k) + "# end\n", with_form('comment: "#"')),
    "no header": (lambda k: plain(k).split("\n", 1)[1], with_form("names: [time, hr, label], header: false")),
    "thousands": (
        lambda k: plain(k).replace("\n0,", '\n0,"1,0').replace(f"{60 + k}.00,", f'{60 + k}.00",', 1),
        with_form('thousands: ","'),
    ),
    "older Windows": (lambda k: plain(k).replace("hr", "Größe").encode("cp1252"), with_form("encoding: cp1252").replace(
        "[hr]", "[Größe]")),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_is_read_as_it_says(tmp_path, name):
    text_of, spec = READ[name]
    folder = write(tmp_path, text_of, spec)
    assert [str(issue) for issue in check_study(folder)] == []
    for k, read in enumerate(read_hr(folder)):
        expected = values(k)
        expected[0] += 1000 * (name == "thousands")
        np.testing.assert_allclose(read, expected, atol=1e-5)  # float32 of numbers below 2000


REFUSED = {
    "numbers in place of names": (lambda k: plain(k).split("\n", 1)[1], "header: false"),
    "another separator": (lambda k: joined(k, ";"), 'format: {separator: ";"}'),
    "blanks": (
        lambda k: joined(k, "", change=lambda row: [cell.rjust(12) for cell in row]),
        'format: {separator: " "}',
    ),
    "decimal commas that separate": (
        lambda k: "n,hr\n" + "".join(f"{t},36,{t}\n" for t in range(60)),
        "row 2 has 3 cells (and 59 more rows another number), the header 2 names",
    ),
    "a comma at the end of rows": (
        lambda k: joined(k, end=",\n").replace("label,", "label", 1),
        'say format: {names: [time, hr, label, ""]}',
    ),
    "a line above": (lambda k: "Recording of device 7\n" + plain(k), "format: {skip_rows: 1}"),
    "a row at the end": (lambda k: plain(k) + "Exported by X\n", "format: {comment: [Exported]}"),
    "units": (lambda k: plain(k).replace("\n", "\ns,bpm,\n", 1), "say format: {units_row: true}"),
    "a name twice": (lambda k: plain(k).replace("time,hr,label", "time,hr,hr"), "row 1 has 'hr' twice"),
    "columns without end": (
        lambda k: "time,hr,label," + ",".join(f"c{c}" for c in range(20_001)) + "\n",
        "must have at most 20,000 columns; it has 20,004",
    ),
    "a line without end": (lambda k: plain(k) + "9" * 21_000_000, "row 62 is longer. Export it again"),
    "a row that is cut off": (lambda k: plain(k)[:-4], "is cut off: its last row has 2 of 3 cells"),
    "nothing": (lambda k: "", "it is empty"),
    "only blank lines": (lambda k: "\n\n", "must have a row of names; it has none"),
    "zeros alone": (lambda k: bytes(600), "holds nothing but NUL bytes"),
    "zeros at the end": (lambda k: plain(k).encode() + bytes(64), "ends in NUL bytes, from row 62 on"),
    "a zero within": (lambda k: plain(k).replace("\n5,", "\n5\0,"), "row 7 holds a NUL byte"),
    "an open quote": (lambda k: plain(k).replace("\n50,", '\n50,"'), "from row 52 on it does not"),
    "an Excel file": (lambda k: b"PK\x03\x04" + bytes(range(256)), "it is an Excel or ZIP file"),
    "a web page": (lambda k: "<!DOCTYPE html><html>1,2</html>\n", "it is a web page"),
    "a pointer": (
        lambda k: "version https://git-lfs.github.com/spec/v1\noid x\n",
        "a pointer to a large file",
    ),
    "bytes of anything": (lambda k: bytes(range(256)) * 3, "it is a binary file"),
    "UTF-16 without its mark": (lambda k: plain(k).encode("utf-16-le"), "say format: {encoding: utf-16-le}"),
    "older Windows": (lambda k: plain(k).replace("hr", "Größe").encode("cp1252"), "encoding: cp1252"),
    "percent": (lambda k: plain(k).replace(",a", "%,a").replace(",b", "%,b"), "without '%' after each"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_with_its_cause_and_the_line_that_helps(tmp_path, name):
    text_of, sentence = REFUSED[name]
    said = first_error(write(tmp_path, text_of))
    assert "a_0.csv" in said
    assert sentence in said
    assert len(said) < 500


def test_every_fault_of_a_study_yaml_is_told_at_once(tmp_path):
    spec = (
        SPEC.replace("columns", "colums").replace("rate_hz: 1", "rate_hz: fast").replace("classes", "clases")
    )
    sentences = [issue.sentence for issue in check_study(write(tmp_path, plain, spec))]
    assert len(sentences) == 3
    assert "Did you mean streams.hr.columns?" in sentences[0]
    assert "streams.hr.rate_hz must be a number; got 'fast'." in sentences[1]
    assert "Did you mean target.classes?" in sentences[2]


@pytest.mark.parametrize(("policy", "value"), [("value", 0.5), ("half", 0.25), ("missing", np.nan)])
def test_bounds_are_what_the_study_says(tmp_path, policy, value):
    spec = SPEC.replace("steps: 5", "steps: 5, fill: hold")
    folder = write(tmp_path, lambda k: plain(k).replace(f"{60 + k}.00,", "<0.5,", 1), spec)
    assert 'censored: value} (or "half" of a bound, or "missing")' in first_error(folder)
    (folder / "study.yaml").write_text(f"format: {{censored: {policy}}}\n{spec}")
    assert not check_study(folder)
    assert read_hr(folder)[0][0] == pytest.approx(value, nan_ok=True)


def test_words_for_missing_values_are_said(tmp_path):
    spec = SPEC.replace("steps: 5", "steps: 5, fill: hold")
    folder = write(tmp_path, lambda k: plain(k).replace(f"{60 + k}.00,", "?,", 1), spec)
    assert 'say format: {missing: ["?"]}' in first_error(folder)
    (folder / "study.yaml").write_text(f'format: {{missing: ["?", -9999]}}\n{spec}')
    assert not check_study(folder)
    assert np.isnan(read_hr(folder)[0][0])
