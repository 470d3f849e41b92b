"""decompose_predictions against tables whose posteriors and atoms are known, and against people's ways with tables."""

import numpy as np
import pandas as pd
import pytest

import interplay as ip
from interplay.errors import InvalidInput
from interplay.synthetic import GATES

ATOMS = ("redundancy", "unique1", "unique2", "synergy")
N = 1000
QUICK = {"n_bootstrap": 50, "n_rotations": 19}


def noisy(name: str) -> np.ndarray:
    """A gate with 15 % of its labels redrawn, (2, 2, C)."""
    table = GATES[name].table
    return 0.85 * table + 0.15 * table.sum(-1, keepdims=True) * table.sum((0, 1))


def posteriors(table: np.ndarray, n: int = N, seed: int = 0):
    """What ideal models say of n draws of a table, of one source, the other and both; and the labels."""
    cells = np.random.default_rng(seed).choice(table.size, size=n, p=table.ravel())
    x1, x2, y = np.unravel_index(cells, table.shape)
    one, two = table.sum(1)[x1], table.sum(0)[x2]
    return *(p / p.sum(-1, keepdims=True) for p in (one, two, table[x1, x2])), y


def bent(p: np.ndarray, power: float, lean: float) -> np.ndarray:
    """The same beliefs, too sure or too timid, and leaning towards the last classes."""
    p = p**power * np.exp(lean * np.arange(p.shape[1]))
    return p / p.sum(-1, keepdims=True)


def errors_of(atoms, truth) -> np.ndarray:
    """How many standard errors each atom is off, beyond the resolution of the solver and of cells."""
    table = atoms.table.loc[list(ATOMS)]
    off = np.abs(table["bits"] - [float(getattr(truth, name)) for name in ATOMS]) - 2e-3
    return (off / table["stderr"]).to_numpy()


@pytest.mark.parametrize(
    "name",
    [
        "XOR",
        "COPY",
        "UNIQUE",
        "AND",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("CAT", "SUM")),
    ],
)
def test_ideal_and_badly_calibrated_posteriors_give_the_atoms_of_the_table(name):
    table = noisy(name)
    p1, p2, p12, y = posteriors(table)
    truth = ip.info.decompose(table)
    good = ip.decompose_predictions(p1, p2, p12, y, **QUICK)
    # four atoms of six gates, one seed: 3.3 standard errors are passed by chance in 2 % of such suites
    assert errors_of(good, truth).max() < 3.3
    bad = ip.decompose_predictions(bent(p1, 3, 0.7), bent(p2, 0.3, -0.5), bent(p12, 2.5, -1), y, **QUICK)
    # the same draws, so that what is left is the fit of two numbers and of offsets in five folds: some 4 / 2N nats
    np.testing.assert_allclose(bad.table["bits"], good.table["bits"], atol=0.004)
    clear = {atom for atom in ATOMS if float(getattr(truth, atom)) > 0.1}
    for atoms in (good, bad):
        assert set(atoms.table.index[atoms.table["significant"]]) & set(ATOMS) >= clear


def test_sums_hold_for_every_example_and_means_are_the_table():
    p1, p2, p12, y = posteriors(noisy("AND"))
    atoms = ip.decompose_predictions(p1, p2, p12, y, **QUICK)
    each = atoms.pointwise
    assert len(each) == N
    rounding = 1e-5  # float32 scores of size up to 5
    np.testing.assert_allclose(each["redundancy"] + each["unique1"], each["mi1"], atol=rounding)
    np.testing.assert_allclose(each["redundancy"] + each["unique2"], each["mi2"], atol=rounding)
    np.testing.assert_allclose(each[list(ATOMS)].sum(axis=1), each["joint_mi"], atol=rounding)
    np.testing.assert_allclose(each.mean(), atoms.table["bits"], atol=rounding)
    assert atoms.profile.dataset["gap_bits"].max() <= 1e-4
    assert (atoms.measure, atoms.synergy) == ("BROJA", atoms.table["bits"]["synergy"])
    # a label that both sources make likelier is foretold by either; one that both speak against by neither
    raised = [p[np.arange(N), y] > np.bincount(y)[y] / N for p in (p1, p2)]
    assert (
        each["redundancy"][raised[0] & raised[1]].min()
        > 0
        > each["redundancy"][~raised[0] & ~raised[1]].max()
    )


def test_swapped_sources_swap_their_uniqueness():
    p1, p2, p12, y = posteriors(noisy("AND"), n=600)
    one = ip.decompose_predictions(p1, p2, p12, y, **QUICK).table["bits"]
    other = ip.decompose_predictions(p2, p1, p12, y, **QUICK).table["bits"]
    turned = {"unique1": "unique2", "unique2": "unique1", "mi1": "mi2", "mi2": "mi1"}
    np.testing.assert_allclose(other.rename(turned)[one.index], one, atol=2e-4)  # two certified gaps


def test_a_copy_has_no_uniqueness_at_all():
    p1, _, _, y = posteriors(noisy("UNIQUE"), n=500)
    atoms = ip.decompose_predictions(p1, p1, p1, y, **QUICK)
    # float32 sums
    np.testing.assert_allclose(atoms.table["bits"][["unique1", "unique2"]], 0.0, atol=1e-6)
    assert atoms.redundancy == pytest.approx(atoms.table["bits"]["mi1"], abs=1e-6)


@pytest.mark.slow
def test_predictions_of_noise_tell_nothing_over_twenty_seeds():
    called = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        y = rng.integers(0, 3, 100)
        p1, p2, p12 = rng.dirichlet(np.full(3, 0.5), (3, 100))
        table = ip.decompose_predictions(p1, p2, p12, y, n_bootstrap=20, n_rotations=19).table
        called += list(table.index[table["significant"]])
    assert called == []


def test_what_a_few_groups_happen_to_show_is_no_finding_when_they_are_named():
    called = {"named": 0, "unnamed": 0}
    for seed in range(4):
        rng = np.random.default_rng(seed)
        group = rng.permutation(np.repeat(np.arange(12), 100))
        # each group has a label, and predictions of its own that have nothing to do with it
        y = (rng.permutation(12) % 2)[group]
        p1, p2, p12 = (p[group] for p in rng.dirichlet([1.0, 1.0], (3, 12)))
        for key, groups in (("named", group), ("unnamed", None)):
            table = ip.decompose_predictions(p1, p2, p12, y, groups, n_bootstrap=50, n_rotations=19).table
            called[key] += bool(table["significant"].any())
    assert called["named"] == 0
    # by chance a third of predictions go along with twelve labels by r > 0.15, of which 1,200 rows make a certainty
    assert called["unnamed"] >= 2


def test_groups_may_lie_in_any_order_and_examples_keep_theirs():
    p1, p2, p12, y = posteriors(noisy("AND"), n=600)
    group = np.random.default_rng(0).integers(0, 60, 600)
    index = [f"q{k}" for k in range(600)]
    frames = [pd.DataFrame(p, index=index, columns=["no", "yes"]) for p in (p1, p2, p12)]
    atoms = ip.decompose_predictions(*frames, pd.Series(y, index=index), group, **QUICK)
    sorted_rows = np.argsort(group, kind="stable")
    again = ip.decompose_predictions(
        *(p[sorted_rows] for p in (p1, p2, p12)), y[sorted_rows], group[sorted_rows], **QUICK
    )
    assert list(atoms.pointwise.index) == index
    np.testing.assert_allclose(atoms.pointwise.iloc[sorted_rows], again.pointwise, atol=1e-6)
    assert len(atoms.profile.entities) == 60


def test_without_predictions_from_both_synergy_is_not_said():
    p1, p2, p12, y = posteriors(noisy("AND"), n=600)
    with_both, without = (ip.decompose_predictions(p1, p2, p, y, **QUICK) for p in (p12, None))
    assert np.isnan(without.synergy)
    assert without.pointwise["joint_mi"].isna().all()
    three = ["redundancy", "unique1", "unique2"]
    np.testing.assert_allclose(without.table["bits"][three], with_both.table["bits"][three], atol=1e-6)
    assert "nothing can be said" in without.sentences()[-1]
    assert not without.table["significant"]["synergy"]


def test_names_of_classes_columns_in_any_order_and_one_column_for_two_classes():
    p1, p2, p12, y = posteriors(noisy("AND"), n=200)
    plain = ip.decompose_predictions(p1, p2, p12, y, **QUICK).table
    words = np.array(["no", "yes"])
    first = pd.DataFrame(p1, columns=words)
    second = pd.DataFrame(p2[:, ::-1], columns=words[::-1])
    named = ip.decompose_predictions(first, second, p12, words[y], **QUICK)
    chances = ip.decompose_predictions(p1[:, 1], p2[:, 1], p12[:, 1], y.astype(bool), **QUICK)
    listed = ip.decompose_predictions(p1, p2, p12, words[y], classes=words, **QUICK)
    numbers = ip.decompose_predictions(p1, p2, p12, y.astype(object), **QUICK)
    floats = ip.decompose_predictions(p1, p2, p12, y.astype(float), **QUICK)
    for other in (named, chances, listed, numbers, floats):
        np.testing.assert_allclose(other.table["bits"], plain["bits"], atol=1e-6)
    assert named.profile.dataset.attrs["classes"] == ["no", "yes"]


def test_words_and_the_profile_it_leaves(tmp_path):
    p1, p2, p12, y = posteriors(noisy("XOR"), n=600)
    atoms = ip.decompose_predictions(p1, p2, p12, y, names=("image", "question"), **QUICK)
    text = repr(atoms)
    assert "from predictions of 600 examples in 600 groups (redundancy by BROJA" in text
    assert "image and question together tell 0." in text
    assert "No uniqueness of question that stands clear of chance" in text
    assert atoms.to_frame().equals(atoms.table)
    assert atoms.to_frame() is not atoms.table
    path = atoms.profile.save(tmp_path / "atoms.nc")
    again = ip.InteractionProfile.load(path)
    assert again.dataset.attrs["measure"] == "BROJA"
    assert again.top(1)["atom"][0] == "synergy"


def tables(n=40):
    p = np.full((n, 2), 0.5)
    return p, p.copy(), p.copy(), np.arange(n) % 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda p1, p2, p12, y: (2 * p1, p2, p12, y), r"rows of p1 must sum to 1.*row 0 sums to 2\."),
        (lambda p1, p2, p12, y: (p1, p2 - 1, p12, y), r"p2 must hold probabilities.*softmax"),
        (lambda p1, p2, p12, y: (p1, p2[1:], p12, y), r"as long as one another.*'p2': 39"),
        (lambda p1, p2, p12, y: (p1, p2, p12, y[:-1]), r"as long as one another.*'y': 39"),
        (lambda p1, p2, p12, y: (p1, p2, p12, y, y[1:]), r"as long as one another.*'groups': 39"),
        (lambda p1, p2, p12, y: (p1, p2, np.full((40, 4), 0.25), y), r"a column for each class.*'p12': 4"),
        (lambda p1, p2, p12, y: (p1, p2, p12, y + 1), r"class numbers from 0 to 1.*got 1 to 2"),
        (lambda p1, p2, p12, y: (p1, p2, p12, np.where(y, "yes", "no")), r"classes= must name the columns; got 'no'"),
        (lambda p1, p2, p12, y: (p1, p2, p12, 0 * y), r"at least two groups.*'1' is in 0"),
        (lambda p1, p2, p12, y: (p1, p2, p12, y, np.arange(40) // 8), r"at least 10 groups.*got 5"),
        (lambda p1, p2, p12, y: (p1[:, :1], p2, p12, y), r"p1 must be \(N, C\) probabilities.*\(40, 1\)"),
        (lambda p1, p2, p12, y: (p1, p2, p12, np.r_[np.nan, y[1:]]), r"y must hold the class of every example; 1 are"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_in_one_sentence(change, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        ip.decompose_predictions(*change(*tables()))


def test_frames_that_are_not_about_the_same_examples_are_refused():
    p1, p2, p12, y = tables()
    one, other = pd.DataFrame(p1, columns=["no", "yes"]), pd.DataFrame(p2, columns=["no", "yes"])
    with pytest.raises(InvalidInput, match="p2 must have the index of p1"):
        ip.decompose_predictions(one, other.sample(frac=1, random_state=0), p12, y)
    with pytest.raises(InvalidInput, match="columns of p2 must be the classes"):
        ip.decompose_predictions(one, other.set_axis(["no", "maybe"], axis=1), p12, y)
    with pytest.raises(InvalidInput, match="names must be two different names"):
        ip.decompose_predictions(p1, p2, p12, y, names=("a", "a"))
