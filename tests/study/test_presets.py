"""Exports of devices and standard layouts, by name: every preset gives the values, times and rates that went in."""

import numpy as np
import pandas as pd
import pytest

from interplay.study import check_study, init_study, read_study

T0 = 1_544_027_337.0
INTERVALS = "kind: intervals, start: start, stop: stop"


def labels(folder, people, start, step):
    """Two spans for each person, and the part of study.yaml about them."""
    rows = [f"{who},{start + k * step},{start + (k + 1) * step},{'ab'[k]}" for who in people for k in (0, 1)]
    (folder / "labels.csv").write_text("who,start,stop,label\n" + "\n".join(rows) + "\n")
    return f"target: {{files: labels.csv, entity: who, column: label, classes: [a, b], {INTERVALS}}}\n"


def read(folder, spec):
    (folder / "study.yaml").write_text(spec)
    assert [str(issue) for issue in check_study(folder) if issue.level == "error"] == []
    return list(read_study(folder).recordings())


def test_empatica_e4(tmp_path):
    g = np.random.default_rng(0)
    acc, eda = g.integers(-64, 64, (32 * 20, 3)), g.uniform(0, 5, 4 * 20).round(3)
    for who in ("S1", "S2"):
        (tmp_path / who).mkdir()
        top = f"{T0:.6f}, {T0:.6f}, {T0:.6f}\n32.000000, 32.000000, 32.000000\n"
        (tmp_path / who / "ACC.csv").write_text(top + "".join(f"{x},{y},{z}\n" for x, y, z in acc))
        (tmp_path / who / "EDA.csv").write_text(f"{T0:.6f}\n4.000000\n" + "".join(f"{v}\n" for v in eda))
        (tmp_path / who / "IBI.csv").write_text(f"{T0:.6f}, IBI\n1.5,0.75\n2.25,0.80\n")
        (tmp_path / who / "tags.csv").write_text(f"{T0 + 3:.2f}\n")
    target = labels(tmp_path, ("S1", "S2"), int(T0), 10)
    names = ("acc: ACC", "eda: EDA", "ibi: IBI", "tags: tags")
    streams = "".join('  {}: {{files: "{{entity}}/{}.csv"}}\n'.format(*name.split(": ")) for name in names)
    spec = f"format: empatica_e4\nstreams:\n{streams}{target}windows: {{step_s: 1, steps: 5}}\n"
    streams = read(tmp_path, spec)[0].streams
    np.testing.assert_array_equal(streams["acc"].values, acc)
    np.testing.assert_allclose(streams["eda"].values[:, 0], eda, atol=1e-6)
    assert (streams["acc"].rate_hz, streams["eda"].rate_hz) == (32, 4)
    assert streams["acc"].start_s == streams["eda"].start_s
    np.testing.assert_allclose(streams["ibi"].times_s, [1.5, 2.25], atol=1e-6)
    np.testing.assert_allclose(streams["ibi"].values[:, 0], [0.75, 0.80], atol=1e-6)
    np.testing.assert_allclose(streams["tags"].times_s, [3.0], atol=1e-6)


@pytest.mark.parametrize("header", [True, False])
def test_actigraph(tmp_path, header):
    g = np.random.default_rng(0).normal(size=(30 * 20, 3)).round(3)
    top = (
        "--- Data File Created By ActiGraph GT3X+ ActiLife v6.13.3 Firmware v1.9.2 date format d/MM/yyyy at "
        "30 Hz  Filter Normal ---\nSerial Number: X\nStart Time 17:33:00\nStart Date 2/04/2015\nEpoch Period "
        "(hh:mm:ss) 00:00:00\nDownload Time 00:01:58\nDownload Date 1/01/2007\nCurrent Memory Address: "
        "0\nCurrent Battery Voltage: 3.3     Mode = 12\n--------\n"
    )
    names = "Accelerometer X,Accelerometer Y,Accelerometer Z\n" if header else ""
    for who in ("S1", "S2"):
        (tmp_path / f"{who}_raw.csv").write_text(top + names + "".join(f"{x},{y},{z}\n" for x, y, z in g))
    rows = [f"{who},2015-04-02 17:33:{10 * k:02d},2015-04-02 17:33:{10 * k + 10},{'ab'[k]}" for who in ("S1", "S2")
            for k in (0, 1)]  # fmt: skip
    (tmp_path / "labels.csv").write_text("who,start,stop,label\n" + "\n".join(rows) + "\n")
    spec = (
        'streams:\n  acc: {files: "{entity}_raw.csv", format: actigraph, columns: [Accelerometer X, Accelerometer Y, '
        "Accelerometer Z], rate_hz: 30}\ntarget: {files: labels.csv, entity: who, column: label, classes: "
        f"[a, b], {INTERVALS}, time_unit: datetime}}\nwindows: {{step_s: 1, steps: 5}}\n"
    )
    recording = read(tmp_path, spec)[0]
    np.testing.assert_allclose(recording.streams["acc"].values, g, atol=1e-6)
    # both clocks are those on the wall, so that labels begin with the samples
    np.testing.assert_allclose(recording.target.start_s, [0, 10], atol=1e-6)


def test_shimmer(tmp_path):
    g = np.random.default_rng(0).normal(size=(512, 2)).round(3)
    names = [f"Shimmer_5E20_{name}_CAL" for name in ("Timestamp_Unix", "Accel_LN_X", "GSR_Skin_Conductance")]
    top = f"sep=,\n{','.join(names)},\nms,m/(s^2),uS,\n"
    rows = "".join(f"{1000 * T0 + 1000 * k / 51.2:.5f},{x},{y},\n" for k, (x, y) in enumerate(g))
    for who in ("S1", "S2"):
        (tmp_path / f"{who}_log.csv").write_text(top + rows)
    target = labels(tmp_path, ("S1", "S2"), int(T0), 5)
    spec = (
        'streams:\n  x: {files: "{entity}_log.csv", format: shimmer, columns: [Accel_LN_X, GSR_Skin_Conductance], '
        f"time: Timestamp_Unix, time_unit: ms, rate_hz: 51.2}}\n{target}windows: {{step_s: 5, steps: 1}}\n"
    )
    stream = read(tmp_path, spec)[0].streams["x"]
    np.testing.assert_allclose(stream.values, g, atol=1e-6)
    assert stream.units == ("m/(s^2)", "uS")


def test_fitbit(tmp_path):
    times = pd.date_range("2016-04-12 11:59:00", periods=60, freq="5s")
    rows = "".join(
        f"{who},{t.month}/{t.day}/{t.year} "
        f"{t.strftime('%I:%M:%S %p').lstrip('0')},{60 + k},{'am' if t.hour < 12 else 'pm'}\n"
        for who in (2022484408, 4020332650)
        for k, t in enumerate(times)
    )
    (tmp_path / "hr.csv").write_text("Id,Time,Value,half\n" + rows)
    spec = (
        "format: fitbit\nstreams:\n  hr: {files: hr.csv, columns: [Value], time: Time, rate_hz: 0.2}\n"
        "target: {files: hr.csv, format: fitbit, column: half, classes: [am, pm], time: Time}\n"
        "windows: {step_s: 5, steps: 4}\n"
    )
    recordings = read(tmp_path, spec)
    assert [r.entity for r in recordings] == ["2022484408", "4020332650"]
    assert len(recordings[0].streams["hr"].values) == 60
    # noon is after twelve samples
    assert recordings[0].target.values.tolist() == [0] * 12 + [1] * 48


def test_apple_health(tmp_path):
    def record(kind, start, stop, value):
        day = "2023-05-01 10:"
        return (
            f'<Record type="{kind}" sourceName="W" startDate="{day}{start // 60:02d}:{start % 60:02d} +0200" '
            f'endDate="{day}{stop // 60:02d}:{stop % 60:02d} +0200" value="{value}"/>\n'
        )

    # records come in any order
    hr = [record("HKQuantityTypeIdentifierHeartRate", k, k, 60 + k) for k in range(0, 600, 5)][::-1]
    sleep = [
        record("HKCategoryTypeIdentifierSleepAnalysis", 60 * k, 60 * k + 60, "ab"[k % 2]) for k in range(10)
    ]
    for who in ("p1", "p2"):
        (tmp_path / who).mkdir()
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<HealthData>\n{"".join(hr + sleep)}</HealthData>\n'
        (tmp_path / who / "export.xml").write_text(text)
    files = 'files: "{entity}/export.xml"'
    spec = (
        f"format: apple_health\nstreams:\n  hr: {{{files}, where: {{type: HeartRate}}, columns: [value]}}\n"
        f"target: {{{files}, where: {{type: SleepAnalysis}}, column: value, classes: [a, b], kind: intervals}}\n"
        "windows: {step_s: 5, steps: 4}\n"
    )
    recording = read(tmp_path, spec)[0]
    np.testing.assert_allclose(recording.streams["hr"].times_s, np.arange(0, 600, 5))
    np.testing.assert_allclose(recording.streams["hr"].values[:, 0], 60 + np.arange(0, 600, 5))
    assert recording.target.values.tolist() == [0, 1] * 5


def meds(folder):
    rows = []
    for who in range(6):
        rows += [(who, None, "GENDER//F", None), (who, pd.Timestamp("1970-03-01"), "MEDS_BIRTH", None)]
        for hour in range(24):
            rows.append((who, pd.Timestamp("2150-01-01") + pd.Timedelta(hours=hour), "HR", 80.0 + who))
    table = pd.DataFrame(rows, columns=["subject_id", "time", "code", "numeric_value"])
    for k, split in enumerate(("train", "tuning", "held_out")):
        (folder / "data" / split).mkdir(parents=True)
        shard = table[table.subject_id % 3 == k].astype({"numeric_value": "float32"})
        shard.to_parquet(folder / "data" / split / "0.parquet", index=False)
    known = [(who, pd.Timestamp("2150-01-02"), bool(who % 2)) for who in range(6)]
    names = ["subject_id", "prediction_time", "boolean_value"]
    pd.DataFrame(known, columns=names).to_parquet(folder / "labels.parquet", index=False)


def test_meds(tmp_path):
    meds(tmp_path)
    spec = (
        'format: meds\nstreams:\n  hr: {files: "data/*/*.parquet", where: {code: HR}, columns: [numeric_value]}\n'
        'target: {files: labels.parquet, column: boolean_value, classes: ["False", "True"], kind: entity}\n'
        "windows: {step_s: 3600, steps: 12}\n"
    )
    recordings = read(tmp_path, spec)
    assert [r.entity for r in recordings] == list("012345")
    for who, recording in enumerate(recordings):
        assert recording.streams["hr"].values[:, 0].tolist() == [80 + who] * 24
        assert recording.target.values.tolist() == [who % 2]
        np.testing.assert_allclose(recording.target.start_s, [86400])


def test_the_guess_takes_shards_of_meds_as_one_table(tmp_path):
    meds(tmp_path)
    guess = init_study(tmp_path)
    assert not [issue for issue in guess.issues if issue.level == "error"]
    assert len(read_study(tmp_path).entities) == 6
    assert any(row.status == "found" and row.what == "data/*/*.parquet" for row in guess.rows)


def test_edf(tmp_path):
    library = pytest.importorskip("pyedflib")
    g = np.random.default_rng(0)
    eeg, temperature = g.uniform(-90, 90, 100 * 60), g.uniform(-90, 90, 60)
    for who in ("S1", "S2"):
        file = library.EdfWriter(str(tmp_path / f"{who}.edf"), 2, file_type=library.FILETYPE_EDFPLUS)
        limits = {"physical_max": 100, "physical_min": -100, "digital_max": 32767, "digital_min": -32768}
        header = {"transducer": "", "prefilter": "", **limits}
        file.setSignalHeaders(
            [
                {"label": "EEG Fpz", "dimension": "uV", "sample_frequency": 100, **header},
                {"label": "Temp", "dimension": "degC", "sample_frequency": 1, **header},
            ]
        )
        file.writeSamples([eeg, temperature])
        for k in range(6):
            file.writeAnnotation(10 * k, 10, ["Sleep stage W", "Sleep stage N2"][k % 2])
        file.close()
    guess = init_study(tmp_path)
    assert not [issue for issue in guess.issues if issue.level == "error"]
    recording = next(read_study(tmp_path).recordings())
    # 16 bits of 200 uV are 0.003 uV
    np.testing.assert_allclose(recording.streams["eeg_fpz"].values[:, 0], eeg, atol=0.004)
    np.testing.assert_allclose(recording.streams["temp"].values[:, 0], temperature, atol=0.004)
    assert (recording.streams["eeg_fpz"].rate_hz, recording.streams["temp"].rate_hz) == (100, 1)
    assert recording.streams["temp"].units == ("degC",)
    assert [recording.classes[k] for k in recording.target.values] == ["Sleep stage W", "Sleep stage N2"] * 3
    (tmp_path / "S1.edf").write_bytes((tmp_path / "S1.edf").read_bytes()[:3000])
    assert "S1.edf: is cut off: its header says 60 records" in str(check_study(tmp_path)[0])


def test_wfdb(tmp_path):
    library = pytest.importorskip("wfdb")
    signal = np.random.default_rng(0).uniform(-1, 1, (3000, 2))
    for who in ("100", "101"):
        library.wrsamp(
            who, fs=50, units=["mV", "mV"], sig_name=["MLII", "V5"], p_signal=signal, fmt=["16", "16"],
            write_dir=str(tmp_path),
        )  # fmt: skip
        library.wrann(who, "atr", np.arange(0, 3000, 500), symbol=list("NVNVNV"), write_dir=str(tmp_path))
    guess = init_study(tmp_path)
    assert not [issue for issue in guess.issues if issue.level == "error"]
    recording = next(read_study(tmp_path).recordings())
    np.testing.assert_allclose(
        recording.streams["mlii"].values[:, 0], signal[:, 0], atol=1e-4
    )  # 16 bits of 2 mV
    assert recording.streams["v5"].units == ("mV",)
    assert recording.target.start_s.tolist() == [0, 10, 20, 30, 40, 50]
    assert [recording.classes[k] for k in recording.target.values] == list("NVNVNV")
    (tmp_path / "101.dat").write_bytes((tmp_path / "101.dat").read_bytes()[:3000])
    assert "is cut off: its header says 3000 samples of 2 signals" in str(check_study(tmp_path)[0])


def test_a_preset_that_there_is_not(tmp_path):
    (tmp_path / "study.yaml").write_text(
        'streams:\n  x: {files: "{entity}.csv", format: empatica, rate_hz: 1}\n'
        'target: {files: "{entity}.csv", column: y, time: t}\nwindows: {step_s: 1, steps: 5}\n'
    )
    assert "format must be one of ['actigraph', 'apple_health', 'edf', 'empatica_e4'" in str(
        check_study(tmp_path)[0]
    )
