"""The quick look that picks pairs for screening where there are very many."""

import numpy as np
import pytest

import interplay as ip
from interplay.estimators.posterior import pair_look
from interplay.estimators.posterior.pair_look import promising
from interplay.estimators.posterior.problem import Problem

LAGS = np.array([0, 1])


def problem(arrays, y, steps=2) -> Problem:
    windows = ip.windows_from_arrays(arrays, y, steps=steps)
    return Problem.of(windows, np.zeros(len(windows), dtype=np.int64), LAGS)


def bits(rng, n):
    """A bit that three noisy channels show."""
    bit = rng.integers(0, 2, n)
    return bit, (2.0 * bit - 1.0)[:, None] + 0.3 * rng.normal(size=(n, 3))


def streams(n=3000, modalities=14, seed=0):
    """A target of an exclusive or, one step ago, of modalities 2 and 9, and of bits that 4 and 11 show now."""
    rng = np.random.default_rng(seed)
    shown = [bits(rng, n) for _ in range(modalities)]
    both = np.roll(shown[2][0] ^ shown[9][0], 1)
    y = both + 2 * (shown[4][0] + shown[11][0])
    return {f"m{m:02d}": values for m, (_, values) in enumerate(shown)}, y


def all_pairs(n):
    return np.stack(np.triu_indices(n, 1), axis=1)


def test_few_pairs_are_all_trained():
    arrays, y = streams(200)
    assert promising(problem(arrays, y), all_pairs(14)).all()


@pytest.mark.parametrize("seed", range(3))
def test_planted_pairs_are_among_those_that_are_trained(monkeypatch, seed):
    monkeypatch.setattr(pair_look, "MOST_PAIRS", 8)
    arrays, y = streams(seed=seed)
    pairs = all_pairs(14)
    chosen = promising(problem(arrays, y), pairs)
    assert chosen.sum() == 8
    found = {tuple(each) for each in pairs[chosen].tolist()}
    # by their product, and since both tell something alone; 91 pairs by chance would have them in 1 of 12 cases each
    assert {(2, 9), (4, 11)} <= found


def test_scores_are_one_in_the_mean_where_nothing_is_told():
    rng = np.random.default_rng(0)
    arrays = {f"m{m:02d}": rng.normal(size=(2000, 2)) for m in range(30)}
    alone, product = pair_look._scores(problem(arrays, rng.integers(0, 2, 2000), steps=2))
    # the largest of four squared normal numbers (two signs, two lags) is 2.47 on average, of eight 3.46; of 30
    # modalities with a standard error of 0.35
    assert abs(alone.mean() - 2.47) < 3 * 0.35
    assert product[np.triu_indices(30, 1)].mean() == pytest.approx(3.46, abs=0.4)
    assert product == pytest.approx(product.T, rel=1e-3)


def test_what_is_planted_is_measured_beside_pairs_that_were_not_trained(monkeypatch):
    monkeypatch.setattr(pair_look, "MOST_PAIRS", 8)
    arrays, y = streams(1500)
    windows = ip.windows_from_arrays(arrays, y, step_s=1.0, steps=2)
    profile = ip.TemporalRUS(ip.PosteriorPID(epochs=6), lags_s=[0, 1]).fit(windows).profile_
    # the exclusive or one step ago, and of the sum of two bits what neither tells alone; either order
    called = np.argwhere(profile.significant("synergy")).tolist()
    assert called == [[2, 9, 1], [4, 11, 0], [9, 2, 1], [11, 4, 0]]
    tells = profile.dataset["mi"].values[:, 0]
    assert np.flatnonzero(tells > 0.1).tolist() == [4, 11]
