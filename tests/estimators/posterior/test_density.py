"""DensityPID against numerical integration: products, squares, distances, spread, and Gaussians."""

import numpy as np
import pytest
from scipy.stats import norm

import interplay as ip
from benchmarks.directed_systems import Linear
from interplay.errors import InvalidInput
from interplay.estimators import DensityPID, GaussianPID
from interplay.estimators.posterior.number_bins import NumberBins

GRID = np.linspace(-4.5, 4.5, 91)
WEIGHT = norm.pdf(GRID) / norm.pdf(GRID).sum()
QUICK = {"n_bootstrap": 50, "n_rotations": 19}
FORMS = {
    "product": (lambda a, b: a * b, 0.7),
    "square": (lambda a, b: a**2 + 0 * b, 0.7),
    "distance": (lambda a, b: np.abs(a - b), 0.5),
    "sum": (lambda a, b: a + 0.5 * b, 0.7),
}


def informations(form) -> tuple[float, float, float]:
    """I1, I2 and I12 of y = f(a, b) + noise with a and b standard normal, bits."""
    f, sd = FORMS[form]
    centre = f(GRID[:, None], GRID)
    y = np.linspace(centre.min() - 5 * sd, centre.max() + 5 * sd, 700)
    given_both = norm.pdf((y - centre[..., None]) / sd) / sd
    given_a = np.einsum("aby,b->ay", given_both, WEIGHT)
    given_b = np.einsum("aby,a->by", given_both, WEIGHT)

    def entropy(p):
        return -(p * np.log2(np.maximum(p, 1e-300))).sum(-1) * (y[1] - y[0])

    of_y = entropy(WEIGHT @ given_a)
    noise = np.log2(sd * np.sqrt(2 * np.pi * np.e))
    return of_y - WEIGHT @ entropy(given_a), of_y - WEIGHT @ entropy(given_b), of_y - noise


def drawn(form, n, seed):
    f, sd = FORMS[form]
    rng = np.random.default_rng(seed)
    a, b, noise = rng.normal(size=(3, n))
    return a, b, f(a, b) + sd * noise


@pytest.mark.parametrize(
    "form",
    [pytest.param(form, marks=pytest.mark.slow) for form in ("product", "square", "distance", "sum")],
)
def test_curves_are_found_within_three_hundredths_of_a_bit(form):
    truth = informations(form)
    assert 0.3 < truth[2] < 1
    fit = DensityPID(**QUICK).fit(*drawn(form, 5000, 0))
    for value, exact in zip((fit.mi1_, fit.mi2_, fit.joint_mi_), truth, strict=True):
        assert value == pytest.approx(exact, abs=0.03)
    if form in ("product", "distance"):
        # both sources see the target alike: one may be a copy of the other, and nothing is unique
        atoms = {"redundancy": truth[0], "unique1": 0, "unique2": 0, "synergy": truth[2] - truth[0]}
    elif form == "square":
        atoms = {"redundancy": 0, "unique1": truth[0], "unique2": 0, "synergy": 0}
    else:
        # Barrett 2015: of one Gaussian number the weaker source has nothing of its own
        atoms = {"redundancy": truth[1], "unique1": truth[0] - truth[1], "unique2": 0}
        atoms |= {"synergy": truth[2] - truth[0]}
    for name, exact in atoms.items():
        # sampling: 5,000 rows know these to 0.013 bit and differences of them as well
        assert getattr(fit, f"{name}_") == pytest.approx(exact, abs=0.03 + 0.013)


@pytest.mark.slow
def test_of_a_gaussian_it_tells_what_the_closed_form_tells():
    x1, x2, y = drawn("sum", 2000, 1)
    dense, linear = DensityPID(**QUICK).fit(x1, x2, y), GaussianPID(n_rotations=19).fit(x1, x2, y)
    for name in ("mi1", "mi2", "joint_mi"):
        # of the same rows: sampling is shared, and 0.03 bit is what learning costs
        assert getattr(dense, f"{name}_") == pytest.approx(getattr(linear, f"{name}_"), abs=0.03)


@pytest.mark.slow
def test_spread_alone_is_information():
    rng = np.random.default_rng(2)
    x, noise = rng.normal(size=(2, 1500))
    calm = rng.integers(0, 2, 1500)
    y = np.where(calm, 0.3, 1.5) * noise
    either = [norm.pdf(y, scale=scale) for scale in (0.3, 1.5)]
    truth = float(np.log2(np.where(calm, *either) / np.mean(either, axis=0)).mean())
    fit = DensityPID(**QUICK).fit(calm + 0.1 * rng.normal(size=1500), x, y)
    # what these rows say of the true densities; 0.03 bit is what learning costs
    assert fit.mi1_ == pytest.approx(truth, abs=0.03)
    assert fit.mi2_ == pytest.approx(0, abs=0.003)
    assert abs(GaussianPID(n_rotations=19).fit(calm, x, y).mi1_) < 0.003


@pytest.mark.slow
def test_a_number_given_a_clock():
    rng = np.random.default_rng(3)
    n = 1500
    level, a = np.sin(2 * np.pi * 600 * np.arange(1, n + 1) / 86_400), rng.normal(size=n)
    arrays = {"clocked": level[:, None] + 0.3 * rng.normal(size=(n, 1)), "mixed": (a + level)[:, None]}
    windows = ip.windows_from_arrays(
        arrays, np.exp(level) + a + rng.normal(size=n), steps=1, step_s=600.0, classes=()
    )
    d = ip.TemporalRUS(DensityPID(given="time_of_day", **QUICK)).fit(windows).profile_.dataset
    assert d["mi"].sel(source="clocked").item() == pytest.approx(0, abs=0.01)
    # 0.5 bit, less what is not learned of twelve strata of 125 windows: 0.39 to 0.41 in six random states
    assert d["mi"].sel(source="mixed").item() == pytest.approx(0.5, abs=0.13)
    assert d.attrs["given"] == ["time_of_day"]


def test_finished_work_is_taken_up_for_the_same_number_only(tmp_path):
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(2, 300))
    quick = {"epochs": 3, "n_rotations": 9, "n_bootstrap": 20, "resume": str(tmp_path)}
    y = a + rng.normal(size=300)
    first = DensityPID(**quick).fit(a, b, y)
    files = set(tmp_path.iterdir())
    again = DensityPID(**quick).fit(a, b, y)
    assert set(tmp_path.iterdir()) == files
    assert (again.joint_mi_, again.synergy_stderr_) == (first.joint_mi_, first.synergy_stderr_)
    # in the same bins, at other places
    DensityPID(**quick).fit(a, b, np.exp(y))
    assert set(tmp_path.iterdir()) > files


def test_bins_of_a_number():
    rng = np.random.default_rng(4)
    y = np.r_[np.zeros(300), rng.exponential(size=700)]
    windows = ip.windows_from_arrays({"a": y[:, None]}, y, steps=1, classes=())
    bins, binned = NumberBins.cut(windows)
    count = np.bincount(binned.y)
    assert len(count) == len(binned.classes) == bins.curves.shape[1]
    assert count.min() > 0
    # ties stay together, and a greater number is never in a lower bin
    assert len(np.unique(binned.y[:300])) == 1
    assert (np.diff(binned.y[np.argsort(y, kind="stable")]) >= 0).all()
    curves, share = bins.curves.numpy(), count / len(y)
    np.testing.assert_allclose((curves * share) @ curves.T, np.eye(len(curves)), atol=1e-4)
    np.testing.assert_allclose(curves @ share, 0, atol=1e-4)


def walk_of_products(n: int, seed: int) -> ip.Windows:
    """A target that keeps four fifths of its last value and adds a product of two sources and noise; a third source
    shows the last value."""
    a, b, new = drawn("product", n, seed)
    y = np.zeros(n)
    for t in range(1, n):
        y[t] = 0.8 * y[t - 1] + new[t]
    past = np.r_[0, y[:-1]] + 0.3 * np.random.default_rng([seed, 1]).normal(size=n)
    streams = {name: x[:, None] for name, x in (("a", a), ("b", b), ("past", past))}
    return ip.windows_from_arrays(streams, y, steps=1, classes=())


@pytest.mark.slow
def test_given_its_past_a_target_tells_what_is_new_in_it():
    """Beyond its last value the target is product and noise, whose information is integrated above."""
    first, second, both = informations("product")
    windows = walk_of_products(2500, 0)
    profile = ip.TemporalRUS(DensityPID(target_history=1, **QUICK)).fit(windows).profile_
    d = profile.dataset.isel(lag=0)
    assert d.attrs["target_history"] == 1
    assert d["mi"].values[:2] == pytest.approx([first, second], abs=0.05)
    # the larger errors are what is not learned of four strata of 600 windows; values are held out, and stay below
    assert both - 0.1 < d["joint_mi"].values[0, 1] < both + 0.03
    assert d["mi"].values[2] == pytest.approx(0, abs=0.003)
    assert all("given the last value" in sentence for sentence in profile.sentences(9))
    assert not any(sentence.startswith("past") for sentence in profile.sentences(9))
    # the last value is all that a linear estimator sees of this target
    without = ip.TemporalRUS(GaussianPID(n_rotations=9)).fit(windows).profile_.dataset
    assert without["mi"].values[2, 0] > 0.5


@pytest.mark.slow
def test_slices_of_a_linear_system_are_those_of_its_covariances():
    system, own = Linear(), [("y", 1)]
    windows = system.windows(4000, 5, 0)
    quick = DensityPID(target_history=1, **QUICK)
    d = ip.TemporalRUS(quick, lags_s=[0, 1, 3]).fit(windows).profile_.dataset
    for lag in (0, 1, 3):
        for name in "xz":
            truth = system.information([(name, lag)], own)
            # of sources that the target's past foretells a part is not learned; nothing is invented
            assert truth - 0.035 < d["mi"].sel(source=name, lag=lag).item() < truth + 0.02
        assert d["mi"].sel(source="noise", lag=lag).item() == pytest.approx(0, abs=0.003)


@pytest.mark.slow
def test_given_the_past_nothing_is_found_where_the_past_is_all():
    """Mean and spread of the target follow its last value by curves; sources show that value and the one before."""
    false = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        y = np.zeros(800)
        for t, noise in enumerate(rng.normal(size=799), start=1):
            level = np.tanh(2 * y[t - 1])
            y[t] = level + (0.3 + 0.5 * abs(level)) * noise
        shown = {"last": np.r_[0, y[:-1]] + 0.2 * rng.normal(size=800), "before": np.r_[0, 0, y[:-2]]}
        arrays = {name: x[:, None] for name, x in shown.items()}
        windows = ip.windows_from_arrays(arrays, y, steps=1, classes=())
        quick = DensityPID(target_history=1, n_rotations=39, n_bootstrap=30)
        false += bool(ip.TemporalRUS(quick).fit(windows).profile_.sentences())
    # of 20 profiles with a chance of 5 % each more than 4 have one with probability 0.003
    assert false <= 4


def two_sources(form: str, n: int, seed: int) -> ip.Windows:
    a, b, y = drawn(form, n, seed)
    return ip.windows_from_arrays({"a": a[:, None], "b": b[:, None]}, y, steps=1, classes=())


def bits_of_window(mean, variance):
    """KL divergence of N(mean, variance) from the distribution of the sum, N(0, 1.74), bits."""
    share = variance / 1.74
    return 0.5 * (share + mean**2 / 1.74 - 1 - np.log(share)) / np.log(2)


@pytest.fixture(scope="module")
def of_a_sum():
    """A profile of a + b/2 + 0.7 noise, new windows, and what is told of them."""
    profile = ip.TemporalRUS(DensityPID(**QUICK)).fit(two_sources("sum", 2500, 0)).profile_
    new = two_sources("sum", 2000, 1)
    return profile, new, profile.explain(new).isel(lag=0)


@pytest.mark.slow
def test_single_windows_tell_what_the_gaussian_of_their_sources_tells(of_a_sum):
    _, _, d = of_a_sum
    a, b, _ = drawn("sum", 2000, 1)
    for bits, truth in (
        (d["informativeness"].sel(source="a"), bits_of_window(a, 0.25 + 0.49)),
        (d["informativeness"].sel(source="b"), bits_of_window(b / 2, 1 + 0.49)),
        (d["joint"].sel(source_i="a", source_j="b"), bits_of_window(a + b / 2, 0.49)),
    ):
        # six curves learned from 2,000 windows a fold: single windows are 0.03 to 0.1 bit off, their mean less
        assert np.corrcoef(bits, truth)[0, 1] > 0.9
        assert bits.mean().item() == pytest.approx(truth.mean(), abs=0.07)
        assert np.abs(bits - truth).mean() < 0.15 * truth.mean() + 0.03


@pytest.mark.slow
def test_atoms_of_single_windows_add_up_and_average_to_the_profile(of_a_sum):
    profile, _, d = of_a_sum
    unique = d["unique"].transpose("window", "source_i", "source_j").values
    total = d["redundancy"].values[:, 0, 1] + unique[:, 0, 1] + unique[:, 1, 0] + d["synergy"].values[:, 0, 1]
    # float32 log-ratios
    np.testing.assert_allclose(total, d["joint"].values[:, 0, 1], atol=2e-4)
    for name in ("redundancy", "unique", "synergy"):
        mean, estimate = d[name].mean("window").values[0, 1], profile.dataset[name].values[0, 1, 0]
        # standard errors of about 0.015 bit on either side
        assert mean == pytest.approx(estimate, abs=0.06)


@pytest.mark.slow
def test_the_probe_of_a_number_travels_with_its_profile(of_a_sum, tmp_path):
    profile, new, d = of_a_sum
    again = ip.InteractionProfile.load(profile.save(tmp_path / "p.nc")).explain(new.select(np.arange(40)))
    np.testing.assert_allclose(again["synergy"].isel(lag=0), d["synergy"][:40], atol=1e-5)


def test_where_the_past_is_given_there_is_nothing_to_explain_windows_with():
    windows = walk_of_products(300, 0)
    quick = DensityPID(target_history=1, epochs=2, n_rotations=9, n_bootstrap=10)
    profile = ip.TemporalRUS(quick).fit(windows).profile_
    with pytest.raises(InvalidInput, match="DensityPID, with target_history=0 and nothing given"):
        profile.explain(windows)


def test_a_number_that_nothing_tells_of_is_explained_by_nothing():
    rng = np.random.default_rng(6)
    arrays = {name: rng.normal(size=(300, 1)) for name in "ab"}
    windows = ip.windows_from_arrays(arrays, rng.normal(size=300), steps=1, classes=())
    quick = DensityPID(epochs=2, n_rotations=9, n_bootstrap=10)
    d = ip.TemporalRUS(quick).fit(windows).profile_.explain(windows)
    for name in ("informativeness", "redundancy", "unique", "synergy"):
        assert np.nanmax(np.abs(d[name].values)) < 0.01
