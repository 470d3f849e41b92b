"""Information does not change when channels are bent monotonely, shifted or rarely hit: atoms must not either."""

import numpy as np
import pytest

import interplay as ip

ATOMS = ("redundancy", "unique", "synergy")


@pytest.fixture(scope="module")
def rows():
    """Two graded bits, three standard deviations apart each, whose sum is the class: redundancy and synergy."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (2, 1500))
    return [3 * bit[:, None] + rng.normal(size=(1500, 1)) for bit in bits], bits.sum(0)


def atoms(sources, y):
    windows = ip.windows_from_arrays(dict(zip("ab", sources, strict=True)), y, steps=1)
    return ip.TemporalRUS(ip.PosteriorPID(n_bootstrap=50, n_rotations=19)).fit(windows).profile_.dataset


@pytest.fixture(scope="module")
def plain(rows):
    return atoms(*rows)


def glitched(x):
    """Five values of a million, as dropped packets leave them."""
    x = x.copy()
    x[np.random.default_rng(1).integers(0, len(x), 5)] = 1e6
    return x


@pytest.mark.slow
@pytest.mark.parametrize(
    "bent",
    [
        lambda x: x**3,
        lambda x: np.exp(x),
        lambda x: 1e6 + 0.05 * x,
        lambda x: 1e-13 * x,
        glitched,
    ],
    ids=["cubes", "exponentials", "a large offset", "tiny units", "glitches"],
)
def test_atoms_survive_what_information_survives(rows, plain, bent):
    sources, y = rows
    d = atoms([bent(x) for x in sources], y)
    off = ~np.eye(2, dtype=bool)
    for name in ATOMS:
        before, after = plain[name].values[off], d[name].values[off]
        error = np.hypot(plain[f"{name}_stderr"].values[off], d[f"{name}_stderr"].values[off])
        # same windows, so the errors of both draws are one; two standard errors are generous
        assert (np.abs(after - before) <= 2 * error).all(), name
    assert plain["synergy"].values[off].min() > 0.2
    assert plain["redundancy"].values[off].min() > 0.1
