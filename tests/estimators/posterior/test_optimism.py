"""What makes held-out scores unbiased, and which pairs get a long training."""

import numpy as np
import torch

import interplay as ip
from interplay.estimators.collect import ProfileBuilder
from interplay.estimators.posterior.fold_probe import Training
from interplay.estimators.posterior.optimism import (
    Corrected,
    Learned,
    between_folds,
    chance_of_best,
    without_regret,
)
from interplay.estimators.posterior.problem import Problem
from interplay.estimators.posterior.quantise import filled, nearest_cell
from interplay.estimators.posterior.screening import screen


def corrected(held_out, seen, halved=None, late=0.0):
    """Where every window was trained on by the probe of the second side."""
    sides = torch.stack(
        [torch.as_tensor(each) for each in (held_out, seen, held_out if halved is None else halved)]
    )
    every = torch.ones(sides.shape[-1], dtype=torch.bool)
    return without_regret(
        sides, Learned(trained=every, halved=every, share=0.5), torch.full(sides.shape[1:-1], late)
    )


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
    assert held_out.mean() < a**2 - 0.01
    assert seen.mean() > a**2 + 0.01
    np.testing.assert_allclose(
        float(corrected(held_out.reshape(1, -1), seen.reshape(1, -1)).score.mean()),
        a**2,
        atol=0.005,
    )


def test_scores_are_never_raised_to_more_than_their_double():
    held_out = torch.tensor([[0.1, 0.3], [-0.2, 0.0], [0.4, 0.4], [0.5, 0.5]])
    seen = torch.tensor([[0.9, 1.1], [0.8, 0.6], [0.6, 0.8], [0.1, 0.1]])
    # mean 0.2 held out and 1.0 seen: to 0.4; -0.1 stays; 0.4 and 0.7: to the middle; less when seen: to the middle
    scores = corrected(held_out, seen)
    np.testing.assert_allclose(scores.score.mean(-1), [0.4, -0.1, 0.55, 0.3], atol=1e-6)
    np.testing.assert_allclose(scores.moved, [0.2, 0.0, 0.15, -0.2], atol=1e-6)


def test_what_half_of_the_windows_cost_is_what_the_other_half_would_teach():
    """A regret of c / sqrt(n): 0.1 from all and 0.1 sqrt(2) from half of the windows, of 0.4 that are learned."""
    level, lost = torch.full((1, 8), 0.4), 0.1 * (2**0.5 - 1)
    np.testing.assert_allclose(corrected(level, level, level - lost).regret, 0.1, rtol=1e-6)
    # learning more from less is chance, and no head lacks more than it has
    np.testing.assert_allclose(corrected(level, level, level + lost).regret, 0.0, atol=1e-12)
    np.testing.assert_allclose(corrected(level, level, level - 3.0).regret, 0.4, rtol=1e-6)
    np.testing.assert_allclose(corrected(level, level, level - lost, late=0.2).regret, 0.2, rtol=1e-6)


def test_the_doubt_about_a_correction_is_that_of_anything_from_none_to_its_double():
    """A uniform draw from [0, 2c] has a standard deviation of 2c / sqrt(12); of a difference the moves subtract."""
    none = torch.zeros(1)
    one, two = (Corrected(torch.zeros(1, 4), torch.tensor([moved]), none, none) for moved in (0.3, 0.1))
    drawn = np.random.default_rng(0).uniform(0, 0.6, 200_000)
    # 200,000 draws know a standard deviation of 0.17 to 0.0003
    np.testing.assert_allclose(float(one.doubt), drawn.std(), atol=0.001)
    np.testing.assert_allclose(float((one - two).doubt), 0.2 / np.sqrt(3), rtol=1e-6)
    np.testing.assert_allclose(float((one + two).doubt), 0.4 / np.sqrt(3), rtol=1e-6)


def test_a_regret_beyond_the_move_is_doubted_about_the_move():
    """The truth is anywhere from the held-out score to twice the regret above it, the estimate at the move."""
    scores = Corrected(torch.zeros(1, 4), torch.tensor([0.1]), torch.tensor([0.3]), torch.zeros(1))
    error = np.random.default_rng(0).uniform(0, 0.6, 200_000) - 0.1
    # root of the mean square, known to 0.0005 from 200,000 draws
    np.testing.assert_allclose(float(scores.doubt), np.sqrt(np.mean(error**2)), atol=0.002)


def test_which_of_equals_is_best_is_doubted_in_sums_and_differences_alike():
    none = torch.zeros(1)
    one, two = (Corrected(torch.zeros(1, 4), none, none, torch.tensor([choice])) for choice in (0.3, 0.0))
    for scores in (one, one + two, one - two, two - one):
        np.testing.assert_allclose(float(scores.doubt), 0.3, rtol=1e-6)


def test_the_mean_of_equals_is_nearer_than_the_best_of_them():
    """Two predictors are worth 0.2 each, with errors of 1 / sqrt(400) of their lead: the better one seems 0.4 standard
    errors above, 0.020, the mean by weight less than half of that; both by 2,000 draws, known to 0.0008."""
    drawn = 0.2 + 0.5**0.5 * torch.randn(2, 2000, 400, generator=torch.Generator().manual_seed(0))
    weights = chance_of_best(drawn, np.arange(400))
    mean = drawn.mean(-1)
    best = float(mean.amax(0).mean()) - 0.2
    assert abs(best - 0.4 / 20) < 0.002
    assert abs(float((weights * mean).sum(0).mean()) - 0.2) < 0.5 * best
    torch.testing.assert_close(weights.sum(0), torch.ones(2000))


def test_a_clear_lead_and_clusters_that_go_together_decide():
    lead = torch.zeros(2, 400)
    lead[0] = 0.2 + torch.randn(400, generator=torch.Generator().manual_seed(0))
    # 0.2 of 1 / sqrt(400) are four standard errors, 1 - sqrt(1 - 1/16) = 0.03; of one sample seen ten times less than 2
    assert float(chance_of_best(lead, np.arange(400))[0]) > 0.95
    again = lead[:, :40].repeat_interleave(10, dim=1)
    again[0] += 0.2 - again[0].mean()
    assert float(chance_of_best(again, np.arange(400) // 10)[0]) < 0.9
    # of predictors that say the same each is as good
    torch.testing.assert_close(chance_of_best(torch.ones(3, 5), np.arange(5)), torch.full((3,), 1 / 3))


def test_doubt_widens_the_filed_error_and_moves_no_estimate():
    """Values that are all alike have no error of their draw: a doubt of ln 2 nats is the whole error, one bit."""
    windows = ip.windows_from_arrays(
        {"a": np.zeros((50, 1)), "b": np.ones((50, 1))}, np.arange(50) % 2, steps=1
    )
    builder = ProfileBuilder(windows, np.arange(1), n_bootstrap=20, rng=np.random.default_rng(0))
    alike = torch.full((2, 1, 50), 0.7)
    builder.add_modality(alike, doubt=torch.full((2, 1), np.log(2)))
    d = builder.dataset()
    np.testing.assert_allclose(d["mi_stderr"], 1.0, rtol=1e-6)
    np.testing.assert_allclose(d["mi"], 0.7 / np.log(2), rtol=1e-6)


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
    problem = Problem.of(windows, np.zeros(len(windows), dtype=np.int64), np.arange(1))
    screened = screen(problem, pairs, Training(), 0, lambda done: None)
    assert screened.pairs.tolist() == [False, True, False, False]
    assert screened.modalities.tolist() == [True, True, True, True, False]


def test_folds_that_did_not_learn_alike_are_doubted_and_chance_is_not():
    rng = np.random.default_rng(0)
    fold, cluster = np.arange(5000) % 5, np.arange(5000) // 50
    # one probe of five stays at 0 where the others reach 1: means of 0, 1, 1, 1, 1 differ by 0.447, over root five 0.2
    score = torch.from_numpy((fold > 0) + 0.3 * rng.normal(size=(1, 5000)))
    np.testing.assert_allclose(float(between_folds(score, fold, cluster)[0]), 0.2, rtol=0.02)
    # alike probes: 200 draws, of which a variance of 4 degrees of freedom exceeds twice its mean in 9 %
    alike = between_folds(torch.from_numpy(rng.normal(size=(200, 5000))), fold, cluster)
    assert float((alike > 0).double().mean()) < 0.17
