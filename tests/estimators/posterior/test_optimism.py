"""What makes held-out scores unbiased, and which pairs get a long training."""

import numpy as np
import torch

import interplay as ip
from interplay.estimators.collect import Findings
from interplay.estimators.posterior.fold_probe import Training
from interplay.estimators.posterior.quantise import filled, nearest_cell
from interplay.estimators.posterior.scoring import Corrected, without_regret
from interplay.estimators.posterior.screening import screen


def corrected(sides):
    """Where every window was trained on by the probe of the second side."""
    return without_regret(sides, torch.ones(sides.shape[-1], dtype=torch.bool))


def test_a_shrunk_linear_predictor_is_scored_without_regret():
    """y = a x + noise, the slope estimated from n samples and shrunk by the best factor; score: -(y - prediction)^2.

    The truth is a^2; 4,000 repetitions leave standard errors of 0.0015 on means of about 0.07.
    """
    rng = np.random.default_rng(0)
    n, a = 40, 0.3
    x = rng.normal(size=(2, 4000, n))
    y = a * x + rng.normal(size=x.shape)
    slope = (x[0] * y[0]).sum(-1) / (x[0] ** 2).sum(-1)
    slope = slope[:, None] * a**2 / (a**2 + 1 / n)
    seen, held_out = y[0] ** 2 - (y[0] - slope * x[0]) ** 2, y[1] ** 2 - (y[1] - slope * x[1]) ** 2
    sides = torch.from_numpy(np.stack([held_out, seen]).reshape(2, 1, -1))
    assert held_out.mean() < a**2 - 0.01
    assert seen.mean() > a**2 + 0.01
    np.testing.assert_allclose(
        float(corrected(sides).score.mean()),
        a**2,
        atol=0.005,
    )


def test_scores_are_never_raised_to_more_than_their_double():
    sides = torch.tensor([[[0.1, 0.3], [-0.2, 0.0], [0.4, 0.4], [0.5, 0.5]],
                          [[0.9, 1.1], [0.8, 0.6], [0.6, 0.8], [0.1, 0.1]]])  # fmt: skip
    # mean 0.2 held out and 1.0 seen: to 0.4; -0.1 stays; 0.4 and 0.7: to the middle; less when seen: to the middle
    found = corrected(sides)
    np.testing.assert_allclose(found.score.mean(-1), [0.4, -0.1, 0.55, 0.3], atol=1e-6)
    np.testing.assert_allclose(found.moved, [0.2, 0.0, 0.15, -0.2], atol=1e-6)


def test_the_doubt_about_a_correction_is_that_of_anything_from_none_to_its_double():
    """A uniform draw from [0, 2c] has a standard deviation of 2c / sqrt(12); of a difference the moves subtract."""
    one, two = (Corrected(torch.zeros(1, 4), torch.tensor([moved])) for moved in (0.3, 0.1))
    drawn = np.random.default_rng(0).uniform(0, 0.6, 200_000)
    # 200,000 draws know a standard deviation of 0.17 to 0.0003
    np.testing.assert_allclose(float(one.move_std), drawn.std(), atol=0.001)
    np.testing.assert_allclose(float((one - two).move_std), 0.2 / np.sqrt(3), rtol=1e-6)
    np.testing.assert_allclose(float((one + two).move_std), 0.4 / np.sqrt(3), rtol=1e-6)


def test_doubt_widens_the_filed_error_and_moves_no_estimate():
    """Values that are all alike have no error of their draw: a doubt of ln 2 nats is the whole error, one bit."""
    windows = ip.windows_from_arrays(
        {"a": np.zeros((50, 1)), "b": np.ones((50, 1))}, np.arange(50) % 2, steps=1
    )
    found = Findings(windows, np.arange(1), n_bootstrap=20, rng=np.random.default_rng(0))
    alike = torch.full((2, 1, 50), 0.7)
    found.file("mi", alike, doubt_nats=torch.full((2, 1), np.log(2)))
    np.testing.assert_allclose(found.values["mi_stderr"][0], 1.0, rtol=1e-6)
    np.testing.assert_allclose(found.values["mi"][0], 0.7 / np.log(2), rtol=1e-6)


def test_no_posterior_is_put_into_a_cell_that_nothing_was_in():
    log_p = torch.log(torch.tensor([[[0.9, 0.1], [0.1, 0.9]]]))
    centres = torch.sqrt(torch.tensor([[[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]]]))
    between = torch.log(torch.tensor([[[0.5, 0.5], [0.55, 0.45]]]))
    assert (nearest_cell(between, centres) == 1).all()
    assert (nearest_cell(between, filled(centres, log_p)) != 1).all()


def test_pairs_that_say_nothing_more_together_are_not_promising():
    """y is a bit that a copies and b shows too, twice the xor of c and d: those two gain, copies and noise do not."""
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 2, (3, 3000))
    shown = {"a": bits[0], "b": bits[0], "c": bits[1], "d": bits[2], "e": rng.integers(0, 2, 3000)}
    y = bits[0] + 2 * (bits[1] ^ bits[2])
    arrays = {name: 2.0 * bit[:, None] + 0.1 * rng.normal(size=(3000, 2)) for name, bit in shown.items()}
    windows = ip.windows_from_arrays(arrays, y, steps=1)
    pairs = np.array([(0, 1), (2, 3), (2, 4), (3, 4)])
    context = np.zeros(len(windows), dtype=np.int64)
    found = screen(windows, context, np.arange(1), pairs, Training(), 0, lambda done: None)
    assert found.pairs.tolist() == [False, True, False, False]
    assert found.modalities.tolist() == [True, True, True, True, False]
