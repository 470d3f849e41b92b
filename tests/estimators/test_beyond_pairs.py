"""What a third adds to a pair, against closed forms of tables and Gaussians."""

from itertools import product

import numpy as np
import pytest

import interplay as ip
from interplay import info
from interplay.errors import DamagedFile, InvalidInput
from interplay.profile.triples import ARRANGED

BITS = np.array(list(product((0, 1), repeat=3)))
COUNTS = ip.DiscretePID(cells="given", n_rotations=99, n_bootstrap=100)


def bits(n, of=3, seed=0):
    return np.random.default_rng(seed).integers(0, 2, (of, n))


def windows_of(columns, y, **shape):
    names = columns if isinstance(columns, dict) else dict(zip("abcdefghijkl", columns, strict=False))
    arrays = {name: np.asarray(x, dtype=float)[:, None] for name, x in names.items()}
    return ip.windows_from_arrays(arrays, y, **({"steps": 1} | shape))


def at(triples, variable):
    """Values of the only triple at the only lag."""
    return triples.dataset[variable].values[0, ..., 0]


def majority(flipped=0.1):
    """P(a, b, c, y) of the majority of three fair bits, wrong in a share of cases."""
    table = np.zeros((2, 2, 2, 2))
    for a, b, c in BITS:
        right = int(a + b + c > 1)
        table[a, b, c, right], table[a, b, c, 1 - right] = (1 - flipped) / 8, flipped / 8
    return table


def entropy(table, *axes):
    """Bits of the marginal over these axes."""
    rest = tuple(axis for axis in range(table.ndim) if axis not in axes)
    p = table.sum(rest).ravel()
    p = p[p > 0]
    return -(p * np.log2(p)).sum()


def dual_total_correlation(table, axes):
    whole = entropy(table, *axes)
    return whole - sum(whole - entropy(table, *(b for b in axes if b != a)) for a in axes)


def total_correlation(table, axes):
    return sum(entropy(table, a) for a in axes) - entropy(table, *axes)


def test_parity_of_three_is_in_no_pair_and_takes_all_three():
    a, b, c = bits(1000)
    windows = windows_of((a, b, c), a ^ b ^ c)
    pairs = ip.TemporalRUS(COUNTS).fit(windows).profile_
    assert not any(pairs.significant(atom).any() for atom in ("redundancy", "unique", "synergy"))
    triples = ip.beyond_pairs(windows, estimator=COUNTS)
    assert triples.triples == (("a", "b", "c"),)
    assert triples.dataset["chosen_by"].values.tolist() == ["product"]
    # what pairs happen to tell in 1,000 windows: three free numbers, 3 / (2000 ln 2) = 0.002 bit in the mean
    np.testing.assert_allclose(at(triples, "synergy"), 1.0, atol=0.015)
    assert at(triples, "least_synergy") == pytest.approx(1.0, abs=0.015)
    for atom in ("redundancy", "unique_pair", "unique_third"):
        np.testing.assert_allclose(at(triples, atom), 0.0, atol=0.015)
    (sentence,) = triples.sentences()
    assert sentence.startswith("a, b and c together tell 0.99 ± 0.02 bits that no two of them and the third")


@pytest.mark.slow
def test_parity_of_three_is_learned_by_probes():
    a, b, c = bits(1500, seed=1)
    noise = np.random.default_rng(1).normal(size=(3, 1500))
    windows = windows_of(2 * np.array([a, b, c]) - 1 + 0.3 * noise, a ^ b ^ c)
    triples = ip.beyond_pairs(windows, estimator=ip.PosteriorPID(n_rotations=49, n_bootstrap=50))
    # held out, of which the 30 windows or so that noise puts on the other side of a boundary cost most
    np.testing.assert_allclose(at(triples, "synergy"), 1.0, atol=0.05)
    assert [sentence[:15] for sentence in triples.sentences()] == ["a, b and c toge"]


def test_a_noisy_majority_has_the_atoms_of_its_tables():
    a, b, c = bits(6000)
    y = (a + b + c > 1) ^ (np.random.default_rng(1).random(6000) < 0.1)
    triples = ip.beyond_pairs(
        windows_of((a, b, c), y.astype(int)), triples=[("a", "b", "c")], estimator=COUNTS
    )
    exact = info.decompose(majority().reshape(4, 2, 2))
    truth = dict(zip(ARRANGED, (exact.redundancy, exact.unique1, exact.unique2, exact.synergy), strict=True))
    for atom, value in truth.items():
        error = at(triples, f"{atom}_stderr")
        # five errors, of three arrangements and four atoms; the solver's 1e-6 and the bias that is left are below
        assert (np.abs(at(triples, atom) - value) < 5 * error + 2e-3).all(), atom
    assert at(triples, "least_synergy") == at(triples, "synergy").min()


def test_dual_total_correlation_and_o_information_are_what_the_target_adds_to_them():
    a, b, c = bits(6000)
    y = (a + b + c > 1) ^ (np.random.default_rng(1).random(6000) < 0.1)
    triples = ip.beyond_pairs(
        windows_of((a, b, c), y.astype(int)), triples=[("a", "b", "c")], estimator=COUNTS
    )
    table = majority()
    dual = dual_total_correlation(table, (0, 1, 2, 3)) - dual_total_correlation(table, (0, 1, 2))
    total = total_correlation(table, (0, 1, 2, 3)) - total_correlation(table, (0, 1, 2))
    for name, truth in (("dual_total_correlation", dual), ("o_information", total - dual)):
        assert abs(at(triples, name) - truth) < 3 * at(triples, f"{name}_stderr"), name
    assert dual > 0.5
    assert at(triples, "dual_total_correlation_stderr") < 0.1


def test_a_copy_adds_redundancy_only():
    a, b = bits(1500, of=2)
    triples = ip.beyond_pairs(
        windows_of({"a": a, "b": b, "copy": a}, 2 * a + b), triples=[("a", "b", "copy")], estimator=COUNTS
    )
    first, second, copy = range(3)
    redundancy, unique = at(triples, "redundancy"), at(triples, "unique_third")
    assert redundancy[copy] == pytest.approx(1.0, abs=0.01)
    assert redundancy[first] == pytest.approx(1.0, abs=0.01)
    assert unique[copy] == pytest.approx(0.0, abs=0.01)
    assert unique[second] == pytest.approx(1.0, abs=0.01)
    assert not triples.significant("least_synergy").any()
    assert any("copy repeats 1.00" in sentence for sentence in triples.sentences(9))
    assert not any(sentence.startswith("copy tells") for sentence in triples.sentences(9))
    # both raise what three tell again: 2 bits in all, 1 that the second alone adds
    assert at(triples, "o_information") == pytest.approx(1.0, abs=0.03)


def test_what_two_of_three_tell_together_is_not_said_of_three():
    a, b, noise = bits(1500)
    triples = ip.beyond_pairs(windows_of((a, b, noise), a ^ b), triples=[("a", "b", "c")], estimator=COUNTS)
    # a and c as one source tell nothing without b, and yet it does not take c
    assert triples.significant("synergy")[0, :, 0].tolist() == [True, True, False]
    assert not triples.significant("least_synergy").any()
    assert triples.sentences() == []


def test_cells_of_a_pair_are_no_coarser_than_those_of_each():
    x = np.random.default_rng(0).normal(size=(3, 4000))
    counts = ip.DiscretePID(n_cells=4, n_rotations=49, n_bootstrap=50)
    triples = ip.beyond_pairs(
        windows_of(x, (x[0] > 0).astype(int)), triples=[("a", "b", "c")], estimator=counts
    )
    # a tells as much beside b or c as alone, and there is nothing that takes three
    i_a = at(triples, "mi_third")[0]
    assert i_a > 0.5
    # cells of two noises: 64 cells for 4 leave 0.01 bit of bias and its spread
    np.testing.assert_allclose(at(triples, "mi_pair")[1:], i_a, atol=0.02)
    np.testing.assert_allclose(at(triples, "synergy"), 0.0, atol=0.02)
    assert triples.dataset.attrs["parameters"]["cells"] == "kmeans"


def test_two_overlapping_pairs_may_have_what_no_split_tells_apart():
    a, b, c = bits(1500)
    triples = ip.beyond_pairs(
        windows_of((a, b, c), 2 * (a ^ b) + (b ^ c)), triples=[("a", "b", "c")], estimator=COUNTS
    )
    # every pair tells one of two bits, and no single one any: docs/limits.md says so
    np.testing.assert_allclose(at(triples, "mi_pair"), 1.0, atol=0.02)
    assert at(triples, "least_synergy") == pytest.approx(1.0, abs=0.02)


def test_of_gaussians_a_third_adds_what_their_covariance_says():
    x = np.random.default_rng(0).normal(size=(4, 3000))
    y = x[:3].sum(0) + x[3]
    triples = ip.beyond_pairs(
        windows_of(x[:3], y, classes=()), triples=[("a", "b", "c")], estimator="GaussianPID"
    )
    # what is left of y has variance 2 without the third, 1 with it: half a bit
    adds, error = at(triples, "adds"), at(triples, "adds_stderr")
    assert (np.abs(adds - 0.5) < 5 * error).all()
    assert (error < 0.03).all()


@pytest.mark.parametrize("seed", range(3))
def test_noise_adds_nothing_by_counts(seed):
    a, b, noise = bits(1000, seed=seed)
    y = np.where(np.random.default_rng(seed).random(1000) < 0.7, a & b, bits(1000, of=1, seed=seed + 99)[0])
    triples = ip.beyond_pairs(windows_of((a, b, noise), y), triples=[("a", "b", "c")], estimator=COUNTS)
    assert not any("c " in sentence[:2] or "a, b and c" in sentence for sentence in triples.sentences(9))
    assert any(sentence.startswith("a repeats") for sentence in triples.sentences(9))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_noise_adds_nothing_by_probes(seed):
    a, b, noise = bits(1200, seed=seed)
    shown = 2 * np.array([a, b, noise]) - 1 + 0.5 * np.random.default_rng(seed).normal(size=(3, 1200))
    y = np.where(np.random.default_rng(seed).random(1200) < 0.7, a & b, bits(1200, of=1, seed=seed + 99)[0])
    triples = ip.beyond_pairs(
        windows_of(shown, y),
        triples=[("a", "b", "c")],
        estimator=ip.PosteriorPID(n_rotations=49, n_bootstrap=50, random_state=seed),
    )
    assert not any("c " in sentence[:2] or "a, b and c" in sentence for sentence in triples.sentences(9))


def test_values_of_triples_can_be_ranked_tabled_and_saved(tmp_path):
    a, b, c = bits(600)
    windows = windows_of((a, b, c), a ^ b ^ c, steps=2, entity=np.repeat(np.arange(12), 50))
    triples = ip.beyond_pairs(windows, estimator=COUNTS, lags_s=[0, 1])
    best = triples.top(1).iloc[0]
    assert (best["atom"], best["lag_s"], best["significant"]) == ("least_synergy", 0.0, True)
    assert set(triples.top(99, atom="synergy")["third"]) == {"a", "b", "c"}
    table = triples.to_dataframe()
    assert len(table) == 3 * 2
    row = table[(table["third"] == "b") & (table["lag_s"] == 0.0)].iloc[0]
    assert (row["source_i"], row["source_j"]) == ("a", "c")
    assert row["synergy"] == triples.dataset["synergy"].sel(triple=0, third="second", lag=0)
    assert triples.entities == windows.entities
    path = triples.save(tmp_path / "profile.triples.nc")
    assert ip.TripleProfile.load(path) == triples
    assert "1 of 1 triples over lags 0 to 1 s" in repr(triples)
    with pytest.raises(InvalidInput, match="atom must be one of"):
        triples.top(atom="unique")
    with pytest.raises(DamagedFile, match="not a profile of this library"):
        ip.InteractionProfile.load(path)


def test_q_values_count_the_triples_that_were_not_chosen():
    x = bits(600, of=6)
    windows = windows_of(x, x[0] ^ x[1] ^ x[2])
    chosen = ip.beyond_pairs(windows, estimator=COUNTS)
    named = ip.beyond_pairs(windows, estimator=COUNTS, triples=[("a", "b", "c")])
    assert chosen.triples == named.triples
    assert chosen.dataset.attrs["n_triples"] == 20
    ratio = at(chosen, "least_synergy_q_value") / at(named, "least_synergy_q_value")
    # the same p-values, adjusted for twenty times as many
    assert ratio == pytest.approx(20.0)


def test_a_confounder_is_no_member_of_a_triple():
    x = bits(1500, of=4)
    counts = ip.DiscretePID(cells="given", n_rotations=49, n_bootstrap=50, given="d")
    triples = ip.beyond_pairs(windows_of(x, x[0] ^ x[1] ^ x[2]), estimator=counts)
    assert triples.triples == (("a", "b", "c"),)
    assert triples.sentences()[0].startswith("Given d: a, b and c together tell")


def test_what_cannot_be_measured_is_refused_in_a_sentence():
    x = bits(200, of=3)
    windows = windows_of(x, x[0])
    with pytest.raises(InvalidInput, match="three different modalities"):
        ip.beyond_pairs(windows, triples=[("a", "b", "b")], estimator=COUNTS)
    with pytest.raises(InvalidInput, match="three different modalities"):
        ip.beyond_pairs(windows, triples=["abc"], estimator=COUNTS)
    with pytest.raises(InvalidInput, match="three sources at least"):
        ip.beyond_pairs(windows.without(["a"]), estimator=COUNTS)
    with pytest.raises(InvalidInput, match="decompose_predictions"):
        ip.beyond_pairs(windows, estimator="PredictionsPID")
    with pytest.raises(InvalidInput, match="n_cells must be at most 16"):
        ip.beyond_pairs(windows, estimator=ip.DiscretePID(n_cells=24))
    other = ip.TemporalRUS(COUNTS).fit(windows_of({"u": x[0], "v": x[1]}, x[0])).profile_
    with pytest.raises(InvalidInput, match="must be over lags, of the sources"):
        ip.beyond_pairs(windows, other, estimator=COUNTS)
