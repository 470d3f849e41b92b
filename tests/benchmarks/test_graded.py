"""Truth of the graded tasks, against oracles that share no code with it: adaptive quadrature and simulation."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import cauchy, norm

from benchmarks import graded, sharp
from benchmarks.readings import (
    cauchy_reading,
    gaussian_plane_reading,
    gaussian_reading,
    information,
    joint_information,
)
from benchmarks.states import (
    BITS,
    MOD3,
    OR,
    SUM,
    XOR,
    far_off,
    grid,
    halves,
    rare_bits,
    ring,
    same_class,
    tiny,
)
from benchmarks.tasks import TASKS
from interplay.info import decompose

BY_NAME = {task.name: task for task in TASKS}
DRAWS = 400_000


def bits(p):
    """Entropy of an event in bits, by its definition."""
    p = np.clip(p, 1e-300, 1 - 1e-16)
    return -(p * np.log2(p) + (1 - p) * np.log2(1 - p))


def atoms(name, lag=0):
    draw = BY_NAME[name].draw(600, 0)
    return np.array(
        [draw.redundancy[0, 1, lag], draw.unique[0, 1, lag], draw.unique[1, 0, lag], draw.synergy[0, 1, lag]]
    )


def simulated_information(log_density, prior, rng):
    """I(X; Y) in bits and its standard error: the mean of log p(x | y) / p(x) over `DRAWS` draws."""
    y = rng.choice(len(prior), DRAWS, p=prior)
    density = log_density(y)
    mean = np.logaddexp.reduce(density + np.log(prior), axis=1)
    pointwise = (density[np.arange(DRAWS), y] - mean) / np.log(2)
    return pointwise.mean(), pointwise.std() / np.sqrt(DRAWS)


def test_two_gaussians_are_those_of_adaptive_quadrature():
    def two_gaussians(distance):
        def integrand(x):
            p = norm.pdf(x, distance) / (norm.pdf(x) + norm.pdf(x, distance))
            return 0.5 * (norm.pdf(x) + norm.pdf(x, distance)) * bits(p)

        return 1 - quad(integrand, -12, distance + 12, epsabs=1e-10, limit=200)[0]

    i1, i2, both = two_gaussians(1), two_gaussians(2), two_gaussians(5**0.5)
    np.testing.assert_allclose(atoms("2 classes, 1 and 2 apart"), [i1, 0, i2 - i1, both - i2], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "points", "distances", "prior"),
    [
        ("6 classes in a ring, 1.5 apart", ring(6), (1.5, 1.5), np.full(6, 1 / 6)),
        ("4 classes in a ring, 2 and 3 apart", ring(4), (2, 3), np.full(4, 1 / 4)),
        ("3 classes of 80, 15 and 5 %", np.arange(3.0)[:, None], (1.5, 2.5), np.array([0.8, 0.15, 0.05])),
    ],
)
def test_joint_information_of_classes_is_that_of_a_simulation_of_both_readings(
    name, points, distances, prior
):
    rng = np.random.default_rng(0)

    def log_density(y):
        total = 0.0
        for distance in distances:
            x = distance * points[y] + rng.normal(size=(len(y), points.shape[1]))
            total = total - 0.5 * ((x[:, None] - distance * points) ** 2).sum(-1)
        return total

    value, error = simulated_information(log_density, prior, rng)
    assert atoms(name).sum() == pytest.approx(value, abs=4 * error)


@pytest.mark.parametrize(
    ("states", "levels", "share", "name"),
    [
        (XOR, 4 * BITS, 0.5, "XOR of bits 2 and 4 apart"),
        (OR, 3 * BITS, 2 / 3, "OR of bits 2 and 3 apart"),
        (SUM, 3 * BITS, 1.0, "SUM of bits, scale 1e-13 and offset 1e6"),
        (MOD3, np.array([0.0, 3.0, 6.0]), 1.0, "sum modulo 3 of states 3 apart"),
        (rare_bits(0.1, np.array([[0, 1], [1, 0]])), 4 * BITS, 1.0, "XOR of bits of 10 %"),
    ],
)
def test_atoms_of_readings_are_those_of_a_simulation(states, levels, share, name):
    assert simulated_atoms(states, levels, share, norm, 0) == pytest.approx(atoms(name), abs=0.006)


@pytest.mark.parametrize(
    ("states", "levels", "share", "name"),
    [
        (OR, 6 * BITS, 1.0, "OR of bits, Cauchy noise"),
        (same_class([1 / 3] * 3), np.array([0.0, 4.0, 8.0]), 0.5, "3 classes, Cauchy noise"),
    ],
)
def test_atoms_of_cauchy_readings_are_those_of_a_simulation(states, levels, share, name):
    assert simulated_atoms(states, levels, share, cauchy, 0) == pytest.approx(atoms(name), abs=0.006)


def simulated_atoms(states, levels, share, noise, seed):
    """R, U1, U2, S where source 1 is the weaker one, from exact posteriors of simulated values.

    The pointwise information of `DRAWS` rows deviates by at most 1 bit or so: a standard error of 0.0016 bit.
    """
    rng = np.random.default_rng(seed)
    cell = rng.choice(states.size, DRAWS, p=states.ravel())
    s1, s2, y = np.unravel_index(cell, states.shape)
    p1, p2 = (
        noise.pdf(k[s][:, None] + noise.rvs(size=(DRAWS, 1), random_state=rng) - k)
        for s, k in ((s1, share * levels), (s2, levels))
    )
    prior = states.sum((0, 1))

    def information_of(joint):
        return np.log2(joint[np.arange(DRAWS), y] / joint.sum(1) / prior[y]).mean()

    i1, i2 = information_of(p1 @ states.sum(1)), information_of(p2 @ states.sum(0))
    both = information_of(np.einsum("na,nb,abc->nc", p1, p2, states, optimize=True))
    return np.array([i1, 0, i2 - i1, both - i2])


def test_information_does_not_change_with_the_fineness_of_the_grid():
    for coarse, fine in (
        (gaussian_reading(3 * BITS, 200), gaussian_reading(3 * BITS)),
        (cauchy_reading(6 * BITS, 200), cauchy_reading(6 * BITS)),
    ):
        assert joint_information(OR, coarse, coarse) == pytest.approx(
            joint_information(OR, fine, fine), abs=1e-5
        )
    prior = np.full(4, 0.25)[:, None]
    coarse, fine = (information((prior * gaussian_plane_reading(2 * ring(4), n)).T) for n in (80, 160))
    assert coarse == pytest.approx(fine, abs=1e-5)


def test_crossed_classes_do_not_change_with_the_fineness_of_the_grid():
    states = same_class(np.full(3, 1 / 3))
    levels = 2 * np.array([[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
    finer = graded.read_atoms(states, *(gaussian_reading(k, cells=110) for k in levels))
    np.testing.assert_allclose(atoms("crossed classes, 2 apart"), finer, atol=5e-4)


@pytest.mark.parametrize(
    ("name", "views"),
    [
        ("larger of two above a bound", sharp.largest),
        ("two numbers close", sharp.close),
        ("parity of six and four bands", sharp.bands),
        ("sign of a product", sharp.product),
        ("point in a disc", sharp.disc),
        ("half circle of two phases", sharp.phases),
        ("third of a circle by cosine and sine", sharp.sectors),
    ],
)
@pytest.mark.slow
def test_sharp_boundaries_are_those_of_counts_in_many_cells(name, views):
    """Plug-in counts in 120 cells of each source, and 120 x 120 of both.

    A cell that a boundary crosses keeps less than is there: of one source it is one cell in 120, of both about one in
    50, so single informations are known to 0.008 bit and the joint one to some 0.03 bit from below. The 14,400 cells
    of 2,000,000 rows bring 0.005 bit of bias.
    """
    x, y = views(2_000_000, np.random.default_rng(0))
    cells = [_cells(value, 120) for value in list(x.values())[:2]]
    r, u1, u2, s = atoms(name)
    n_y = y.max() + 1
    assert _counted(cells[0], y, n_y) == pytest.approx(r + u1, abs=0.008)
    assert _counted(cells[1], y, n_y) == pytest.approx(r + u2, abs=0.008)
    together = _counted(120 * cells[0] + cells[1], y, n_y)
    assert r + u1 + u2 + s - 0.03 < together < r + u1 + u2 + s + 0.006


def test_parity_of_three_bits_is_that_of_its_table():
    p = np.array([0.5, 0.5, 0.2])
    table = np.zeros((2, 2, 2))
    for a, b, c in np.ndindex(2, 2, 2):
        table[a, b, (a + b + c) % 2] += np.prod(np.where([a, b, c], p, 1 - p))
    draw = BY_NAME["parity of three bits"].draw(600, 0)
    assert draw.synergy[0, 1, 0] == pytest.approx(float(decompose(table).synergy), abs=1e-5)
    for pair in ((0, 2), (1, 2)):
        # whichever of the first two is missing leaves a fair coin
        assert draw.synergy[(*pair, 0)] == 0
    assert atoms("parity of three bits")[:3] == pytest.approx([0, 0, 0])


def _cells(value, n):
    """Equally full cells of a number, or of the angle of a point."""
    number = value[:, 0] if value.shape[1] == 1 else np.arctan2(*value.T)
    return (number.argsort().argsort() * n) // len(number)


def _counted(cell, y, n_y):
    table = np.bincount(cell * n_y + y, minlength=(cell.max() + 1) * n_y).reshape(-1, n_y) / len(y)
    return information(table)


def test_entities_with_offsets_are_the_population_of_all_offsets():
    """One window of each of 400,000 entities: offset and noise add up to the noise of the reading."""
    draw = graded.of_offsets(OR, 2.5, entities=200_000)(200_000, 1)
    x, y = draw.windows.steps.values["x1"].ravel(), draw.windows.y
    p = norm.pdf(x[:, None], 2.5 * BITS, np.hypot(1, 0.3)) @ OR.sum(1)
    pointwise = np.log2(p[np.arange(len(y)), y] / p.sum(1) / OR.sum((0, 1))[y])
    assert draw.redundancy[0, 1, 0] == pytest.approx(
        pointwise.mean(), abs=4 * pointwise.std() / len(y) ** 0.5
    )


def test_glitches_leave_one_channel_that_tells():
    draw = BY_NAME["SUM, glitches of 1e6"].draw(5000, 0)
    for x in draw.windows.steps.values.values():
        assert (np.abs(x[:, 0, 0]) > 1e5).sum() == 5
        assert set(np.abs(np.round(x[:, 0, 1]))) == {0, 1}


def test_bends_keep_what_is_told_apart():
    x = np.random.default_rng(0).normal(size=1000)
    for bend in (graded.cube, graded.steep, tiny, far_off):
        assert (np.argsort(bend(x)) == np.argsort(x)).all()


def test_many_states_tell_what_their_numbers_say():
    np.testing.assert_allclose(atoms("40 states seen twice"), [np.log2(40), 0, 0, 0], atol=1e-5)
    np.testing.assert_allclose(atoms("40 states, and pairs of them"), [np.log2(20), 1, 0, 0], atol=1e-5)
    np.testing.assert_allclose(atoms("40 states by row and column"), [0, np.log2(5), 3, 0], atol=1e-5)
    assert halves().sum() == pytest.approx(1)
    assert grid().sum() == pytest.approx(1)


@pytest.mark.parametrize("lag", range(3))
def test_bits_in_runs_are_those_of_a_long_stream(lag):
    rng = np.random.default_rng(2)
    # runs of ten steps: 40,000 independent ones, a standard error of 0.0025
    bit = graded.runs(400_000, 5, 15, 2, rng)
    assert (bit[lag:] == bit[: len(bit) - lag]).mean() == pytest.approx(1 - lag / 10, abs=0.01)
    assert bit.mean() == pytest.approx(0.5, abs=0.01)


def test_slow_streams_at_lag_0_are_the_readings_of_the_gate_and_fade():
    zero = atoms("SUM of bits in runs")
    np.testing.assert_allclose(zero, atoms("SUM of bits, scale 1e-13 and offset 1e6"), atol=1e-6)
    later = [atoms("SUM of bits in runs", lag).sum() for lag in range(3)]
    assert later[0] > later[1] > later[2] > 0


def test_noise_partners_tell_nothing():
    draw = BY_NAME["2 classes 2 apart, noise partners"].draw(600, 0)
    both = atoms("2 classes, 1 and 2 apart")
    assert draw.unique[0, 1:, 0] == pytest.approx(both[0] + both[2], abs=1e-6)
    assert np.nansum(np.abs(draw.redundancy)) + np.nansum(np.abs(draw.synergy)) == 0
    assert np.nansum(draw.unique[1:]) == 0
