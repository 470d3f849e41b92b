"""Times in every unit and dates in every form are the seconds that they say."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from one_table import ROWS, SPEC, first_error, write

from interplay.study import check_study, read_study

BERLIN = ZoneInfo("Europe/Berlin")
QUARTER = 900


def study(folder, times, spec):
    def text_of(k):
        return "time;hr;label\n" + "".join(f"{t};{k + n};{'ab'[n // 10 % 2]}\n" for n, t in enumerate(times))

    return write(folder, text_of, 'format: {separator: ";"FORM}\n'.replace("FORM", "") + spec)


def times_of(folder):
    stream = next(read_study(folder).recordings()).streams["hr"]
    return stream.times_s


def spec_of(unit, form=""):
    spec = SPEC.replace("time: time, rate_hz: 1", f"time: time, time_unit: {unit}")
    spec = spec.replace("classes: [a, b], time: time", f"classes: [a, b], time: time, time_unit: {unit}")
    return spec.replace("steps: 5", "steps: 5, max_gap_s: 1e9") if not form else spec


@pytest.mark.parametrize(("unit", "per_s"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)])
def test_numbers_since_1970(tmp_path, unit, per_s):
    folder = study(tmp_path, [(1_700_000_000 + n) * per_s for n in range(ROWS)], spec_of(unit))
    assert not check_study(folder)
    # float64 holds 1.7e9 s to 0.24 us
    np.testing.assert_allclose(times_of(folder), np.arange(ROWS), atol=1e-6)


@pytest.mark.parametrize(("unit", "seconds"), [("min", 60), ("h", 3600), ("d", 86400)])
def test_numbers_from_anywhere(tmp_path, unit, seconds):
    folder = study(tmp_path, range(ROWS), spec_of(unit).replace("step_s: 1", f"step_s: {seconds}"))
    np.testing.assert_allclose(times_of(folder), seconds * np.arange(ROWS))


def test_days_of_a_spreadsheet(tmp_path):
    folder = study(tmp_path, [f"{45000.5 + n / 86400:.10f}" for n in range(ROWS)], spec_of("excel"))
    # ten decimals of a day are 9 us
    np.testing.assert_allclose(times_of(folder), np.arange(ROWS), atol=1e-5)


FORMS = {
    "%Y-%m-%d %H:%M:%S": None,
    "%Y-%m-%dT%H:%M:%S": None,
    "%d.%m.%Y %H:%M:%S": "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M": "%d.%m.%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p": "%m/%d/%Y %I:%M:%S %p",
    "%Y%m%d%H%M%S": "%Y%m%d%H%M%S",
    "%H:%M:%S": "%H:%M:%S",
}


@pytest.mark.parametrize("form", FORMS)
def test_dates_in_other_forms(tmp_path, form):
    dates = [dt.datetime(2023, 5, 30, 22) + dt.timedelta(seconds=QUARTER * n) for n in range(ROWS)]
    texts, spec = [d.strftime(form) for d in dates], spec_of("datetime").replace("step_s: 1,", "step_s: 900,")
    folder = study(tmp_path, texts, spec)
    if FORMS[form]:
        assert f'"{form}"' in first_error(folder)
        said = f'format: {{separator: ";", time_format: "{form}"}}'
        text = (folder / "study.yaml").read_text().replace('format: {separator: ";"}', said)
        (folder / "study.yaml").write_text(text)
    assert not check_study(folder)
    # the clock goes on after midnight
    np.testing.assert_allclose(times_of(folder), QUARTER * np.arange(ROWS))


@pytest.mark.parametrize("start", ["2023-10-28 22:00", "2023-03-25 22:00"])
@pytest.mark.parametrize("way", ["offsets", "zone"])
def test_nights_in_which_clocks_are_changed(tmp_path, start, way):
    first = dt.datetime.fromisoformat(start).replace(tzinfo=dt.UTC)
    dates = [(first + dt.timedelta(seconds=QUARTER * n)).astimezone(BERLIN) for n in range(ROWS)]
    spec = spec_of("datetime").replace("step_s: 1,", "step_s: 900,")
    if way == "offsets":
        folder = study(tmp_path, [d.strftime("%Y-%m-%d %H:%M:%S %z") for d in dates], spec)
    else:
        folder = study(tmp_path, [d.strftime("%Y-%m-%d %H:%M:%S") for d in dates], spec)
        text = (folder / "study.yaml").read_text()
        (folder / "study.yaml").write_text(text.replace('";"}', '";", time_zone: Europe/Berlin}'))
    assert not check_study(folder)
    np.testing.assert_allclose(times_of(folder), QUARTER * np.arange(ROWS))


def test_a_night_without_a_zone_is_told_as_such(tmp_path):
    first = dt.datetime(2023, 10, 28, 22, tzinfo=dt.UTC)
    dates = [(first + dt.timedelta(seconds=QUARTER * n)).astimezone(BERLIN) for n in range(ROWS)]
    folder = study(tmp_path, [d.strftime("%Y-%m-%d %H:%M:%S") for d in dates], spec_of("datetime"))
    assert "Do clocks end summer time there? Say format: {time_zone: ...}" in first_error(folder)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2023-02-30 00:00:00", "must be a date such as 2024-03-01 12:30:00; '2023-02-30 00:00:00' is not"),
        ("0001-01-01 00:00:00", "must not go back"),
        ("", "it is empty"),
        ("2023-01-01 00:00:05Z", "must name a time zone in all rows or in none"),
    ],
)
def test_a_date_that_is_none(tmp_path, text, sentence):
    texts = [f"2023-01-01 00:00:{n:02d}" for n in range(ROWS)]
    texts[5] = text
    assert sentence in first_error(study(tmp_path, texts, spec_of("datetime")))


@pytest.mark.parametrize("times", [[None] * 40, np.arange(40).astype("timedelta64[s]"), [[1, 2]] * 40])
def test_a_column_that_holds_no_times(tmp_path, times):
    table = pd.DataFrame({"id": ["p"] * 40, "time": list(times), "x": 1.0, "label": ["a", "b"] * 20})
    table.to_parquet(tmp_path / "all.parquet")
    (tmp_path / "study.yaml").write_text(
        "streams:\n  x: {files: all.parquet, entity: id, columns: [x], time: time}\n"
        "target: {files: all.parquet, entity: id, column: label, classes: [a, b], time: time}\n"
        "windows: {step_s: 1, steps: 5}\n"
    )
    said = first_error(tmp_path)
    assert "all.parquet, row 2: the time 'time' must be a number" in said
