"""Machines: the hydraulic rig and the water testbed, compact and in their official layouts."""

import shutil

import numpy as np
import pytest

import interplay as ip
from interplay.datasets import find_dataset
from interplay.datasets.hydraulic import PARTS, SENSORS
from interplay.datasets.skab import COLUMNS
from interplay.errors import DamagedFile, InvalidInput
from shared_data import shared

RIG = ("hydraulic_cooler", "hydraulic_valve", "hydraulic_pump", "hydraulic_accumulator")
CONDITIONS = np.array([[3, 100, 0, 130, 1], [3, 100, 0, 130, 0], [20, 100, 0, 130, 0], [20, 80, 2, 90, 0]])
SAMPLES = {"pressure": 6000, "motor_power": 6000, "flow": 600, "temperature": 60, "vibration": 60}


def write_rig(root):
    """Rows of as many samples as the official texts have; sensor s of cycle c holds 100 c + s + second / 100."""
    np.savetxt(root / "profile.txt", CONDITIONS, fmt="%d", delimiter="\t")
    number = 0
    for modality, (sensors, _) in SENSORS.items():
        second = np.repeat(np.arange(60), SAMPLES[modality] // 60)
        # the samples of a second differ, and their mean is the second's
        wave = np.tile([0.5, -0.5], len(second))[: len(second)] if SAMPLES[modality] > 60 else 0.0
        for name in sensors:
            rows = 100 * np.arange(len(CONDITIONS))[:, None] + number + second / 100 + wave
            np.savetxt(root / f"{name}.txt", rows, fmt="%.4f", delimiter="\t")
            number += 1


@pytest.mark.slow
def test_runs_of_the_rig_are_as_published():
    counts = {
        "hydraulic_cooler": [732, 732, 741],
        "hydraulic_valve": [360, 360, 360, 1125],
        "hydraulic_pump": [1221, 492, 492],
        "hydraulic_accumulator": [808, 399, 399, 599],
    }
    for name in RIG:
        recordings = ip.load_dataset(name, shared("hydraulic_1hz"))
        windows = ip.make_windows(recordings, **find_dataset(name).card.window_options)
        # the README of the data: 194 runs, 2,205 cycles
        assert len({r.entity for r in recordings}) == 194
        assert np.bincount(windows.y).tolist() == counts[name]
        assert windows.length * windows.step_s == 60.0


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    """The official layout; who changes it changes a copy."""
    root = tmp_path_factory.mktemp("rig")
    write_rig(root)
    return root


@pytest.mark.slow
def test_official_texts_of_the_rig_become_means_over_seconds(rig):
    for name, grades in zip(RIG, ([0, 1, 1], [3, 3, 1], [0, 0, 2], [3, 3, 0]), strict=True):
        runs = ip.load_dataset(name, rig)
        # the second cycle is of the same condition as the first, but for its last column
        assert [len(r.streams["flow"].values) for r in runs] == [120, 60, 60]
        assert [r.target.values[0] for r in runs] == grades
    pressure, flow = (runs[1].streams[name].values for name in ("pressure", "flow"))
    # run 2 is cycle 2; PS6 is sensor 5, FS2 sensor 8
    np.testing.assert_allclose(pressure[:, 5], 205 + np.arange(60) / 100, atol=1e-4)
    np.testing.assert_allclose(flow[:, 1], 208 + np.arange(60) / 100, atol=1e-4)


@pytest.mark.slow
def test_both_forms_of_the_rig_are_the_same(rig, tmp_path):
    texts = ip.load_dataset("hydraulic_valve", rig)
    sensors = [name for names, _ in SENSORS.values() for name in names]
    cycles = np.concatenate(
        [np.concatenate([r.streams[m].values for m in SENSORS], axis=1) for r in texts]
    ).reshape(len(CONDITIONS), 60, len(sensors))
    (tmp_path / "compact").mkdir()
    labels = {part: CONDITIONS[:, k] for k, part in enumerate(PARTS)}
    np.savez(tmp_path / "compact" / "hydraulic_1hz.npz", x=cycles, sensors=sensors, **labels)
    arrays = ip.load_dataset("hydraulic_valve", tmp_path / "compact")
    for one, other in zip(texts, arrays, strict=True):
        assert one.entity == other.entity
        for name in SENSORS:
            np.testing.assert_array_equal(one.streams[name].values, other.streams[name].values)


@pytest.mark.slow
def test_a_rig_that_is_not_as_described_is_told(rig, tmp_path):
    with pytest.raises(InvalidInput, match=r"must hold hydraulic_1hz\.npz, or the official texts"):
        ip.load_dataset("hydraulic_pump", tmp_path)
    shutil.copytree(rig, tmp_path, dirs_exist_ok=True)
    np.savetxt(tmp_path / "TS3.txt", np.zeros((len(CONDITIONS), 61)))
    with pytest.raises(DamagedFile, match=r"TS3\.txt must have 60 columns; it has 61"):
        ip.load_dataset("hydraulic_pump", tmp_path)
    np.savetxt(tmp_path / "TS3.txt", np.zeros((3, 60)))
    with pytest.raises(DamagedFile, match=r"TS3\.txt must have a row for each of 4 cycles; it has 3"):
        ip.load_dataset("hydraulic_pump", tmp_path)
    shutil.copytree(rig, tmp_path, dirs_exist_ok=True)
    np.savetxt(tmp_path / "profile.txt", CONDITIONS + np.array([0, 0, 7, 0, 0]), fmt="%d", delimiter="\t")
    with pytest.raises(DamagedFile, match=r"pump_leak must be one of \(0, 1, 2\); got 7"):
        ip.load_dataset("hydraulic_pump", tmp_path)


def test_experiments_of_the_testbed_are_as_published():
    recordings = ip.load_dataset("skab", shared("skab"))
    assert len(recordings) == len({r.entity for r in recordings}) == 35
    # the README of the data: 46,806 rows, 13,067 of them anomalous
    labels = np.concatenate([r.target.values for r in recordings])
    assert (len(labels), labels.sum()) == (46_806, 13_067)
    normal = next(r for r in recordings if r.entity == "anomaly-free")
    assert not normal.target.values.any()


def write_testbed(root, sep=";", columns=COLUMNS):
    for name, n in {"anomaly-free/anomaly-free": 40, "other/9": 40, "valve1/0": 60}.items():
        path = root / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        labelled = not name.startswith("anomaly-free")
        head = ["datetime", *columns, *(["anomaly", "changepoint"] if labelled else [])]
        rows = [
            [f"2020-03-09 10:{k // 60:02d}:{k % 60:02d}", *(f"{c}.{k:02d}" for c in range(len(columns))),
             *([f"{float(k >= 30)}", f"{float(k == 30)}"] if labelled else [])]
            for k in range(n) if k != 7
        ]  # fmt: skip
        path.write_text("\n".join(sep.join(row) for row in [head, *rows]) + "\n")


def test_official_texts_of_the_testbed(tmp_path):
    (tmp_path / "data").mkdir()
    write_testbed(tmp_path / "data")
    # the archive's folder, or the one in it
    for root in (tmp_path, tmp_path / "data"):
        normal, other, valve = ip.load_dataset("skab", root)
        assert [r.entity for r in (normal, other, valve)] == ["anomaly-free", "other/9", "valve1/0"]
    assert len(valve.streams["thermal"].values) == 59
    np.testing.assert_allclose(valve.streams["vibration"].values[8], [0.09, 1.09], atol=1e-6)
    windows = ip.make_windows(valve, step_s=2.0, steps=5, fill="hold")
    # rows 30 to 59 are anomalous: those after 30 s, the first row being at 1 s
    np.testing.assert_array_equal(windows.y, windows.steps.time_s[windows.last] > 30)
    assert windows.steps.observed.all()


def test_a_testbed_that_is_not_as_described_is_told(tmp_path):
    with pytest.raises(InvalidInput, match=r"must hold skab\.csv\.gz"):
        ip.load_dataset("skab", tmp_path)
    write_testbed(tmp_path, sep=",")
    with pytest.raises(DamagedFile, match="Is it separated by semicolons"):
        ip.load_dataset("skab", tmp_path)
    write_testbed(tmp_path, columns=COLUMNS[:-1])
    with pytest.raises(DamagedFile, match="must have the column 'Thermocouple'"):
        ip.load_dataset("skab", tmp_path)
