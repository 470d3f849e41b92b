"""Several recordings of a person: by names of files, by columns, by a table; one person is never on both sides."""

import numpy as np
import pytest

import interplay as ip
from interplay.study import check_study, init_study, read_study

PEOPLE = ("P1", "P2", "P3", "P4")
SESSIONS = ("1", "2", "10")
WINDOWS = "windows: {step_s: 1, steps: 5}\n"
LABELS = "column: label, classes: [a, b], time: time"


def rows(person: int, session: int, before: str = "") -> str:
    """40 s of a session that begins at 1,000 s times its number."""
    values = [100 + 10 * person + session + t / 100 for t in range(40)]
    return "".join(f"{before}{1000 * session + t},{x},{'ab'[t // 10 % 2]}\n" for t, x in enumerate(values))


def by_names(folder):
    for p, person in enumerate(PEOPLE):
        (folder / person).mkdir(parents=True)
        for s, session in enumerate(SESSIONS):
            (folder / person / f"session_{session}.csv").write_text("time,x,label\n" + rows(p, s))
    files = 'files: "{entity}/session_{recording}.csv"'
    return f"streams:\n  x: {{{files}, columns: [x], time: time, rate_hz: 1}}\ntarget: {{{files}, {LABELS}}}\n{WINDOWS}"


def by_columns(folder):
    text = [rows(p, s, f"{a},{b},") for p, a in enumerate(PEOPLE) for s, b in enumerate(SESSIONS)]
    (folder / "all.csv").write_text("who,session,time,x,label\n" + "".join(text))
    files = "files: all.csv, entity: who, recording: session"
    return f"streams:\n  x: {{{files}, columns: [x], time: time, rate_hz: 1}}\ntarget: {{{files}, {LABELS}}}\n{WINDOWS}"


def by_a_column_in_files(folder):
    for p, person in enumerate(PEOPLE):
        for s, session in enumerate(SESSIONS):
            text = "who,time,x,label\n" + rows(p, s, f"{person},")
            (folder / f"{p}{s}_{session}.csv").write_text(text)
    files = 'files: "*_{recording}.csv", entity: who'
    return f"streams:\n  x: {{{files}, columns: [x], time: time, rate_hz: 1}}\ntarget: {{{files}, {LABELS}}}\n{WINDOWS}"


def by_a_table(folder):
    table = ["file,subject"]
    for p, person in enumerate(PEOPLE):
        for s, session in enumerate(SESSIONS):
            (folder / f"rec_{p}x{session}.csv").write_text("time,x,label\n" + rows(p, s))
            table.append(f"{p}x{session},{person}")
    (folder / "sessions.csv").write_text("\n".join(table) + "\n")
    files = 'files: "rec_{recording}.csv"'
    return (
        "entity: {file: sessions.csv, recording: file, entity: subject}\n"
        f"streams:\n  x: {{{files}, columns: [x], time: time, rate_hz: 1}}\ntarget: {{{files}, {LABELS}}}\n{WINDOWS}"
    )


@pytest.mark.parametrize("form", [by_names, by_columns, by_a_column_in_files, by_a_table])
def test_recordings_belong_to_their_person(tmp_path, form):
    (tmp_path / "study.yaml").write_text(form(tmp_path))
    assert not check_study(tmp_path)
    recordings = list(read_study(tmp_path).recordings())
    assert [r.entity for r in recordings] == [person for person in PEOPLE for _ in SESSIONS]
    # session 10 comes after session 2
    first = [float(r.streams["x"].values[0, 0]) for r in recordings]
    assert first == [100 + 10 * p + s for p in range(4) for s in range(3)]
    windows = ip.make_windows(recordings, step_s=1, steps=5)
    assert set(windows.entities) == set(PEOPLE)
    # 40 s are 40 steps and 36 windows of 5; none reaches over from one session to the next
    assert len(windows) == 4 * 3 * 36
    train, test = ip.split_by_entity(windows)
    assert not set(train.entities) & set(test.entities)


def test_labels_of_a_whole_person_are_those_of_each_session(tmp_path):
    spec = by_names(tmp_path)
    text = [rows(p, s, f"{a},") for p, a in enumerate(PEOPLE) for s in range(3)]
    (tmp_path / "labels.csv").write_text("who,time,x,label\n" + "".join(text))
    target = f"target: {{files: labels.csv, entity: who, {LABELS}}}\n"
    (tmp_path / "study.yaml").write_text(spec.split("target:")[0] + target + WINDOWS)
    assert not check_study(tmp_path)
    for recording in read_study(tmp_path).recordings():
        np.testing.assert_array_equal(recording.target.values[:40], np.arange(40) // 10 % 2)


def test_a_person_in_a_column_of_several_entities_is_told(tmp_path):
    spec = by_a_column_in_files(tmp_path).replace('"*_{recording}.csv", entity: who', '"{entity}.csv"')
    (tmp_path / "study.yaml").write_text(spec)
    sentences = [issue.sentence for issue in check_study(tmp_path)]
    assert any("one person would be in training and in test" in s and "'who' is 'P1'" in s for s in sentences)


def test_names_of_one_person_are_told(tmp_path):
    for p, person in enumerate(PEOPLE):
        for s, session in enumerate(SESSIONS):
            (tmp_path / f"{person}_{session}.csv").write_text("time,x,label\n" + rows(p, s))
    files = 'files: "{entity}.csv"'
    (tmp_path / "study.yaml").write_text(
        f"streams:\n  x: {{{files}, columns: [x], time: time, rate_hz: 1}}\ntarget: {{{files}, {LABELS}}}\n{WINDOWS}"
    )
    said = " ".join(issue.sentence for issue in check_study(tmp_path))
    assert "seem to be several recordings of 'P1', who would be in training and in test" in said


def test_persons_of_a_table_of_side_inputs_are_told(tmp_path):
    spec = by_a_table(tmp_path).split("\n", 1)[1].replace("{recording}", "{entity}")
    file, *lines = (tmp_path / "sessions.csv").read_text().split()
    (tmp_path / "sessions.csv").write_text(
        "\n".join([f"{file},age", *(f"{line},40" for line in lines)]) + "\n"
    )
    (tmp_path / "study.yaml").write_text(
        spec + "static: {file: sessions.csv, entity: file, columns: [age]}\n"
    )
    said = " ".join(issue.sentence for issue in check_study(tmp_path))
    assert "Say entity: {file: sessions.csv, recording: file, entity: subject}" in said


def test_a_recording_that_the_table_does_not_know(tmp_path):
    (tmp_path / "study.yaml").write_text(by_a_table(tmp_path))
    (tmp_path / "rec_new.csv").write_text("time,x,label\n" + rows(0, 0))
    said = str(check_study(tmp_path)[0])
    assert "sessions.csv must say whose recording 'new' is, in 'file'; it does not" in said


@pytest.mark.parametrize("form", [by_names, by_a_column_in_files, by_a_table])
def test_the_guess_keeps_persons_together(tmp_path, form):
    form(tmp_path)
    guess = init_study(tmp_path)
    assert not [str(issue) for issue in guess.issues if issue.level == "error"]
    assert {r.entity for r in read_study(tmp_path).recordings()} == set(PEOPLE)


def test_pauses_that_windows_may_not_cross(tmp_path):
    for k in range(3):
        times = [*range(50), *range(10_000, 10_050)]
        text = "".join(f"{t},{t % 7},{'ab'[t // 10 % 2]}\n" for t in times)
        (tmp_path / f"a_{k}.csv").write_text("time,x,label\n" + text)
    spec = (
        'streams:\n  x: {files: "a_{entity}.csv", columns: [x], time: time}\n'
        f'target: {{files: "a_{{entity}}.csv", {LABELS}}}\nwindows: {{step_s: 1, steps: 10}}\n'
    )
    (tmp_path / "study.yaml").write_text(spec)
    assert "Say windows: {max_gap_s: ...}" in str(check_study(tmp_path)[0])
    (tmp_path / "study.yaml").write_text(spec.replace("steps: 10", "steps: 10, max_gap_s: 60"))
    assert not check_study(tmp_path)
    windows = ip.make_windows(list(read_study(tmp_path).recordings()), step_s=1, steps=10, max_gap_s=60)
    # 49 whole steps before the pause, 50 from 9,999 s on
    assert len(windows) == 3 * (40 + 41)
