"""Opportunity in its official form: 250 columns, milliseconds, NaN, runs of four subjects, two tracks of labels."""

import numpy as np
import pytest

import interplay as ip
from interplay.datasets import check_dataset
from interplay.datasets.opportunity import GESTURES, Opportunity, OpportunityGestures
from interplay.errors import DamagedFile, InvalidInput

FOLDER = "OpportunityUCIDataset/dataset"
OPEN_DOOR_1, TOGGLE_SWITCH = 406516, 405506
# columns of column_names.txt, counted from 1: the first and the last of each kind, as published
NAMES = {
    1: "MILLISEC", 2: "Accelerometer RKN^ accX", 37: "Accelerometer RH accZ",
    38: "InertialMeasurementUnit BACK accX", 46: "InertialMeasurementUnit BACK magneticZ",
    51: "InertialMeasurementUnit RUA accX", 64: "InertialMeasurementUnit RLA accX",
    77: "InertialMeasurementUnit LUA accX", 90: "InertialMeasurementUnit LLA accX",
    98: "InertialMeasurementUnit LLA magneticZ", 103: "InertialMeasurementUnit L-SHOE EuX",
    118: "InertialMeasurementUnit L-SHOE Compass", 119: "InertialMeasurementUnit R-SHOE EuX",
    134: "InertialMeasurementUnit R-SHOE Compass", 135: "Accelerometer CUP accX", 194: "Accelerometer GLASS gyroY",
    195: "REED SWITCH DISHWASHER S1", 207: "REED SWITCH DISHWASHER S2", 208: "Accelerometer DOOR1 accX",
    231: "Accelerometer FRIDGE accZ", 232: "LOCATION TAG1 X", 243: "LOCATION TAG4 Z", 244: "Locomotion",
    250: "ML_Both_Arms",
}  # fmt: skip

OBJECTS = (
    "CUP", "SALAMI", "WATER", "CHEESE", "BREAD", "KNIFE1", "MILK", "SPOON", "SUGAR", "KNIFE2", "PLATE", "GLASS",
)  # fmt: skip
FURNITURE = (
    "DOOR1", "LAZYCHAIR", "DOOR2", "DISHWASHER", "UPPERDRAWER", "LOWERDRAWER", "MIDDLEDRAWER", "FRIDGE",
)  # fmt: skip


def official(locomotion, gesture=None, seed=0):
    n = len(locomotion)
    table = np.random.default_rng(seed).integers(-1000, 1000, size=(n, 250)).astype(float)
    table[:, 0] = np.round(np.arange(n) * 1000 / 30)
    table[:, 243] = locomotion
    table[:, 249] = 0 if gesture is None else gesture
    return table


def write(root, run, table):
    path = root / FOLDER / f"{run}.dat"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [" ".join("NaN" if np.isnan(v) else f"{v:.0f}" for v in row) for row in table]
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize("dataset", [Opportunity(), OpportunityGestures()])
def test_the_contract(tmp_path, dataset):
    for seed, run in enumerate(("S1-ADL1", "S1-Drill", "S4-ADL5")):
        steps = np.repeat([0, 1, 2, 5], 90)
        write(tmp_path, run, official(steps, np.repeat([0, OPEN_DOOR_1, TOGGLE_SWITCH, 0], 90), seed))
    check_dataset(dataset, tmp_path)


def test_every_column_comes_from_its_published_place(tmp_path):
    table = np.tile(np.arange(1.0, 251.0), (60, 1))
    table[:, 0], table[:, 243], table[:, 249] = np.round(np.arange(60) * 1000 / 30), 4, TOGGLE_SWITCH
    write(tmp_path, "S2-ADL3", table)
    (recording,) = Opportunity().recordings(tmp_path)
    assert (recording.entity, recording.name) == ("S2", "S2-ADL3")
    first = {name: stream.values[0].astype(int).tolist() for name, stream in recording.streams.items()}
    # counted from 1; thirteen columns an inertial unit, the last four of them quaternions
    assert first == {
        "accelerometers": list(range(2, 38)),
        "imu_back": list(range(38, 47)),
        "imu_right_upper_arm": list(range(51, 60)),
        "imu_right_lower_arm": list(range(64, 73)),
        "imu_left_upper_arm": list(range(77, 86)),
        "imu_left_lower_arm": list(range(90, 99)),
        "left_shoe": list(range(103, 119)),
        "right_shoe": list(range(119, 135)),
        "objects": list(range(135, 195)),
        "switches": list(range(195, 208)),
        "furniture": list(range(208, 232)),
        "location": list(range(232, 244)),
    }
    assert {stream.rate_hz for stream in recording.streams.values()} == {30.0}
    assert all(len(s.channels) == len(s.units) == s.values.shape[1] for s in recording.streams.values())
    assert recording.streams["accelerometers"].channels[3] == "HIP accX"
    assert recording.streams["left_shoe"].channels[6:9] == tuple(f"L-SHOE Body_A{a}" for a in "xyz")
    assert [recording.classes[k] for k in recording.target.values] == ["sit"]
    (gestures,) = OpportunityGestures().recordings(tmp_path)
    assert [gestures.classes[k] for k in gestures.target.values] == ["toggle switch"]
    assert len(GESTURES) == 17


def test_windows_have_15_samples_a_step_and_only_labelled_ends(tmp_path):
    write(tmp_path, "S1-ADL1", official(np.repeat([1, 0, 2], 60)))
    (recording,) = Opportunity().recordings(tmp_path)
    windows = ip.make_windows(recording, step_s=0.5, steps=2, fill="hold")
    assert windows.schema.shapes["imu_back"] == (15, 9)
    # 6 s: standing for 2 s, nothing for 2 s, walking for 2 s; the null class is unlabelled, not a gap
    np.testing.assert_allclose(windows.steps.time_s[windows.last], [1, 1.5, 2, 4.5, 5, 5.5, 6])
    assert [windows.classes[k] for k in windows.y] == ["stand"] * 3 + ["walk"] * 4


def test_lost_values_are_held_from_before_and_never_taken_from_after(tmp_path):
    table = official(np.repeat([1, 2], 60))
    table[:10, 1:37] = np.nan
    table[50:70, 37] = np.nan
    write(tmp_path, "S3-ADL2", table)
    (recording,) = Opportunity().recordings(tmp_path)
    assert np.isnan(recording.streams["imu_back"].values[50:70, 0]).all()
    windows = ip.make_windows(recording, step_s=0.5, steps=8, fill=Opportunity.card.fill)
    batch = windows.batch(np.arange(len(windows)))
    names = list(windows.modalities)
    # the accelerometers are silent for the first ten samples, so that the first half second is not whole
    assert batch.observed[0, names.index("accelerometers")].tolist() == [False] + [True] * 7
    seen = batch.x["imu_back"][0].reshape(120, 9)[:, 0]
    np.testing.assert_array_equal(seen[50:70], np.full(20, table[49, 37], dtype=np.float32))


def test_rows_that_a_file_lacks_are_a_gap(tmp_path):
    table = official(np.repeat([1, 2], 90))
    write(tmp_path, "S1-ADL1", np.delete(table, np.arange(60, 120), axis=0))
    (recording,) = Opportunity().recordings(tmp_path)
    np.testing.assert_allclose(recording.gaps_s, [(2, 4)])
    windows = ip.make_windows(recording, step_s=0.5, steps=4, fill="hold")
    np.testing.assert_allclose(windows.steps.time_s[windows.last], [2, 6])


def test_the_list_of_names_is_checked_where_it_is_there(tmp_path):
    path = write(tmp_path, "S1-ADL1", official(np.full(60, 1)))
    whole = dict(enumerate(_all_names(), start=1))
    # the list that is written here agrees with what is published of it
    assert {c: whole[c] for c in NAMES} == NAMES
    names = path.parent / "column_names.txt"
    names.write_text(_list_of(whole))
    assert len(list(Opportunity().recordings(tmp_path))) == 1
    names.write_text(_list_of(whole | {51: whole[64], 64: whole[51]}))
    with pytest.raises(
        DamagedFile, match=r"must name 'RUA' as column 51; it says 'InertialMeasurementUnit RLA accX'"
    ):
        list(Opportunity().recordings(tmp_path))
    names.write_text(_list_of(whole | {244: "HL_Activity"}))
    with pytest.raises(DamagedFile, match="must name 'Locomotion' as column 244"):
        list(Opportunity().recordings(tmp_path))


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(InvalidInput, match=r"must hold OpportunityUCIDataset/dataset/S1-ADL1\.dat"):
        ip.load_dataset("opportunity", tmp_path)
    write(tmp_path, "S1-ADL1", official(np.full(40, 1))[:, :243])
    with pytest.raises(DamagedFile, match=r"S1-ADL1\.dat must hold rows of 250 numbers .*; row 1 has 243\."):
        ip.load_dataset("opportunity", tmp_path)
    write(tmp_path, "S1-ADL1", official(np.full(40, 3)))
    with pytest.raises(DamagedFile, match=r"labels of .*S1-ADL1\.dat must be one of 0, 1, 2, 4, 5; got 3\."):
        ip.load_dataset("opportunity", tmp_path)


def test_the_published_split_is_by_subject():
    assert Opportunity.card.splits == {"test on S4": {"train": ["S1", "S2", "S3"], "test": ["S4"]}}


def _all_names():
    xyz = "XYZ"
    yield "MILLISEC"
    for place in ("RKN^", "HIP", "LUA^", "RUA_", "LH", "BACK", "RKN_", "RWR", "RUA^", "LUA_", "LWR", "RH"):
        yield from (f"Accelerometer {place} acc{a}" for a in xyz)
    for place in ("BACK", "RUA", "RLA", "LUA", "LLA"):
        yield from (
            f"InertialMeasurementUnit {place} {kind}{a}" for kind in ("acc", "gyro", "magnetic") for a in xyz
        )
        yield from (f"InertialMeasurementUnit {place} Quaternion{k}" for k in range(1, 5))
    for shoe in ("L-SHOE", "R-SHOE"):
        parts = [f"Eu{a}" for a in xyz] + [f"{kind}_A{a}" for kind in ("Nav", "Body") for a in "xyz"]
        parts += [f"AngVel{frame}Frame{a}" for frame in ("Body", "Nav") for a in xyz] + ["Compass"]
        yield from (f"InertialMeasurementUnit {shoe} {part}" for part in parts)
    for thing in OBJECTS:
        yield from (f"Accelerometer {thing} {part}" for part in ("accX", "accY", "accZ", "gyroX", "gyroY"))
    yield from (
        f"REED SWITCH {name}"
        for name in (
            "DISHWASHER S1", "FRIDGE S3", "FRIDGE S2", "FRIDGE S1", "MIDDLEDRAWER S1", "MIDDLEDRAWER S2",
            "MIDDLEDRAWER S3", "LOWERDRAWER S3", "LOWERDRAWER S2", "UPPERDRAWER", "DISHWASHER S3", "LOWERDRAWER S1",
            "DISHWASHER S2",
        )
    )  # fmt: skip
    for thing in FURNITURE:
        yield from (f"Accelerometer {thing} acc{a}" for a in xyz)
    yield from (f"LOCATION TAG{k} {a}" for k in range(1, 5) for a in xyz)
    yield from ("Locomotion", "HL_Activity", "LL_Left_Arm", "LL_Left_Arm_Object", "LL_Right_Arm")
    yield from ("LL_Right_Arm_Object", "ML_Both_Arms")


def _list_of(names):
    head = "Data columns:\n"
    return head + "".join(f"Column: {c} {name}; value = round(original_value)\n" for c, name in names.items())
