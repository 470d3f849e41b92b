import matplotlib.axes
import numpy as np
import pytest
import xarray as xr

from interplay.errors import DamagedFile, InvalidInput
from interplay.profile import InteractionProfile


def hand_made(**kwargs):
    shape = (3, 3, 2)
    redundancy, unique, synergy = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    redundancy[0, 1, 0] = redundancy[1, 0, 0] = 0.4
    unique[2, 0, 1], unique[2, 1, 1] = 0.3, 0.2
    synergy[0, 2, 1] = synergy[2, 0, 1] = 0.5
    synergy[1, 2, 0] = synergy[2, 1, 0] = -0.01
    return InteractionProfile.from_arrays(
        ["ecg", "resp", "temp"],
        redundancy=redundancy,
        unique=unique,
        synergy=synergy,
        step_s=0.5,
        h_y_bits=1.5,
        **kwargs,
    )


def test_top_by_hand():
    top = hand_made().top(4)
    assert list(top.atom) == ["synergy", "redundancy", "unique", "unique"]
    assert list(top.bits) == [0.5, 0.4, 0.3, 0.2]
    assert tuple(top.iloc[0][["source_i", "source_j", "lag_s"]]) == ("ecg", "temp", 0.5)
    assert tuple(top.iloc[2][["source_i", "source_j", "lag_s"]]) == ("temp", "ecg", 0.5)
    assert list(hand_made().top(1, atom="unique").bits) == [0.3]
    with pytest.raises(InvalidInput, match="atom must be one of"):
        hand_made().top(atom="shared")


def test_top_has_the_interval_of_each():
    """Normal standard errors to either side: 0.5 ± 1.96 times 0.1 bit."""
    profile = hand_made()
    profile = InteractionProfile(
        profile.dataset.assign(synergy_stderr=xr.full_like(profile.dataset["synergy"], 0.1))
    )
    row = profile.top(1, atom="synergy").iloc[0]
    assert (row["low"], row["high"]) == pytest.approx((0.304, 0.696))
    assert profile.top(1, atom="redundancy")[["low", "high"]].isna().all(axis=None)


def test_sums_and_clipping():
    profile = hand_made()
    d = profile.dataset
    assert d["joint_mi"].sel(source_i="ecg", source_j="temp", lag=1).item() == pytest.approx(0.8)
    assert d["synergy"].min() == -0.01
    assert profile.clipped().dataset["synergy"].min() == 0
    assert d["synergy"].min() == -0.01
    # mean over partners of R + U: ecg shares 0.4 with resp and nothing with temp at lag 0
    assert d["mi"].sel(source="ecg", lag=0).item() == pytest.approx(0.2)


def test_dataframe_has_a_row_per_pair_and_lag():
    frame = hand_made().to_dataframe()
    assert len(frame) == 3 * 2
    row = frame[(frame.source_i == "ecg") & (frame.source_j == "temp") & (frame.lag_s == 0.5)].iloc[0]
    assert (row.unique_i, row.unique_j, row.synergy) == (0.0, 0.3, 0.5)


def test_saved_and_loaded_it_is_the_same(tmp_path):
    profile = hand_made(entities=["s1", "s2"])
    path = profile.save(tmp_path / "p.nc")
    again = InteractionProfile.load(path)
    assert again == profile
    assert again.entities == ("s1", "s2")
    assert again.h_y_bits == 1.5
    assert [file.name for file in tmp_path.iterdir()] == ["p.nc"]


def test_a_file_that_exists_is_kept(tmp_path):
    path = hand_made().save(tmp_path / "p.nc")
    before = path.read_bytes()
    with pytest.raises(InvalidInput, match="must not exist yet"):
        hand_made().save(path)
    assert path.read_bytes() == before
    hand_made().save(path, overwrite=True)
    with pytest.raises(InvalidInput, match=r"the folder of .* must exist"):
        hand_made().save(tmp_path / "nowhere" / "p.nc")


@pytest.mark.parametrize("keep", [0, 100, 0.5, 0.9])
def test_a_truncated_file_is_named(tmp_path, keep):
    path = hand_made().save(tmp_path / "p.nc")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole)) if keep < 1 else keep])
    with pytest.raises(DamagedFile, match="not a whole NetCDF file"):
        InteractionProfile.load(path)


def test_a_number_that_changed_on_the_disk_is_not_believed(tmp_path):
    profile = hand_made()
    path = profile.save(tmp_path / "p.nc")
    content = bytearray(path.read_bytes())
    content[content.index(np.float64(-0.01).tobytes())] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match="not a whole NetCDF file"):
        InteractionProfile.load(path)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="there is no file"):
        InteractionProfile.load(tmp_path / "none.nc")
    xr.Dataset({"a": 1}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    with pytest.raises(DamagedFile, match="not a profile of this library"):
        InteractionProfile.load(tmp_path / "other.nc")
    stripped = hand_made().dataset.drop_vars("synergy")
    stripped.attrs = {"format": "interplay-profile-1", "step_s": 0.5, "h_y_bits": 1.5, "entities": "[]"}
    stripped.to_netcdf(tmp_path / "stripped.nc", engine="h5netcdf")
    with pytest.raises(DamagedFile, match=r"\['synergy'\] are missing"):
        InteractionProfile.load(tmp_path / "stripped.nc")


def test_figures_show_the_numbers():
    profile = hand_made()
    ax = profile.plot_lags("ecg", "temp")
    assert isinstance(ax, matplotlib.axes.Axes)
    drawn = {line.get_label(): line.get_ydata() for line in ax.lines}
    np.testing.assert_array_equal(drawn["synergistic"], [0.0, 0.5])
    np.testing.assert_array_equal(drawn["only temp"], [0.0, 0.3])
    assert "bits" in ax.get_ylabel()
    assert "(s)" in ax.get_xlabel()
    # the newest moment is on the right
    assert ax.get_xlim()[0] > ax.get_xlim()[1]
    heat = profile.plot_heatmap("synergy")
    assert heat.images[0].get_array()[0, 2] == 0.5
    assert profile.plot_heatmap("redundancy", lag_s=0.1).images[0].get_array()[0, 1] == 0.4
    with pytest.raises(InvalidInput, match="a source must be one of"):
        profile.plot_lags("ecg", "eeg")
    with pytest.raises(InvalidInput, match="must differ"):
        profile.plot_lags("ecg", "ecg")
    with pytest.raises(InvalidInput, match="atom must be"):
        profile.plot_heatmap("shared")


def test_bad_profiles_are_refused():
    with pytest.raises(InvalidInput, match=r"redundancy must be \(2, 2, lags\)"):
        InteractionProfile.from_arrays(
            ["a", "b"], redundancy=np.zeros((3, 3, 1)), unique=np.zeros((2, 2, 1)), synergy=np.zeros((2, 2, 1)),
            step_s=1.0, h_y_bits=1.0,
        )  # fmt: skip
    with pytest.raises(InvalidInput, match="increasing"):
        hand_made(lags=[1, 0])
    with pytest.raises(InvalidInput, match=r"xarray\.Dataset"):
        InteractionProfile({})


def test_it_prints_as_a_small_table():
    text = repr(hand_made())
    assert "3 modalities" in text
    assert "1.500 bits" in text
    assert "synergy" in text
