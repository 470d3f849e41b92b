"""What a run has to beat: learned from training windows alone, kept with the run, scored beside it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import f1_score, r2_score

import interplay as ip
from interplay.errors import DamagedFile
from interplay.metrics.paired import differences
from interplay.metrics.resampling import draws
from interplay.readers import sight, window_summaries
from interplay.train import fit, load_run
from interplay.train.rivals import TREES
from interplay.train.window_scores import WINDOW_SCORES
from small_runs import SMALL, xor_windows

ONE_EPOCH = SMALL | {"optimiser.epochs": 1}
WITH_TREES = ONE_EPOCH | {"readers.of_all": "extra_trees", "readers.network": False}


@pytest.fixture(scope="module")
def train():
    return xor_windows(300, seed=0)


@pytest.fixture(scope="module")
def fresh():
    return xor_windows(150, seed=1, entities=("x", "y", "z"))


@pytest.fixture(scope="module")
def run(train, fresh):
    run = fit(train, settings=ONE_EPOCH)
    run.evaluate(fresh, n_bootstrap=50)
    return run


def test_the_guess_is_the_most_frequent_class_of_training(run, train, fresh):
    most = np.bincount(train.y).argmax()
    guess = run.evaluation.rivals["guess"]
    assert guess["accuracy"] == pytest.approx((fresh.y == most).mean())
    assert guess["macro_f1"] == pytest.approx(f1_score(fresh.y, np.full(len(fresh), most), average="macro"))
    # what is the same for every window tells no two apart
    assert guess["auroc"] == 0.5


def test_the_forest_is_that_of_scikit_learn_on_the_training_windows(run, train, fresh):
    features = [window_summaries(sight(windows, run.scaler)).numpy() for windows in (train, fresh)]
    trees = ExtraTreesClassifier(TREES, random_state=run.seed).fit(features[0], train.y)
    called = trees.predict_proba(features[1]).argmax(1)
    scores = run.evaluation.rivals["forest"]
    # one more vote for the prior may turn a tie
    assert scores["accuracy"] == pytest.approx((called == fresh.y).mean(), abs=2 / len(fresh))
    assert scores["n_windows"] == len(fresh)


@pytest.mark.slow
def test_a_forest_among_the_readers_is_not_grown_twice(train, fresh, tmp_path):
    run = fit(train, settings=WITH_TREES, out=tmp_path / "run")
    assert run.forest is None
    assert not (tmp_path / "run" / "rivals.safetensors").exists()
    run.evaluate(fresh, n_bootstrap=20)
    assert set(load_run(tmp_path / "run").evaluation.rivals) == {"guess", "forest"}


def test_what_is_ahead_of_a_rival_and_lost_without_a_modality_is_paired(run, fresh):
    """By hand: the same draws of entities for both predictors."""
    evaluation = run.evaluation
    ahead = evaluation.ahead["forest"]
    assert ahead.a == pytest.approx(evaluation.rivals["forest"]["macro_f1"])
    assert ahead.b == pytest.approx(evaluation.test["macro_f1"])
    assert ahead.difference == pytest.approx(ahead.b - ahead.a)
    lost = evaluation.lost["left"]
    assert (lost.a, lost.b) == pytest.approx(
        (evaluation.compared["macro_f1"], evaluation.without["left"]["macro_f1"])
    )
    assert lost.low <= lost.difference <= lost.high
    summed, entity = WINDOW_SCORES["classes"], fresh.entity
    parts = [
        summed.parts(table, fresh.classes)
        for table in (evaluation.predictions, evaluation.predictions.assign(predicted="like"))
    ]
    apart = differences(summed.scores, *parts, entity=entity, n_bootstrap=40)["accuracy"]
    right = [evaluation.predictions["predicted"] == evaluation.predictions["label"]]
    right.append(evaluation.predictions["label"] == "like")
    drawn = [np.repeat(np.arange(3), times) for times in draws(3, 40, 0)]
    rows = [np.concatenate([np.flatnonzero(entity == np.unique(entity)[e]) for e in some]) for some in drawn]
    by_hand = [right[1][which].mean() - right[0][which].mean() for which in rows]
    assert (apart.low, apart.high) == pytest.approx(tuple(np.quantile(by_hand, [0.025, 0.975])))


def test_equal_predictors_differ_by_nothing(run, fresh):
    summed = WINDOW_SCORES["classes"]
    parts = summed.parts(run.evaluation.predictions, fresh.classes)
    for apart in differences(summed.scores, parts, parts, entity=fresh.entity, n_bootstrap=20).values():
        assert (apart.difference, apart.low, apart.high) == (0, 0, 0)


@pytest.mark.slow
def test_rivals_of_a_saved_run_are_those_that_were_trained(train, fresh, tmp_path):
    run = fit(train, settings=ONE_EPOCH, out=tmp_path / "run")
    again = load_run(tmp_path / "run")
    scores = [one.evaluate(fresh, n_bootstrap=20) and one.evaluation for one in (run, again)]
    assert scores[0].rivals == scores[1].rivals
    assert load_run(tmp_path / "run").evaluation.ahead == scores[0].ahead
    (tmp_path / "run" / "rivals.safetensors").write_bytes(b"other")
    with pytest.raises(DamagedFile, match="damaged"):
        load_run(tmp_path / "run")


def test_a_run_from_before_rivals_is_read_without(run, tmp_path):
    folder = replace(run, forest=None).save(tmp_path / "run")
    metrics = json.loads((folder / "metrics.json").read_text())
    for name in ("rivals", "ahead", "lost"):
        del metrics[name]
    (folder / "metrics.json").write_text(json.dumps(metrics))
    old = load_run(folder)
    assert old.forest is None
    assert (old.evaluation.rivals, old.evaluation.ahead, old.evaluation.lost) == ({}, {}, {})


def test_none_are_trained_where_none_are_asked_for(train, fresh):
    run = fit(train, settings=ONE_EPOCH, rivals=False)
    run.evaluate(fresh, n_bootstrap=20)
    assert run.forest is None
    assert run.evaluation.rivals == {}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["number", "labels"])
def test_other_targets_have_rivals_too(kind):
    rng = np.random.default_rng(0)

    def windows(entities):
        x = rng.normal(size=(160, 3, 2))
        y = (
            3 * x[:, -1, 0] + rng.normal(size=160)
            if kind == "number"
            else np.stack([x[:, -1, 0] > 0, x[:, 0, 1] > 1], 1).astype(int)
        )
        classes = () if kind == "number" else ("up", "far")
        return ip.windows_from_arrays({"a": x, "b": rng.normal(size=(160, 3, 1))}, y,
                                      entity=rng.choice(entities, 160), classes=classes)  # fmt: skip

    train, fresh = windows(("a", "b", "c")), windows(("x", "y"))
    run = fit(train, settings=ONE_EPOCH)
    run.evaluate(fresh, n_bootstrap=20)
    guess, forest = (run.evaluation.rivals[name] for name in ("guess", "forest"))
    if kind == "number":
        # float32
        assert guess["r2"] == pytest.approx(r2_score(fresh.y, np.full(160, train.y.mean())), abs=1e-5)
    assert forest[run.target.main_score] > guess[run.target.main_score] + 0.2
