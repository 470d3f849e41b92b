"""Label-free interactions of single windows: they add up, know no labels, and average to the profile."""

import numpy as np
import pytest

import interplay as ip
from interplay.errors import DamagedFile, InvalidInput
from interplay.synthetic import lagged_streams

QUICK = {"epochs": 10, "n_bootstrap": 20, "n_rotations": 19}
OFF = ~np.eye(4, dtype=bool)


def windows_of(seed: int, n: int = 2500):
    # the random embedding is drawn from the seed as well: one draw, cut in two
    streams = lagged_streams(2 * n, random_state=seed)
    parts = []
    for half in (slice(0, n), slice(n, None)):
        arrays = {name: array[half] for name, array in streams.arrays.items()}
        parts.append(ip.windows_from_arrays(arrays, streams.y[half], steps=4, classes="0123"))
    return parts


@pytest.fixture(scope="module")
def told():
    train, test = windows_of(0)
    profile = ip.TemporalRUS(ip.PosteriorPID(**QUICK), lags_s=[0, 1, 3]).fit(train).profile_
    return profile, test, profile.explain(test)


def test_atoms_add_up_for_every_window(told):
    _, test, found = told
    unique_j = found["unique"].transpose("window", "source_j", "source_i", "lag").values
    total = found["redundancy"].values + found["unique"].values + unique_j + found["synergy"].values
    # float32 log-ratios of at most 20 bits
    np.testing.assert_allclose(total[:, OFF], found["joint"].values[:, OFF], atol=2e-4)
    assert (found["joint"].values[:, OFF] > -1e-4).all()
    assert (found["informativeness"].values > -1e-4).all()
    assert found["joint"].shape == (len(test), 4, 4, 3)


def test_means_over_new_windows_are_the_profiles_atoms(told):
    profile, _, found = told
    for name in ("redundancy", "unique", "synergy"):
        mean, estimate = found[name].mean("window").values[OFF], profile.dataset[name].values[OFF]
        # beliefs of a probe of 2,500 windows, which tell less than the estimate by what training on so few costs,
        # about 0.03 bit; standard errors of 0.017 bit on either side
        np.testing.assert_allclose(mean, estimate, atol=0.08)
    mean = found["informativeness"].mean("window").values
    # the kept probe saw a quarter more windows than those its calibration was fitted to: a tenth too sure at most
    np.testing.assert_allclose(mean, profile.dataset["mi"].values, atol=0.083)


def test_labels_are_not_looked_at(told):
    profile, test, found = told
    rng = np.random.default_rng(0)
    other = ip.windows_from_arrays(
        {name: v[:, 0] for name, v in test.steps.values.items()}, rng.integers(0, 4, len(test.steps)), steps=4
    )
    again = profile.explain(other)
    rows = np.searchsorted(other.last, test.last)
    np.testing.assert_array_equal(again["synergy"].values[rows], found["synergy"].values)


def test_a_window_is_explained_the_same_alone_and_among_others(told):
    profile, test, found = told
    few = profile.explain(test.select(np.array([7, 3, 500])))
    np.testing.assert_allclose(
        few["redundancy"].values[:, OFF], found["redundancy"].values[[7, 3, 500]][:, OFF], atol=1e-5
    )


def test_the_probe_travels_with_the_saved_profile(told, tmp_path):
    profile, test, found = told
    profile.save(tmp_path / "p.nc")
    again = ip.InteractionProfile.load(tmp_path / "p.nc").explain(test.select(np.arange(50)))
    np.testing.assert_allclose(again["synergy"], found["synergy"][:50], atol=1e-5)
    damaged = tmp_path / "p.probe.safetensors"
    assert damaged.stat().st_mode & 0o777 == 0o644
    damaged.write_bytes(damaged.read_bytes()[:1000])
    with pytest.raises(DamagedFile, match="is damaged or another one"):
        ip.InteractionProfile.load(tmp_path / "p.nc")
    damaged.unlink()
    with pytest.raises(InvalidInput, match="must have a probe"):
        ip.InteractionProfile.load(tmp_path / "p.nc").explain(test)


def test_a_probe_of_another_profile_is_not_taken_up_and_one_without_a_profile_hinders_nobody(told, tmp_path):
    profile = told[0]
    path, probe = tmp_path / "p.nc", tmp_path / "p.probe.safetensors"
    profile.save(path)
    whole = probe.read_bytes()
    probe.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(DamagedFile, match=r"must be the probe that was saved with p\.nc"):
        ip.InteractionProfile.load(path)
    path.unlink()
    profile.save(path)
    assert ip.InteractionProfile.load(path).probe is not None
    ip.InteractionProfile(profile.dataset).save(path, overwrite=True)
    assert not probe.exists()
    probe.write_bytes(whole)
    assert ip.InteractionProfile.load(path).probe is None


def test_windows_that_do_not_fit_are_refused(told):
    profile, test, _ = told
    arrays = {name: v[:, 0] for name, v in test.steps.values.items()}
    short = ip.windows_from_arrays(arrays, test.steps.target, steps=2)
    with pytest.raises(InvalidInput, match="at least 4"):
        profile.explain(short)
    renamed = ip.windows_from_arrays({f"x{k}": v for k, v in arrays.items()}, test.steps.target, steps=4)
    with pytest.raises(InvalidInput, match="must have the modalities"):
        profile.explain(renamed)
