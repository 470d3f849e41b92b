"""What people's files look like: init-study reads the right value from them, or says what it cannot tell."""

import numpy as np
import pandas as pd
import pytest

from interplay.study import init_study, read_study

N = 120
STATES = np.arange(N) // 10 % 2
WORDS = ["sit", "walk"]
HR = 60 + 10 * STATES + np.arange(N) % 3


def table(folder, name, columns, sep=",", encoding="utf-8"):
    """A file of text, cells as they are."""
    rows = [sep.join(columns), *(sep.join(map(str, cells)) for cells in zip(*columns.values(), strict=True))]
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n", encoding=encoding)


def words(states=STATES):
    return [WORDS[state] for state in states]


def errors(guess):
    return [str(issue) for issue in guess.issues if issue.level == "error"]


def rows_of(guess):
    return {(row.status, row.what): row.why for row in guess.rows}


def recordings(folder):
    return list(read_study(folder).recordings())


def times_s(stream):
    return np.arange(len(stream.values)) / stream.rate_hz if stream.times_s is None else stream.times_s


# --- a day and a clock in two columns


@pytest.mark.parametrize(
    ("names", "day", "clock"),
    [
        (("Date", "Time"), "%Y-%m-%d", "%H:%M:%S"),
        (("Date", "Time"), "%d/%m/%Y", "%H:%M:%S"),
        (("Date", "Time"), "%m/%d/%Y", "%I:%M:%S %p"),
        (("Datum", "Uhrzeit"), "%d.%m.%Y", "%H:%M:%S"),
        (("visit_date", "clock time"), "%d-%b-%Y", "%H:%M:%S"),
    ],
)
def test_a_day_and_a_clock_in_two_columns_are_one_time(tmp_path, names, day, clock):
    # two sessions, the first of them over midnight; days of which each can be a month, too
    for k in range(3):
        starts = ("2023-05-01 23:59:30", "2023-05-02 08:00:00")
        when = [pd.Timestamp(start) + pd.Timedelta(seconds=t) for start in starts for t in range(60)]
        dates = {names[0]: [t.strftime(day) for t in when], names[1]: [t.strftime(clock) for t in when]}
        table(tmp_path, f"p{k}.csv", dates | {"hr": HR, "label": words()})
    guess = init_study(tmp_path)
    assert not errors(guess)
    spec = read_study(tmp_path).spec
    assert spec.streams["hr"].time == spec.target.time == names
    recording = recordings(tmp_path)[0]
    pause = 8 * 3600 + 30
    np.testing.assert_allclose(recording.streams["hr"].times_s, np.r_[0:60, pause : pause + 60])
    # the last label before the pause holds for no time
    held = dict(zip(recording.target.start_s, recording.target.values, strict=True))
    assert len(held) >= N - 1
    assert held == {
        t: state for t, state in zip(np.r_[0:60, pause : pause + 60], STATES, strict=True) if t in held
    }


def test_days_and_clocks_of_starts_and_stops_are_not_mixed_up(tmp_path):
    when = pd.date_range("2023-04-01 08:00", periods=N, freq="1min")
    for k in range(3):
        dates = {"Date": when.strftime("%d.%m.%Y"), "Time": when.strftime("%H:%M:%S")}
        table(tmp_path, f"{k}_hr.csv", dates | {"hr": HR})
        start, stop = when[::10], when[9::10]
        spans = {
            "Start Date": start.strftime("%d.%m.%Y"), "End Date": stop.strftime("%d.%m.%Y"),
            "End Time": stop.strftime("%H:%M"), "Start Time": start.strftime("%H:%M"),
        }  # fmt: skip
        table(tmp_path, f"{k}_diary.csv", spans | {"activity": words(STATES[::10])})
    assert not init_study(tmp_path).issues
    target = recordings(tmp_path)[0].target
    np.testing.assert_allclose(target.start_s, 600 * np.arange(12))
    np.testing.assert_allclose(target.stop_s, 600 * np.arange(12) + 540)


def test_a_day_of_birth_is_not_that_of_a_clock(tmp_path):
    for k in range(3):
        clock = [f"10:{t // 60:02d}:{t % 60:02d}" for t in range(N)]
        table(
            tmp_path,
            f"p{k}.csv",
            {"birth date": ["1980-01-01"] * N, "time": clock, "hr": HR, "label": words()},
        )
    assert not errors(init_study(tmp_path))
    assert read_study(tmp_path).spec.streams["hr"].time == "time"


def test_a_row_a_day_needs_no_clock(tmp_path):
    for k in range(3):
        days = pd.date_range("2023-03-01", periods=N).strftime("%Y-%m-%d")
        table(tmp_path, f"p{k}.csv", {"date": days, "time": ["22:50:00"] * N, "hr": HR, "label": words()})
    init_study(tmp_path)
    # a clock that never changes would make it no better; both readings count days
    np.testing.assert_allclose(times_s(recordings(tmp_path)[0].streams["hr"])[:3], [0, 86400, 2 * 86400])


def test_a_clock_without_a_date_counts_from_midnight(tmp_path):
    for k in range(3):
        clock = [f"00:{t // 60:02d}:{t % 60:02d}" for t in range(N)]
        table(tmp_path, f"hr_{k}.csv", {"time": clock, "hr": HR})
        table(tmp_path, f"labels_{k}.csv", {"time": np.arange(0, N, 10), "label": words(STATES[::10])})
    assert not init_study(tmp_path).issues
    recording = recordings(tmp_path)[0]
    np.testing.assert_allclose(recording.target.start_s, np.arange(0, N, 10))
    assert recording.target.values.tolist() == STATES[::10].tolist()


def test_labels_since_the_start_beside_a_clock_of_the_day(tmp_path):
    for k in range(3):
        clock = [f"14:{t // 60:02d}:{t % 60:02d}" for t in range(N)]
        table(tmp_path, f"hr_{k}.csv", {"time": clock, "hr": HR})
        table(tmp_path, f"labels_{k}.csv", {"time": np.arange(0, N, 10), "label": words(STATES[::10])})
    assert not init_study(tmp_path).issues
    assert read_study(tmp_path).spec.target.time_from == "start"
    np.testing.assert_allclose(recordings(tmp_path)[0].target.start_s, np.arange(0, N, 10))


# --- labels among measurements


STAGES = ["Core", "Deep", "Awake"]


def apple(folder, *, in_bed):
    def record(kind, start, stop, value):
        day = pd.Timestamp("2023-05-01 22:00", tz="Europe/Berlin")
        begin, end = ((day + pd.Timedelta(minutes=t)).strftime("%Y-%m-%d %H:%M:%S %z") for t in (start, stop))
        return f'<Record type="{kind}" sourceName="W" startDate="{begin}" endDate="{end}" value="{value}"/>\n'

    sleep, heart = "HKCategoryTypeIdentifierSleepAnalysis", "HKQuantityTypeIdentifierHeartRate"
    for person in range(3):
        records = [record(heart, t, t, 50 + person + t % 7) for t in range(480)]
        records += [record(sleep, 30 * k, 30 * k + 30, STAGES[(k + person) % 3]) for k in range(16)]
        records += [record(sleep, 0, 480, "InBed")] * in_bed
        (folder / f"p{person}").mkdir(exist_ok=True)
        text = f'<?xml version="1.0"?>\n<HealthData>\n{"".join(records)}</HealthData>\n'
        (folder / f"p{person}" / "export.xml").write_text(text)


@pytest.mark.parametrize("in_bed", [False, True])
def test_sleep_of_apple_health_is_a_target(tmp_path, in_bed):
    apple(tmp_path, in_bed=in_bed)
    guess = init_study(tmp_path)
    assert not errors(guess)
    spec = read_study(tmp_path).spec
    assert list(spec.streams) == ["heartrate"]
    assert (spec.target.kind, spec.target.classes) == ("intervals", ("Awake", "Core", "Deep"))
    for person, recording in enumerate(recordings(tmp_path)):
        np.testing.assert_allclose(recording.target.start_s, 1800 * np.arange(16))
        read = [spec.target.classes[value] for value in recording.target.values]
        assert read == [STAGES[(k + person) % 3] for k in range(16)]
        np.testing.assert_allclose(recording.streams["heartrate"].values[:3, 0], 50 + person + np.arange(3))
    assert (("guessed", "target.where") in rows_of(guess)) is in_bed


def test_a_label_among_sensors_of_a_long_table(tmp_path):
    rows = []
    for person in range(4):
        for t in range(N):
            rows.append((person, t, "hr", HR[t]))
            if t % 10 == 0:
                rows.append((person, t, "activity", WORDS[STATES[t]]))
    columns = dict(zip(("subject", "time", "signal", "value"), zip(*rows, strict=True), strict=True))
    table(tmp_path, "all.csv", columns)
    assert not errors(init_study(tmp_path))
    spec = read_study(tmp_path).spec
    assert {name: dict(stream.where) for name, stream in spec.streams.items()} == {"hr": {"signal": "hr"}}
    recording = recordings(tmp_path)[0]
    np.testing.assert_allclose(recording.streams["hr"].values[:, 0], HR)
    assert recording.target.values.tolist() == STATES[::10].tolist()


def test_intervals_of_several_persons_do_not_overlap(tmp_path):
    rows = [(k, 30 * j, 30 * j + 30, WORDS[j % 2]) for k in range(3) for j in range(4)]
    columns = dict(zip(("subject", "start", "stop", "label"), zip(*rows, strict=True), strict=True))
    table(tmp_path, "labels.csv", columns)
    for k in range(3):
        table(tmp_path, f"{k}.csv", {"time": np.arange(N), "hr": HR})
    assert not errors(init_study(tmp_path))
    assert read_study(tmp_path).spec.target.classes == ("sit", "walk")
    # labels.csv is no person, though {entity}.csv would take it
    assert [recording.entity for recording in recordings(tmp_path)] == ["0", "1", "2"]


def test_files_of_labels_beside_files_of_samples(tmp_path):
    for k in range(3):
        table(tmp_path, f"p{k}.csv", {"time": np.arange(N), "hr": HR})
        table(tmp_path, f"p{k}_labels.csv", {"time": np.arange(N), "label": words()})
    assert not init_study(tmp_path).issues
    assert read_study(tmp_path).spec.streams["hr"].files == "{entity}.csv"
    assert [recording.entity for recording in recordings(tmp_path)] == ["p0", "p1", "p2"]


def test_a_log_of_events_without_other_labels_is_the_target(tmp_path):
    for k in range(3):
        table(tmp_path, f"{k}/acc.csv", {"time": np.arange(N), "x": HR})
        # the last person alone does something else
        done = [word if k < 2 else word.replace("sit", "lie") for word in words(STATES[::10])]
        table(tmp_path, f"{k}/events.csv", {"time": np.arange(0, N, 10), "event": done})
    assert not errors(init_study(tmp_path))
    spec = read_study(tmp_path).spec
    assert list(spec.streams) == ["acc"]
    assert spec.target.classes == ("lie", "sit", "walk")


def test_a_log_of_starts_and_stops_is_told(tmp_path):
    for k in range(3):
        table(tmp_path, f"{k}/acc.csv", {"time": np.arange(N), "x": HR})
        log = {
            "time": [0, 20, 60, 80],
            "activity": ["sit", "sit", "walk", "walk"],
            "action": ["Start", "Stop"] * 2,
        }
        table(tmp_path, f"{k}/log.csv", log)
    told = [str(issue) for issue in init_study(tmp_path).issues]
    assert any("'action' says where labels start and stop" in sentence for sentence in told)
    text = (tmp_path / "study.yaml").read_text()
    (tmp_path / "study.yaml").write_text(
        text.replace("  column: activity", "  column: activity\n  where: {action: Start}")
    )
    assert recordings(tmp_path)[0].target.start_s.tolist() == [0, 60]


def test_how_long_labels_last_is_told(tmp_path):
    for k in range(3):
        table(tmp_path, f"{k}/acc.csv", {"time": np.arange(N), "x": HR})
        log = {"onset": np.arange(0, N, 10), "duration": [5] * 12, "trial_type": words(STATES[::10])}
        table(tmp_path, f"{k}/events.csv", log)
    told = [str(issue) for issue in init_study(tmp_path).issues]
    assert any("'duration' seems to say how long labels last" in sentence for sentence in told)
    spec = read_study(tmp_path).spec
    assert list(spec.streams) == ["acc"]
    assert spec.target.column == "trial_type"


def test_signs_give_way_to_words(tmp_path):
    for k in range(3):
        table(tmp_path, f"ecg_{k}.csv", {"time": np.arange(N), "ecg": HR})
        rhythm = ["(N" if state else "(AFIB" for state in STATES[::10]]
        table(
            tmp_path, f"atr_{k}.csv", {"time": np.arange(0, N, 10), "symbol": ["+"] * 12, "aux_note": rhythm}
        )
    assert not errors(init_study(tmp_path))
    assert read_study(tmp_path).spec.target.column == "aux_note"


# --- cells that may mean several things


def test_classes_of_numbers_leave_nan_out(tmp_path):
    for k in range(3):
        labels = ["NaN" if 20 <= t < 30 else f"{STATES[t]}.0" for t in range(N)]
        table(tmp_path, f"p{k}.csv", {"time": np.arange(N), "hr": HR, "label": labels})
    assert not errors(init_study(tmp_path))
    recording = recordings(tmp_path)[0]
    assert read_study(tmp_path).spec.target.classes == ("0.0", "1.0")
    expected = np.where((np.arange(N) >= 20) & (np.arange(N) < 30), -1, STATES)
    assert recording.target.values.tolist() == expected.tolist()


def test_a_word_for_none_among_words_is_doubted(tmp_path):
    for k in range(3):
        labels = ["n/a" if 20 <= t < 30 else WORDS[STATES[t]] for t in range(N)]
        table(tmp_path, f"p{k}.csv", {"time": np.arange(N), "hr": HR, "label": labels})
    told = [row.why for row in init_study(tmp_path).rows]
    assert "'n/a' is taken for a class; if it stands for no label, say format: {missing: [n/a]}" in told


def test_a_class_called_none_is_a_class(tmp_path):
    for k in range(3):
        labels = ["None" if state else "walk" for state in STATES]
        table(tmp_path, f"p{k}.csv", {"time": np.arange(N), "hr": HR, "label": labels})
    assert not init_study(tmp_path).issues
    assert read_study(tmp_path).spec.target.classes == ("None", "walk")


@pytest.mark.parametrize(
    ("sep", "first", "value", "sure"),
    [
        (",", '"1,228"', 1228, False),
        (",", '"1,228.5"', 1228.5, True),
        (";", "1,228", 1.228, False),
        (";", "0,228", 0.228, True),
    ],
)
def test_commas_of_thousands_or_of_decimals(tmp_path, sep, first, value, sure):
    for k in range(3):
        cells = [first.replace("28", f"{t:02d}") for t in range(28, 28 + 60)]
        columns = {"time": np.arange(60), "steps": cells, "label": words(STATES[:60])}
        table(tmp_path, f"p{k}.csv", columns, sep=sep)
    guess = init_study(tmp_path)
    assert recordings(tmp_path)[0].streams["steps"].values[0, 0] == pytest.approx(value)
    opened = [row for row in guess.rows if row.status == "could not tell" and "whether 1,228 is" in row.why]
    assert bool(opened) is not sure


def test_units_after_numbers_are_told(tmp_path):
    for k in range(3):
        columns = {"time": np.arange(N), "hr": HR, "spo2": [f"{value}%" for value in HR], "label": words()}
        table(tmp_path, f"p{k}.csv", columns)
    why = rows_of(init_study(tmp_path))["could not tell", "{entity}.csv"]
    assert why == "'spo2' has '%' after each number, and is left out; write the numbers alone"


# --- files that hold nothing, or cannot be read


def test_a_table_without_rows_is_told_and_left_out(tmp_path):
    for k in range(3):
        table(tmp_path, f"p{k}.csv", {"time": np.arange(N), "hr": HR, "label": words()})
    (tmp_path / "spo2.csv").write_text("id,time,spo2\n")
    guess = init_study(tmp_path)
    assert list(read_study(tmp_path).spec.streams) == ["hr"]
    assert "must have rows below their names" in rows_of(guess)["could not tell", "spo2.csv"]


def test_a_first_file_without_rows_does_not_hide_the_others(tmp_path):
    (tmp_path / "p0.csv").write_text("time,hr,label\n")
    for k in range(1, 4):
        table(tmp_path, f"p{k}.csv", {"time": np.arange(N), "hr": HR, "label": words()})
    init_study(tmp_path)
    assert read_study(tmp_path).spec.streams["hr"].rate_hz == 1.0


@pytest.mark.parametrize(
    ("name", "start", "what"),
    [("labels.xlsx", b"PK\x03\x04", "Excel"), ("labels.mat", b"MATLAB 5.0", "MATLAB")],
)
def test_files_that_are_not_read_are_named(tmp_path, name, start, what):
    for k in range(3):
        table(tmp_path, f"p{k}.csv", {"time": np.arange(N), "hr": HR})
    (tmp_path / name).write_bytes(start + bytes(range(256)) * 4)
    assert what in rows_of(init_study(tmp_path))["could not tell", name]


def test_epochs_of_an_actigraph_with_its_own_dates(tmp_path):
    head = (
        "------------ Data Table File Created By ActiGraph GT3X+ ActiLife v6.13.3 date format M/d/yyyy -----------\n"
        "Serial Number: MOS2A\nStart Time 12:00:00\nStart Date 4/5/2015\nEpoch Period (hh:mm:ss) 00:01:00\n"
        "Download Time 10:00:00\nDownload Date 4/20/2015\nCurrent Memory Address: 0\n"
        "Current Battery Voltage: 4.0     Mode = 12\n--------------------------------------------------\n"
    )
    for k in (101, 102, 103):
        minutes = [f"4/5/2015,{12 + t // 60}:{t % 60:02d}:00,{HR[t]},{t % 5}" for t in range(N)]
        (tmp_path / f"{k}.csv").write_text(head + "Date,Time,Axis1,Lux\n" + "\n".join(minutes) + "\n")
    spans = [(k, 10 * j, 10 * j + 10) for k in (101, 102, 103) for j in range(12)]
    at = [
        [f"2015-04-05 {12 + t // 60}:{t % 60:02d}:00" for t in times] for times in zip(*spans, strict=True)
    ][1:]
    label = [WORDS[j % 2] for _ in range(3) for j in range(12)]
    table(
        tmp_path,
        "wear.csv",
        {"subject": [k for k, *_ in spans], "start": at[0], "stop": at[1], "label": label},
    )
    assert not errors(init_study(tmp_path))
    spec = read_study(tmp_path).spec
    assert list(spec.streams) == ["axis1", "lux"]
    recording = recordings(tmp_path)[0]
    np.testing.assert_allclose(recording.streams["axis1"].values[:, 0], HR)
    np.testing.assert_allclose(recording.target.start_s, 600 * np.arange(12))
