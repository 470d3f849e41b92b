"""Names, labels and values of where are what stands in the file, whatever a table reader would make of them."""

import numpy as np
import pytest
from one_table import SPEC, plain, write

from interplay.study import check_study, read_study

IDS = (
    "01",
    "1",
    "001",
    "123456789012345601",
    "123456789012345602",
    "1e5",
    "None",
    "nan",
    "TRUE",
    "O'Brien",
    "a b",
)


def test_ids_are_texts(tmp_path):
    rows = "".join(f"{who},{t},{9 + k + t / 100}\n" for k, who in enumerate(IDS) for t in range(30))
    (tmp_path / "all.csv").write_text("id,time,x\n" + rows)
    (tmp_path / "who.csv").write_text(
        "id,group\n" + "".join(f"{who},{'ab'[k % 2]}\n" for k, who in enumerate(IDS))
    )
    (tmp_path / "study.yaml").write_text(
        "streams:\n  x: {files: all.csv, entity: id, columns: [x], time: time, rate_hz: 1}\n"
        "target: {files: who.csv, entity: id, column: group, classes: [a, b], kind: entity}\n"
        "windows: {step_s: 1, steps: 5}\n"
    )
    assert not check_study(tmp_path)
    read = {r.entity: r for r in read_study(tmp_path).recordings()}
    assert set(read) == set(IDS)
    for k, who in enumerate(IDS):
        assert read[who].streams["x"].values[0, 0] == pytest.approx(9 + k)
        assert read[who].target.values[0] == k % 2


def test_ids_that_were_rounded_are_refused(tmp_path):
    rows = "".join(f"1.2345678901234E+17,{t},1\n" for t in range(30))
    (tmp_path / "all.csv").write_text("id,time,x\n" + rows)
    (tmp_path / "study.yaml").write_text(
        "streams:\n  x: {files: all.csv, entity: id, columns: [x], time: time}\n"
        "target: {files: all.csv, entity: id, column: x, time: time}\nwindows: {step_s: 1, steps: 5}\n"
    )
    assert "a number that was rounded" in str(check_study(tmp_path)[0])


@pytest.mark.parametrize(
    ("words", "classes"),
    [
        (("None", "walk"), "[None, walk]"),
        (("null", "walk"), "[null, walk]"),
        (("NA", "walk"), "[NA, walk]"),
        (("nan", "n/a"), "[nan, n/a]"),
        (("no", "yes"), "[no, yes]"),
        (("off", "on"), "[off, on]"),
        (("false", "true"), "[false, true]"),
        (("01", "1"), '["01", "1"]'),
        (("01", "02"), "[01, 02]"),
        (("-1", "1"), "[-1, 1]"),
        (("-1.0", "1.0"), "[-1, 1]"),
        (("2024-01-01", "12:30"), "[2024-01-01, 12:30]"),
        (("1e5", "100000"), "[1e5, 100000]"),
        (("a=b; c", "läuft/schnell"), '["a=b; c", läuft/schnell]'),
    ],
)
def test_labels_are_texts(tmp_path, words, classes):
    def text_of(k):
        return plain(k).replace(",a\n", f",{words[0]}\n").replace(",b\n", f",{words[1]}\n")

    folder = write(tmp_path, text_of, SPEC.replace("[a, b]", classes))
    assert not check_study(folder)
    for recording in read_study(folder).recordings():
        np.testing.assert_array_equal(recording.target.values, np.arange(60) // 10 % 2)


@pytest.mark.parametrize(
    ("where", "count"),
    [("007", 20), ("'7'", 20), ("7", 20), ("1e3", 20), ("[7, 007]", 40), ("[7, 007, 1e3]", 60)],
)
def test_where_takes_texts(tmp_path, where, count):
    rows = "".join(f"{t},{('007', '7', '1e3')[t % 3]},{t},{'ab'[t // 10 % 2]}\n" for t in range(60))
    spec = SPEC.replace("rate_hz: 1", f"where: {{code: {where}}}")
    folder = write(tmp_path, lambda k: "time,code,hr,label\n" + rows, spec)
    assert [len(r.streams["hr"].values) for r in read_study(folder).recordings()] == [count] * 3


def test_where_that_takes_nothing_says_what_there_is(tmp_path):
    rows = "".join(f"{t},{('007', '7')[t % 2]},{t},a\n" for t in range(60))
    spec = SPEC.replace("rate_hz: 1", "where: {code: 8}")
    folder = write(tmp_path, lambda k: "time,code,hr,label\n" + rows, spec)
    assert "where takes rows by 'code', which holds '007' and '7'" in str(check_study(folder)[0])


def test_true_and_false_are_a_channel_of_1_and_0(tmp_path):
    rows = "".join(f"{t},{'TRUE' if t % 3 else 'FALSE'},{'ab'[t // 10 % 2]}\n" for t in range(60))
    folder = write(tmp_path, lambda k: "time,hr,label\n" + rows)
    values = next(read_study(folder).recordings()).streams["hr"].values[:, 0]
    np.testing.assert_array_equal(values, np.arange(60) % 3 > 0)


def test_backslashes_tell_folders_apart(tmp_path):
    (tmp_path / "data").mkdir()
    for k in range(3):
        (tmp_path / "data" / f"a_{k}.csv").write_text(plain(k))
    (tmp_path / "study.yaml").write_text(SPEC.replace('"a_{entity}.csv"', "'data\\a_{entity}.csv'"))
    assert not check_study(tmp_path)
