"""MMASH and the shoulder watch, compact and in their official layouts."""

import numpy as np
import pytest

import interplay as ip
from interplay.datasets.mmash import POSTURES
from interplay.errors import DamagedFile, InvalidInput
from shared_data import shared

HEAD = (
    ",Axis1,Axis2,Axis3,Steps,HR,Inclinometer Off,Inclinometer Standing,Inclinometer Sitting,Inclinometer Lying,"
    "Vector Magnitude,day,time"
)
START = 23 * 3600 + 50 * 60
"""Ten minutes before midnight."""


def at(second):
    day, clock = divmod(second, 86400)
    return f"{day + 1},{clock // 3600:02d}:{clock // 60 % 60:02d}:{clock % 60:02d}"


def write_official(root, *, second_day="2", sleep=True):
    """One user: standing until midnight, lying after it, asleep from 00:02 to 00:08; rows 100 to 189 are missing."""
    folder = root / "DataPaper" / "user_3"
    folder.mkdir(parents=True, exist_ok=True)
    (root / "DataPaper" / "user_1").mkdir(exist_ok=True)
    rows = [
        f"{k},{k % 50},0,1,{k % 2},{60 + k % 7},0,{int(k < 600)},0,{int(k >= 600)},7.1,{at(START + k)}"
        for k in range(1200)
        if not 100 <= k < 190
    ]
    beats = [f"{k},{0.8 if k % 10 else 12.5},{at(START + k)}" for k in range(0, 1200, 2)]
    texts = {"Actigraph.csv": [HEAD, *rows], "RR.csv": [",ibi_s,day,time", *beats]}
    if sleep:
        texts["sleep.csv"] = [
            ",In Bed Date,In Bed Time,Out Bed Date,Out Bed Time,Onset Date,Onset Time,Latency",
            f"0,{second_day},00:01,{second_day},00:08,{second_day},00:02,1",
        ]
    for name, lines in texts.items():
        text = "\n".join(lines) + "\n"
        for user in (folder, root / "DataPaper" / "user_1"):
            (user / name).write_text(text.replace(",2,0", f",{second_day},0"))


@pytest.mark.parametrize("second_day", ["2", "-29"])
def test_official_tables_of_a_night(tmp_path, second_day):
    write_official(tmp_path, second_day=second_day)
    for root in (tmp_path, tmp_path / "DataPaper"):
        one, three = ip.load_dataset("mmash", root)
    assert (one.entity, three.entity) == ("user 01", "user 03")
    counts, posture, beats = (three.streams[name].values for name in ("counts", "posture", "beats"))
    assert counts.shape == (1200, 3)
    assert np.isnan(counts[100:190]).all()
    np.testing.assert_array_equal(counts[[99, 190], 0], [49, 40])
    assert posture[599].tolist() == [1, 0, 0]
    assert posture[600].tolist() == [0, 0, 1] == [float(name == "lying") for name in POSTURES]
    # an interval of 12.5 s is none between beats
    np.testing.assert_allclose(beats[[2, 4, 12], 0], 0.8)
    assert np.isnan(beats[[0, 1, 20], 0]).all()
    assert three.gaps_s == ((100.0, 190.0),)
    windows = ip.make_windows(three, step_s=10.0, steps=3, fill="hold")
    end = windows.steps.time_s[windows.last]
    # asleep from second 720 on, the first asleep step ending at 730
    np.testing.assert_array_equal(windows.y, (end > 720) & (end <= 1080))
    assert not ((end > 100) & (end < 220)).any()


def test_a_user_without_a_sleep_table_is_unlabelled(tmp_path):
    write_official(tmp_path, sleep=False)
    assert set(ip.load_dataset("mmash", tmp_path)[0].target.values) == {-1}


def test_users_are_as_published():
    recordings = ip.load_dataset("mmash", shared("mmash"))
    assert len(recordings) == 22
    rows = sum(int(np.isfinite(r.streams["heart_rate"].values).sum()) for r in recordings)
    # the README of the data
    assert rows == 1_462_678
    assert set(next(r for r in recordings if r.entity == "user 11").target.values) == {-1}
    # its sanity check: heart rate asleep and awake
    rate = {0: [], 1: []}
    for r in recordings:
        label = np.repeat(r.target.values, np.rint(r.target.stop_s - r.target.start_s).astype(int))
        for state, values in rate.items():
            values.append(r.streams["heart_rate"].values[label == state, 0])
    assert np.nanmean(np.concatenate(rate[1])) == pytest.approx(59.7, abs=0.1)
    assert np.nanmean(np.concatenate(rate[0])) == pytest.approx(81.3, abs=0.1)


def test_rows_out_of_order_are_told(tmp_path):
    with pytest.raises(InvalidInput, match=r"must hold mmash\.npz, or the official folder DataPaper"):
        ip.load_dataset("mmash", tmp_path)
    write_official(tmp_path)
    path = tmp_path / "DataPaper" / "user_1" / "Actigraph.csv"
    head, first, second, *rest = path.read_text().splitlines()
    path.write_text("\n".join([head, second, first, *rest]) + "\n")
    with pytest.raises(DamagedFile, match="rows of user 1 must be in order"):
        ip.load_dataset("mmash", tmp_path)


def write_watch(path, channels=6):
    rng = np.random.default_rng(0)
    series = np.empty(3, dtype=object)
    for k, n in enumerate((120, 200, 150)):
        series[k] = rng.normal(size=(n, channels))
    data = {
        "X": series, "y": np.array([0, 6, 2]), "subject": np.array([4, 4, 10]), "side": np.array([1, 0, 1]),
        "X_labels": ["ax", "ay", "az", "wx", "wy", "wz"], "y_labels": ["PEN", "ABD", "FEL", "IR", "ER", "TRAP", "ROW"],
    }  # fmt: skip
    np.save(path, np.array(data, dtype=object), allow_pickle=True)
    return data


def test_the_official_watch_is_read_without_running_it(tmp_path):
    data = write_watch(tmp_path / "watch_dataset.npy")
    recordings = ip.load_dataset("shoulder_watch", tmp_path)
    assert [r.name for r in recordings] == ["s04, right, PEN", "s04, left, ROW", "s10, right, FEL"]
    assert [r.entity for r in recordings] == ["s04", "s04", "s10"]
    np.testing.assert_allclose(recordings[1].streams["gyro"].values, data["X"][1][:, 3:], rtol=1e-6)
    assert recordings[2].target.values.tolist() == [2]


def test_a_watch_that_is_not_as_described_is_told(tmp_path):
    path = tmp_path / "watch_dataset.npy"
    write_watch(path, channels=5)
    with pytest.raises(DamagedFile, match="must hold series of 6 channels"):
        ip.load_dataset("shoulder_watch", tmp_path)
    np.save(path, np.zeros(3))
    with pytest.raises(DamagedFile, match=r"watch_dataset\.npy"):
        ip.load_dataset("shoulder_watch", tmp_path)
    write_watch(path)
    whole = path.read_bytes()
    for size in (5, 60, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(DamagedFile, match=r"watch_dataset\.npy cannot be read to its end"):
            ip.load_dataset("shoulder_watch", tmp_path)


def test_the_watch_has_ten_subjects():
    recordings = ip.load_dataset("shoulder_watch", shared("shoulder_watch"))
    assert len({r.name for r in recordings}) == 140
    assert sum(len(r.streams["acc"].values) for r in recordings) == 244_102
    # at rest the watch feels gravity
    acc = np.concatenate([r.streams["acc"].values for r in recordings])
    assert np.median(np.linalg.norm(acc, axis=1)) == pytest.approx(1.0, abs=0.1)
