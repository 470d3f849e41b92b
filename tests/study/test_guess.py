"""The guess is what the reader reads: it is checked, says how sure it is, and never writes what cannot be."""

import numpy as np
import pytest
from one_table import ROWS, plain, values

from interplay.errors import InvalidInput
from interplay.study import init_study, read_study
from interplay.study.spec import FILE


def write(folder, text_of):
    for k in range(3):
        (folder / f"a_{k}.csv").write_bytes(
            text_of(k) if isinstance(text_of(k), bytes) else text_of(k).encode()
        )


DIALECTS = {
    "plain": plain,
    "semicolons and commas": lambda k: plain(k).replace(",", ";").replace(".", ","),
    "tabs": lambda k: plain(k).replace(",", "\t"),
    "blanks": lambda k: plain(k).replace(",", "   "),
    "older Windows": lambda k: plain(k).replace("hr", "Größe").encode("cp1252"),
    "a line above": lambda k: "Recording of device 7\n" + plain(k),
    "units": lambda k: plain(k).replace("\n", "\ns,bpm,\n", 1),
    "comments": lambda k: "# device 7\n" + plain(k),
    "UTF-16": lambda k: plain(k).encode("utf-16"),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_dialects_are_recognised(tmp_path, name):
    write(tmp_path, DIALECTS[name])
    guess = init_study(tmp_path)
    assert not [str(issue) for issue in guess.issues]
    for k, recording in enumerate(read_study(tmp_path).recordings()):
        (stream,) = recording.streams.values()
        np.testing.assert_allclose(stream.values[:, 0], values(k), atol=1e-5)
        np.testing.assert_array_equal(recording.target.values, np.arange(ROWS) // 10 % 2)


def test_labels_and_missing_words_of_all_files_are_found(tmp_path):
    write(tmp_path, plain)
    changed = plain(2).replace("a\n", "rare\n").replace("62.00", "ERR").replace("62.25", "ERR")
    (tmp_path / "a_2.csv").write_text(changed)
    guess = init_study(tmp_path)
    assert not [str(issue) for issue in guess.issues if issue.level == "error"]
    spec = read_study(tmp_path).spec
    assert spec.target.classes == ("a", "b", "rare")
    assert next(iter(spec.streams.values())).form.missing_words == {"ERR"}


def test_rows_say_found_guessed_and_open_with_their_lines(tmp_path):
    write(tmp_path, lambda k: plain(k).replace("hr,", "hr,posture,").replace(".", ".0,lying", 0))
    for k in range(3):
        lines = plain(k).split("\n")
        text = [
            lines[0] + ",posture",
            *(f"{line},{('lying', 'sitting')[n % 2]}" for n, line in enumerate(lines[1:-1])),
        ]
        (tmp_path / f"a_{k}.csv").write_text("\n".join(text) + "\n")
    guess = init_study(tmp_path)
    lines = (tmp_path / FILE).read_text().split("\n")
    by_what = {row.what: row for row in guess.rows}
    assert by_what["a_{entity}.csv"].why == "'posture' holds no numbers, and is left out"
    assert by_what["a_{entity}.csv"].status == "could not tell"
    row = by_what["target.column"]
    assert (row.status, lines[row.line - 1].strip()) == ("guessed", "column: label")
    row = by_what["windows.step_s"]
    assert lines[row.line - 1].strip() == "step_s: 1.0"


def test_columns_of_one_prefix_are_one_modality(tmp_path):
    for k in range(3):
        rows = "".join(
            f"{t},{t % 3},{t % 5},{t % 7},1.{t % 4},2,{60 + t % 9},{'ab'[t // 10 % 2]}\n" for t in range(60)
        )
        (tmp_path / f"p{k}.csv").write_text("time,acc_x,acc_y,acc_z,gyr_x,gyr_y,hr,label\n" + rows)
    init_study(tmp_path)
    streams = read_study(tmp_path).spec.streams
    assert {name: s.columns for name, s in streams.items()} == {
        "acc": ("acc_x", "acc_y", "acc_z"),
        "gyr": ("gyr_x", "gyr_y"),
        "hr": ("hr",),
    }


def test_quantities_of_a_long_table_are_modalities(tmp_path):
    rows = [
        f"{s},{h},{what},{v + h % 4}"
        for s in range(8)
        for h in range(24)
        for what, v in (("HR", 80), ("LAC", 1))
    ]
    (tmp_path / "events.csv").write_text("stay,hour,item,value\n" + "\n".join(rows) + "\n")
    (tmp_path / "outcome.csv").write_text("stay,died\n" + "".join(f"{s},{s % 2}\n" for s in range(8)))
    guess = init_study(tmp_path)
    assert not [str(issue) for issue in guess.issues]
    spec = read_study(tmp_path).spec
    assert {name: s.where for name, s in spec.streams.items()} == {
        "hr": {"item": "HR"},
        "lac": {"item": "LAC"},
    }
    # no step is shorter than what lies between two measurements
    assert spec.windows.step_s == 3600


@pytest.mark.parametrize(("rate_hz", "step_s"), [(25.6, 5.0), (51.2, 5.0), (64, 1.0), (32, 1.0), (100, 1.0)])
def test_windows_hold_whole_samples(tmp_path, rate_hz, step_s):
    n = int(rate_hz * 60)
    for k in range(3):
        rows = "".join(f"{t / rate_hz:.6f},{t % 7},{'ab'[int(t / rate_hz / 10) % 2]}\n" for t in range(n))
        (tmp_path / f"p{k}.csv").write_text("time,x,label\n" + rows)
    guess = init_study(tmp_path)
    assert not [issue for issue in guess.issues if issue.level == "error"]
    study = read_study(tmp_path).spec
    assert study.windows.step_s * rate_hz == pytest.approx(round(study.windows.step_s * rate_hz))
    assert study.windows.step_s <= step_s


def test_a_rate_that_wavers_is_read_anew_at_the_round_one(tmp_path):
    for k in range(3):
        g = np.random.default_rng(k)
        times = np.sort(np.arange(1500) / 25 + g.normal(0, 0.006, 1500))
        rows = "".join(f"{t:.4f},{n % 7},{'ab'[n // 250 % 2]}\n" for n, t in enumerate(times))
        (tmp_path / f"p{k}.csv").write_text("time,x,label\n" + rows)
    init_study(tmp_path)
    study = read_study(tmp_path).spec
    assert next(iter(study.streams.values())).resample_hz == 25


def test_a_clock_that_counts_from_1970(tmp_path):
    for unit, per_s in (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)):
        folder = tmp_path / unit
        folder.mkdir()
        for k in range(3):
            rows = "".join(f"{(1_700_000_000 + t) * per_s},{t % 7},{'ab'[t // 10 % 2]}\n" for t in range(60))
            (folder / f"p{k}.csv").write_text("timestamp,x,label\n" + rows)
        assert not init_study(folder).issues
        assert next(iter(read_study(folder).spec.streams.values())).time_unit == unit


def test_a_folder_that_is_not_there_or_holds_no_tables(tmp_path):
    with pytest.raises(InvalidInput, match="must be a folder with the files of a study; there is none"):
        init_study(tmp_path / "nowhere")
    with pytest.raises(InvalidInput, match="must hold tables"):
        init_study(tmp_path)
    assert not (tmp_path / FILE).exists()


def test_files_that_cannot_be_read_are_open(tmp_path):
    write(tmp_path, plain)
    (tmp_path / "broken.csv").write_bytes(bytes(600))
    guess = init_study(tmp_path)
    row = next(row for row in guess.rows if row.what == "broken.csv")
    assert (row.status, row.why.split(",")[0]) == ("could not tell", "holds nothing but NUL bytes")
    assert "broken" not in (tmp_path / FILE).read_text()
