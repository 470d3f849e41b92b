"""PredictionsPID: posteriors of every modality, pair and lag, of known tables."""

import numpy as np
import pytest

import interplay as ip
from interplay.errors import InvalidInput
from interplay.estimators import PredictionsPID
from interplay.synthetic import GATES

QUICK = {"n_bootstrap": 30, "n_rotations": 19}
STEPS = 3


def said_of_a_gate(lag: int, n: int = 800, seed: int = 0):
    """What ideal models say of each step of cut windows, (n, T, C) each: at one lag AND, nothing elsewhere."""
    gate = GATES["AND"]
    x1, x2, y = gate.sample(n, seed)
    prior = gate.table.sum((0, 1))
    said = {}
    for name, p in (("a", gate.table.sum(1)[x1]), ("b", gate.table.sum(0)[x2]), ("a+b", gate.table[x1, x2])):
        said[name] = np.tile(prior, (n, STEPS, 1))
        said[name][:, STEPS - 1 - lag] = p / p.sum(-1, keepdims=True)
    return gate, said, y


def test_posteriors_of_every_lag_are_read_at_their_lag():
    gate, said, y = said_of_a_gate(lag=1)
    windows = ip.windows_from_arrays(said, y, step_s=0.5)
    profile = ip.TemporalRUS(PredictionsPID(**QUICK)).fit(windows).profile_
    d = profile.dataset
    assert profile.modalities == ("a", "b")
    assert profile.lag_s.tolist() == [0.0, 0.5, 1.0]
    pair = d.sel(source_i="a", source_j="b")
    for name, truth in (
        ("redundancy", gate.redundancy),
        ("synergy", gate.synergy),
        ("joint_mi", gate.joint_mi),
    ):
        value, error = pair[name].values, pair[f"{name}_stderr"].values
        assert value[1] == pytest.approx(truth, abs=3 * error[1])
        # what says the prior is the prior, up to rounding in float32
        np.testing.assert_allclose(value[[0, 2]], 0.0, atol=1e-5)
    assert profile.significant("synergy")[0, 1].tolist() == [False, True, False]
    assert (d.attrs["estimator"], d.attrs["measure"]) == ("PredictionsPID", "BROJA")


def test_lags_of_one_stream_of_predictions():
    _, said, y = said_of_a_gate(lag=0)
    rows = {name: array[:, STEPS - 1] for name, array in said.items()}
    late = np.r_[y[:1], y[:-1]]  # what is said of a step is true of the next
    profile = (
        ip.TemporalRUS(PredictionsPID(**QUICK)).fit(ip.windows_from_arrays(rows, late, steps=2)).profile_
    )
    assert profile.significant("synergy")[0, 1].tolist() == [False, True]


def test_a_pair_without_a_model_has_no_synergy_and_the_order_of_its_name_is_free():
    _, said, y = said_of_a_gate(lag=0)
    said = {"a": said["a"], "b+a": said["a+b"], "c": said["a"], "b": said["b"]}
    profile = (
        ip.TemporalRUS(PredictionsPID(**QUICK), lags_s=[0]).fit(ip.windows_from_arrays(said, y)).profile_
    )
    synergy = profile.dataset["synergy"].isel(lag=0)
    assert profile.modalities == ("a", "c", "b")
    assert synergy.sel(source_i="a", source_j="b").item() == pytest.approx(0.5, abs=0.1)
    assert np.isnan(synergy.sel(source_i="b", source_j="c").item())
    assert profile.dataset["redundancy"].sel(source_i="a", source_j="c").item() == pytest.approx(
        0.311, abs=0.06
    )


def test_two_sources_in_the_manner_of_scikit_learn():
    gate, said, y = said_of_a_gate(lag=0)
    fitted = PredictionsPID(**QUICK).fit(said["a"][:, -1], said["b"][:, -1], y)
    assert fitted.redundancy_ == pytest.approx(gate.redundancy, abs=3 * fitted.redundancy_stderr_)
    assert np.isnan(fitted.synergy_)
    assert fitted.p_value_ < 1e-6


def test_a_step_without_a_prediction_says_the_prior():
    _, said, y = said_of_a_gate(lag=0)
    gone = np.random.default_rng(1).random(len(y)) < 0.5
    whole = ip.windows_from_arrays({"a": said["a"], "b": said["b"]}, y)
    holes = {name: array.copy() for name, array in said.items() if name != "a+b"}
    holes["a"][gone] = np.nan
    part = ip.windows_from_arrays(holes, y, fill="mark")
    one, other = (
        ip.TemporalRUS(PredictionsPID(**QUICK), lags_s=[0]).fit(w).profile_.dataset["mi"]
        for w in (whole, part)
    )
    # half of the information, within two standard errors of it (0.02) and what mixing with the prior smears
    assert other.sel(source="a").item() == pytest.approx(0.5 * one.sel(source="a").item(), abs=0.05)
    assert other.sel(source="b").item() == pytest.approx(one.sel(source="b").item(), abs=1e-6)


def test_what_is_no_table_of_probabilities_is_refused():
    _, said, y = said_of_a_gate(lag=0)
    three = ip.windows_from_arrays({"a": np.full((len(y), 1, 3), 1 / 3), "b": said["b"][:, :1]}, y)
    with pytest.raises(InvalidInput, match=r"'a' must be the probabilities of the 2 classes.*got 1 of 3"):
        PredictionsPID(**QUICK).estimate(three, np.array([0]))
    twice = ip.windows_from_arrays({"a": said["a"], "b": 2 * said["b"]}, y)
    with pytest.raises(InvalidInput, match="rows of b must sum to 1"):
        PredictionsPID(**QUICK).estimate(twice, np.array([0]))


@pytest.mark.slow
def test_another_measure_moves_what_is_redundant_and_says_its_name(tmp_path):
    gate = GATES["CAT"]
    x1, x2, y = gate.sample(300, 1)
    one, two, both = gate.table.sum(1)[x1], gate.table.sum(0)[x2], gate.table[x1, x2]
    tables = [p / p.sum(-1, keepdims=True) for p in (one, two, both)]
    by = {}
    for measure in (ip.info.Broja(tol_bits=1e-4), ip.info.Imin(), ip.info.Immi()):
        atoms = ip.decompose_predictions(*tables, y, measure=measure, **QUICK)
        by[atoms.measure] = atoms
        path = atoms.profile.save(tmp_path / f"{atoms.measure}.nc")
        assert ip.InteractionProfile.load(path).dataset.attrs["measure"] == atoms.measure
        assert f"redundancy by {atoms.measure}" in repr(atoms)
    # two independent bits: nothing is shared, or as much as either tells; three standard errors
    assert by["BROJA"].redundancy == pytest.approx(0.0, abs=0.06)
    for name in ("I_min", "I_mmi"):
        assert by[name].redundancy == pytest.approx(1.0, abs=0.1)
        assert by[name].synergy == pytest.approx(1.0, abs=0.1)
        assert by[name].table["bits"]["joint_mi"] == pytest.approx(
            by["BROJA"].table["bits"]["joint_mi"], abs=0.01
        )
    with pytest.raises(InvalidInput, match=r"must do with P\(x1, y\) and P\(x2, y\)"):
        ip.decompose_predictions(*tables, y, measure=ip.info.Isx())
