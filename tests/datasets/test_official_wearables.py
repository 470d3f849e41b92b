"""Activities, exercises and stress tasks in their official layouts: read as the compact forms are."""

import numpy as np
import pytest

import interplay as ip
from interplay.errors import DamagedFile, InvalidInput

RNG = np.random.default_rng(0)


def hapt_folder(root):
    raw = root / "HAPT Data Set" / "RawData"
    raw.mkdir(parents=True)
    acc, gyro = RNG.normal(size=(400, 3)).round(6), RNG.normal(size=(400, 3)).round(6)
    np.savetxt(raw / "acc_exp01_user03.txt", acc, fmt="%.6f")
    np.savetxt(raw / "gyro_exp01_user03.txt", gyro, fmt="%.6f")
    # experiment, user, activity, first and last sample, counted from 1
    (raw / "labels.txt").write_text("1 3 5 101 200 \n1 3 7 201 250 \n1 3 1 251 400 \n2 4 1 1 9 \n")
    return raw, acc, gyro


def test_hapt(tmp_path):
    _, acc, gyro = hapt_folder(tmp_path)
    (recording,) = ip.load_dataset("hapt", tmp_path)
    assert (recording.entity, recording.name) == ("subject03", "experiment01")
    whole = recording.streams["gravity"].values[:, :1] + recording.streams["body_vertical"].values
    np.testing.assert_allclose(whole, acc[:, :1], atol=1e-5)  # float32
    np.testing.assert_allclose(recording.streams["gyro_horizontal"].values, gyro[:, 1:], atol=1e-6)
    # standing is class 4 from sample 101, the transition is unlabelled, walking is class 0 up to the end
    target = recording.target
    assert target.values.tolist() == [-1, 4, -1, 0]
    assert target.start_s.tolist() == [0.0, 2.0, 4.0, 5.0]
    assert target.stop_s[-1] == 8.0


def test_hapt_damaged(tmp_path):
    raw, *_ = hapt_folder(tmp_path)
    gyro = raw / "gyro_exp01_user03.txt"
    text = gyro.read_text()
    gyro.write_text("\n".join(text.splitlines()[:300]))
    with pytest.raises(DamagedFile, match=r"as many rows as its gyroscope file; it has 400, the other 300"):
        ip.load_dataset("hapt", tmp_path)
    gyro.write_text(text.replace(" ", ","))
    with pytest.raises(DamagedFile, match=r"must have 3 columns; it has 1"):
        ip.load_dataset("hapt", tmp_path)
    lines = text.splitlines()
    lines[7] = "0.1 oops 0.2"
    gyro.write_text("\n".join(lines))
    with pytest.raises(DamagedFile, match=r"row 8 has 'oops'"):
        ip.load_dataset("hapt", tmp_path)
    gyro.unlink()
    with pytest.raises(DamagedFile, match=r"gyro_exp01_user03\.txt cannot be read"):
        ip.load_dataset("hapt", tmp_path)


def test_pt_exercises(tmp_path):
    names = "time index;acc_x;acc_y;acc_z;gyr_x;gyr_y;gyr_z;mag_x;mag_y;mag_z"
    x = RNG.normal(size=(5, 60, 9)).round(4)
    for u in range(5):
        folder = tmp_path / "s2" / "e3" / f"u{u + 1}"
        folder.mkdir(parents=True)
        rows = [";".join([str(k + 1), *map(str, row)]) for k, row in enumerate(x[u])]
        (folder / "test.txt").write_text("\n".join([names, *rows]) + "\n")
    with pytest.raises(InvalidInput, match="it holds neither"):
        ip.load_dataset("pt_exercises", tmp_path)
    (tmp_path / "s1" / "e1" / "u1").mkdir(parents=True)
    (session,) = ip.load_dataset("pt_exercises", tmp_path)
    assert (session.entity, session.name) == ("s2", "s2, exercise 3, test")
    assert session.target.values.tolist() == [2]
    np.testing.assert_allclose(session.streams["unit4_gyro"].values, x[3, :, 3:6], atol=1e-6)
    (tmp_path / "s2" / "e3" / "u5" / "test.txt").write_text("\n".join([names, *rows[:9]]) + "\n")
    with pytest.raises(DamagedFile, match=r"equally many rows in test.txt; they have \[60, 60, 60, 60, 9\]"):
        ip.load_dataset("pt_exercises", tmp_path)


def test_stress_predict(tmp_path):
    root = tmp_path / "Stress-Predict-Dataset-main"
    (root / "Raw_data" / "S02").mkdir(parents=True)
    (root / "Processed_data").mkdir()
    rates = {"ACC": 32, "BVP": 64, "EDA": 4, "TEMP": 4, "HR": 1}
    for name, rate in rates.items():
        start, n = 1000 + 10 * (name == "HR"), 40 * rate
        rows = RNG.integers(-60, 60, size=(n, 3 if name == "ACC" else 1))
        head = [[start] * rows.shape[1], [rate] * rows.shape[1]]
        np.savetxt(root / "Raw_data" / "S02" / f"{name}.csv", np.r_[head, rows], delimiter=",", fmt="%.6f")
        if name == "ACC":
            acc = rows
    lines = [f"2,70.0,15.0,{1005 + k},{int(k >= 20)}" for k in range(30)]
    table = root / "Processed_data" / "Improved_All_Combined_hr_rsp_binary.csv"
    table.write_text("\n".join(["Participant,HR,respr,Time(sec),Label", *lines]) + "\n")
    (subject,) = ip.load_dataset("stress_predict", tmp_path)
    assert subject.entity == "S02"
    np.testing.assert_allclose(subject.streams["acc"].values, acc / 64, atol=1e-7)
    assert subject.streams["hr"].start_s == 10.0
    assert subject.target.values.tolist() == [0, 1]
    assert subject.target.start_s.tolist() == [5.0, 25.0]
    assert subject.target.stop_s.tolist() == [25.0, 35.0]
    hr = root / "Raw_data" / "S02" / "HR.csv"
    hr.write_text(hr.read_text().replace("1.000000", "4.000000", 1))
    with pytest.raises(DamagedFile, match="must say 1 Hz in its second row; it says 4"):
        ip.load_dataset("stress_predict", tmp_path)
