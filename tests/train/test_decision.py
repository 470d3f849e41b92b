"""How classes are called: by hand, against Bayes' rule for equally frequent classes, and in runs up to their export."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

import interplay as ip
from interplay.errors import InvalidInput
from interplay.report.cards import model_card
from interplay.report.prediction_data import confidence
from interplay.train import export_run
from interplay.train.target_kinds import Classes, make_target
from small_runs import SMALL, xor_windows

QUIET = {"progress": lambda done: None}


def test_calls_by_hand():
    probs = np.array([[0.85, 0.15], [0.95, 0.05], [0.9, 0.1]])
    assert make_target("classes", "likeliest", (90, 10)).called(probs).tolist() == [0, 0, 0]
    # 0.15 is 1.5 times its share of 0.1, 0.85 is 0.94 of its own; in a tie the first is called
    assert make_target("classes", "balanced", (90, 10)).called(probs).tolist() == [1, 0, 0]


def test_a_class_that_was_never_seen_is_never_called():
    target = make_target("classes", "balanced", (30, 10, 0))
    assert target.called(np.array([[0.1, 0.1, 0.8]])).tolist() == [1]


@given(share=st.floats(0.02, 0.98), apart=st.floats(0.2, 4.0), seed=st.integers(0, 100))
@settings(max_examples=50, deadline=None)
def test_the_balanced_call_is_that_of_equally_frequent_classes(share, apart, seed):
    x = np.random.default_rng(seed).normal(0, 3, 200)
    likelihood = np.stack([norm.pdf(x, -apart / 2), norm.pdf(x, apart / 2)], axis=1)
    shares = np.array([1 - share, share])
    probs = likelihood * shares
    called = Classes(shares).called(probs / probs.sum(1, keepdims=True))
    # of two normal classes of equal deviation the nearer mean; away from the middle, where floats decide
    sure = np.abs(x) > 1e-9
    assert (called[sure] == (x[sure] > 0)).all()


FAST = {"optimiser.epochs": 6, "optimiser.batch_size": 64}


def rare(n: int, seed: int, entities: str):
    """One window in eight is positive; the classes overlap."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.125).astype(int)
    x = rng.normal(size=(n, 3, 1)) + 0.7 * y[:, None, None]
    entity = rng.choice(list(entities), n)
    return ip.windows_from_arrays(
        {"a": x, "b": rng.normal(size=(n, 3, 1))}, y, entity=entity, classes=("no", "yes")
    )


@pytest.fixture(scope="module")
def both():
    train = rare(800, 0, "abcd")
    return {
        rule: ip.fit(train, settings=SMALL | FAST | {"decision.rule": rule}, **QUIET)
        for rule in ("likeliest", "balanced")
    }


@pytest.mark.slow
def test_a_run_calls_rare_classes_and_its_probabilities_stay(both, tmp_path):
    test = rare(600, 1, "xyz")
    scores = {rule: run.evaluate(test, n_bootstrap=20, **QUIET) for rule, run in both.items()}
    for same in ("auroc", "auprc", "log_loss_bits", "brier", "ece"):
        assert scores["balanced"][same] == scores["likeliest"][same]
    # two normal classes 0.7 * sqrt(3) = 1.2 deviations apart: nearly all 'no' against 73 % of each
    assert scores["likeliest"]["balanced_accuracy"] < 0.6
    assert scores["balanced"]["balanced_accuracy"] > 0.66
    assert scores["balanced"]["macro_f1"] > scores["likeliest"]["macro_f1"]
    both["balanced"].save(tmp_path / "run")
    again = ip.load_run(tmp_path / "run")
    pd.testing.assert_frame_equal(
        again.predict(test, **QUIET), both["balanced"].evaluation.predictions, rtol=1e-6
    )
    assert "multiple of its share" in dict(model_card(again))["predicts"]


def test_calls_do_not_depend_on_the_other_windows(both):
    test = rare(40, 2, "xyz")
    together = both["balanced"].predict(test, **QUIET)["predicted"]
    alone = [both["balanced"].predict(test.select(np.array([k])), **QUIET)["predicted"][0] for k in range(40)]
    assert together.tolist() == alone


@pytest.mark.slow
def test_what_is_explained_is_what_was_called(both):
    test = rare(60, 3, "xyz")
    run = both["balanced"]
    called = run.predict(test, **QUIET)["predicted"]
    told = run.explain_windows(test, **QUIET)
    assert [test.classes[k] for k in told["output"].values] == called.tolist()
    likeliest = both["likeliest"].predict(test, **QUIET)["predicted"]
    assert (likeliest != called).any()


def test_confidence_is_of_the_class_that_was_called(both):
    table = both["balanced"].predict(rare(60, 3, "xyz"), **QUIET)
    told = confidence(table, both["balanced"].schema)
    assert told.tolist() == [row[f"p_{row['predicted']}"] for _, row in table.iterrows()]
    assert told.min() < 0.5


def test_an_exported_program_says_how_to_call(both, tmp_path, monkeypatch):
    # what stands beside the program does not depend on how it is written
    monkeypatch.setattr(
        "interplay.train.export._write_pt2",
        lambda program, example, path: path.write_bytes(b"") or (lambda inputs: program(*inputs).numpy()),
    )
    said = {}
    for rule, run in both.items():
        file = export_run(run, tmp_path / f"{rule}.pt2").sidecar
        said[rule] = json.loads(file.read_text("utf-8"))["output"]
    assert "shares" not in said["likeliest"]
    counts = np.array(both["balanced"].data.class_counts)
    np.testing.assert_allclose(said["balanced"]["shares"], counts / 800)


def test_a_rule_needs_classes_and_a_known_name():
    train = xor_windows(60, 0)
    number = ip.windows_from_arrays({"a": np.zeros((60, 3, 1))}, np.linspace(0, 1, 60), classes=())
    with pytest.raises(
        InvalidInput, match="target of one of several classes; this target is of kind 'number'"
    ):
        ip.fit(number, settings=SMALL | {"decision.rule": "balanced"}, **QUIET)
    with pytest.raises(InvalidInput, match="rule must be one of"):
        ip.fit(train, settings=SMALL | {"decision.rule": "fair"}, **QUIET)
