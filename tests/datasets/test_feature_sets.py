"""Actions, states, opinions and glucose: counts as published, labels at the right time, damage told."""

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

import interplay as ip
from interplay.datasets import find_dataset
from interplay.datasets.cmu_mosi_utterance import TEST_VIDEOS
from interplay.datasets.shanghai_diabetes import ShanghaiGlucose
from interplay.datasets.utd_mhad import block_means
from interplay.errors import DamagedFile, DataWarning, InvalidInput
from shared_data import shared


def windows_of(name, recordings):
    return ip.make_windows(recordings, **find_dataset(name).card.window_options)


def test_actions_are_one_window_a_sequence():
    recordings = ip.load_dataset("utd_mhad", shared("utd_mhad"))
    assert len(recordings) == 861
    windows = windows_of("utd_mhad", recordings)
    assert len(windows) == 861
    counts = np.bincount(windows.y)
    # 8 subjects x 4 trials, less one each of actions 8, 23 and 27
    assert [k + 1 for k in range(27) if counts[k] == 31] == [8, 23, 27]
    assert sorted(set(counts)) == [31, 32]
    # joints lie within an arm's or a leg's reach of the hip
    joints = recordings[0].streams["skeleton"].values.reshape(-1, 20, 3)
    assert np.abs(np.delete(joints, 3, axis=1)).max() < 1.5
    assert recordings[0].streams["skeleton"].times_s[-1] < recordings[0].target.stop_s[0]


def test_official_matrices_of_actions(tmp_path):
    rng = np.random.default_rng(0)
    inertial, skeleton = rng.normal(size=(110, 6)), rng.normal(size=(20, 3, 40))
    depth = np.zeros((240, 320, 40))
    depth[:16, :16, 0], depth[0, 0, 0] = 2000.0, 0.0
    for kind, key, values in (
        ("Inertial", "d_iner", inertial),
        ("Skeleton", "d_skel", skeleton),
        ("Depth", "d_depth", depth),
    ):
        (tmp_path / kind).mkdir()
        savemat(tmp_path / kind / f"a7_s3_t2_{kind.lower()}.mat", {key: values})
    (sequence,) = ip.load_dataset("utd_mhad", tmp_path)
    assert (sequence.entity, sequence.name) == ("s3", "a7_s3_t2")
    assert sequence.classes[sequence.target.values[0]] == "basketball_shoot"
    np.testing.assert_allclose(sequence.streams["gyro"].values, inertial[:, 3:], atol=1e-6)
    hand = skeleton[7, :, 5] - skeleton[3, :, 5]
    np.testing.assert_allclose(sequence.streams["skeleton"].values[5, 21:24], hand, atol=1e-6)
    np.testing.assert_allclose(sequence.streams["skeleton"].values[5, 9:12], skeleton[3, :, 5], atol=1e-6)
    # the mean leaves out the pixel without depth
    assert sequence.streams["depth"].values[0, 0] == 2.0
    assert sequence.streams["depth"].values[1:].max() == 0.0
    path = tmp_path / "Depth" / "a7_s3_t2_depth.mat"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DamagedFile, match=r"a7_s3_t2_depth.mat cannot be read to its end"):
        ip.load_dataset("utd_mhad", tmp_path)
    path.unlink()
    with pytest.raises(InvalidInput, match=r"a7_s3_t2_depth.mat must lie in"):
        ip.load_dataset("utd_mhad", tmp_path)


def test_blocks_of_depth():
    assert block_means(np.ones((2, 240, 320))).shape == (2, 15, 20)


def test_states_are_as_long_as_the_protocol_says():
    recordings = ip.load_dataset("wesad_features", shared("wesad_features"))
    assert len({r.entity for r in recordings}) == 15
    assert len(recordings) == 60
    windows = windows_of("wesad_features", recordings)
    # every row is judged, from what came before it in the same state
    assert len(windows) == 2109
    minutes = np.bincount(windows.y) * 21 / 60 / 15
    np.testing.assert_allclose(minutes, [19, 11, 6, 12.5], atol=1.0)


def test_states_damaged(tmp_path):
    source = shared("wesad_features") / "wesad_chest_21s.csv.gz"
    table = pd.read_csv(source)
    table.drop(columns="EDA_AR_lag2").to_csv(tmp_path / "wesad_chest_21s.csv", index=False)
    with pytest.raises(DamagedFile, match=r"must have 34 features that start with 'EDA_'; it has 33"):
        ip.load_dataset("wesad_features", tmp_path)
    table.assign(label=table["label"] + 3).to_csv(tmp_path / "wesad_chest_21s.csv", index=False)
    with pytest.raises(DamagedFile, match=r"labels in .* must be 1 to 4; they go from 4 to 7"):
        ip.load_dataset("wesad_features", tmp_path)


def test_opinions_are_split_as_published():
    with pytest.warns(DataWarning, match="test on the official split alone"):
        recordings = ip.load_dataset("cmu_mosi_utterance", shared("cmu_mosi_utterance"))
    windows = windows_of("cmu_mosi_utterance", recordings)
    assert np.bincount(windows.y).tolist() == [1023, 1176]
    test = windows.of_entities(TEST_VIDEOS)
    assert (len(windows), len(test), len(test.entities)) == (2199, 752, 31)
    # the first utterance of a video is judged from itself alone
    first = windows.batch(np.array([0]))
    assert first.observed[0].sum(1).tolist() == [1, 1, 1]
    np.testing.assert_array_equal(first.x["audio"][0, -1, 0], recordings[0].streams["audio"].values[0])


def test_the_class_of_glucose_is_that_of_half_an_hour_later():
    table = pd.read_csv(shared("shanghai_diabetes") / "shanghai_cgm.csv.gz", low_memory=False)
    recordings = ip.load_dataset("shanghai_diabetes", shared("shanghai_diabetes"))
    assert len(recordings) == 125
    assert len({r.entity for r in recordings}) == 112
    windows = ip.make_windows(recordings[:1], step_s=900.0, steps=4)
    glucose = table[(table["patient"] == 1001) & (table["record"] == 0)]["cgm_mgdl"].to_numpy()
    for k in range(len(windows)):
        now = round(windows.steps.time_s[windows.last[k]] / 900.0)
        assert windows.batch(np.array([k])).x["glucose"][0, -1, 0, 0] == np.float32(glucose[now])
        later = glucose[now + 2]
        assert windows.classes[windows.y[k]] == (
            "low" if later < 70 else "high" if later > 180 else "in_range"
        )


@pytest.mark.parametrize("minutes", [30, 60])
def test_glucose_as_a_number_is_what_the_monitor_says_so_many_minutes_later(minutes):
    table = pd.read_csv(shared("shanghai_diabetes") / "shanghai_cgm.csv.gz", low_memory=False)
    rows = table[(table["patient"] == 1001) & (table["record"] == 0)].set_index("minute")["cgm_mgdl"]
    recordings = ShanghaiGlucose(minutes).recordings(shared("shanghai_diabetes"))
    windows = ip.make_windows([next(recordings)], step_s=900.0, steps=4)
    ends = np.round(windows.steps.time_s[windows.last] / 60.0).astype(int)
    assert windows.continuous
    np.testing.assert_allclose(windows.y, rows.loc[ends + minutes].to_numpy(), rtol=1e-6)
    newest = windows.steps.values["glucose"][windows.last].ravel()
    np.testing.assert_allclose(newest, rows.loc[ends].to_numpy(), rtol=1e-6)


def test_minutes_between_two_values_of_the_monitor_are_refused():
    with pytest.raises(InvalidInput, match="multiple of 15 from 15 to 240; got 20"):
        ShanghaiGlucose(20)


def test_what_follows_the_prediction_time_is_not_read(tmp_path):
    table = pd.read_csv(shared("shanghai_diabetes") / "shanghai_cgm.csv.gz", low_memory=False)
    table = table[(table["patient"] == 1001) & (table["record"] == 0)]
    seen = []
    for changed in (
        table,
        table.assign(**{c: table[c].where(table["minute"] <= 600, 300.0) for c in ("cgm_mgdl", "cbg_mgdl")}),
    ):
        changed.to_csv(tmp_path / "shanghai_cgm.csv", index=False)
        (recording,) = ip.load_dataset("shanghai_diabetes", tmp_path)
        windows = ip.make_windows(recording, step_s=900.0, steps=8)
        early = np.flatnonzero(windows.steps.time_s[windows.last] <= 36_000.0)
        seen.append(windows.batch(early))
    assert len(seen[0].y) > 20
    for name in seen[0].x:
        np.testing.assert_array_equal(seen[0].x[name], seen[1].x[name])
