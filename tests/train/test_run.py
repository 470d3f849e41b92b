"""fit, evaluate, predict, save and load: what a run promises."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

import interplay as ip
from interplay.data import Scaler, SplitManifest
from interplay.errors import DamagedFile, InvalidInput, LeakageError
from interplay.report.cards import model_card
from interplay.train import evaluation, fit, load_run, make_recipe
from interplay.train.run_folder import FORMAT
from interplay.types import Schema
from small_runs import NAMES, SMALL, STEPS, xor_profile, xor_windows


@pytest.fixture(scope="module")
def train():
    return xor_windows(400, seed=0)


@pytest.fixture(scope="module")
def test_windows():
    return xor_windows(150, seed=1, entities=("x", "y", "z"))


@pytest.fixture(scope="module")
def run(train, test_windows):
    run = fit(train, profile=xor_profile(("a", "b")), settings=SMALL, card={"name": "xor", "licence": "none"})
    run.evaluate(test_windows, n_bootstrap=50)
    return run


@pytest.fixture(scope="module")
def saved_once(run, tmp_path_factory):
    return replace(run).save(tmp_path_factory.mktemp("saved") / "run")


@pytest.fixture
def saved(saved_once, tmp_path):
    """A folder of the run that a test may change."""
    return shutil.copytree(saved_once, tmp_path / "run")


@pytest.mark.slow
def test_the_log_tells_every_loss_of_every_epoch(run):
    assert [epoch["epoch"] for epoch in run.log] == [1, 2, 3]
    wanted = {"loss", "cross_entropy", "uniqueness", "redundancy", "synergy", "load_balance", "router_z"}
    assert wanted | {"accuracy", "seconds"} <= set(run.log[0])
    losses = run.recipe.losses
    for epoch in run.log:
        total = epoch["cross_entropy"] + sum(
            losses[name].build().weight * epoch[name] for name in wanted - {"loss", "cross_entropy"}
        )
        # float32 means over batches
        assert epoch["loss"] == pytest.approx(total, abs=1e-4)
    assert run.log[-1]["cross_entropy"] < run.log[0]["cross_entropy"]


def test_a_loss_of_weight_zero_is_not_evaluated(train):
    log = fit(train, settings=SMALL | {"losses.synergy": 0, "optimiser.epochs": 1}).log
    assert "synergy" not in log[0]
    assert "redundancy" in log[0]


@pytest.mark.parametrize(("experts_from", "layers"), [(0, 1), (10_000, 0)])
def test_few_windows_train_a_network_without_experts(train, tmp_path, experts_from, layers):
    settings = SMALL | {"optimiser.epochs": 1, "model.experts_from": experts_from}
    run = fit(train, settings=settings, out=tmp_path / "run")
    assert len(run.model.moe_layers) == layers
    assert load_run(tmp_path / "run").recipe == run.recipe
    what = dict(model_card(run))["what it is"]
    assert ("without experts" in what) == (layers == 0)
    assert ("mixture of experts" in what) == (layers == 1)


def test_equal_seeds_give_equal_models_and_leave_the_users_randomness_alone(train):
    settings = SMALL | {"optimiser.epochs": 1}
    torch.manual_seed(5)
    state = torch.random.get_rng_state()
    first, second, third = (fit(train, settings=settings, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(state, torch.random.get_rng_state())
    weights = [run.model.head.weight for run in (first, second, third)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_scaling_comes_from_training_windows_only(run, train):
    expected = Scaler.fit(train).arrays()
    for name, values in run.scaler.arrays().items():
        np.testing.assert_array_equal(values, expected[name])


def test_predictions_do_not_depend_on_other_windows(run, test_windows):
    whole = run.predict(test_windows)
    for k in (0, 7, 149):
        alone = run.predict(test_windows.select(np.array([k])))
        columns = ["p_unlike", "p_like"]
        # float32 sums of other batch shapes
        np.testing.assert_allclose(alone[columns].values[0], whole[columns].values[k], atol=1e-6)
        assert alone.entity[0] == whole.entity[k]
    assert whole[["p_unlike", "p_like"]].sum(axis=1).values == pytest.approx(1.0, abs=1e-12)


def test_predictions_do_not_look_at_labels(run, test_windows):
    steps = test_windows.steps
    turned = np.where(steps.target >= 0, 1 - steps.target, -1)
    other = run.predict(replace(test_windows, steps=replace(steps, target=turned)))
    same = run.predict(test_windows)
    pd.testing.assert_frame_equal(other.drop(columns="label"), same.drop(columns="label"))
    assert (other.label != same.label).all()


def test_evaluation_tells_scores_comparisons_and_insight(run, test_windows):
    found = run.evaluation
    predicted = found.predictions
    assert found.test["accuracy"] == pytest.approx((predicted.label == predicted.predicted).mean())
    assert found.compared == found.test
    assert found.without_context.keys() == found.test.keys()
    assert list(found.without) == ["left", "right", "third"]
    assert found.control is None
    assert found.entities == ("x", "y", "z")
    insight = found.insight
    # pooling shares of a window sum to 1, and every token's expert weights do
    np.testing.assert_allclose(insight.pooling.sum(["modality", "lag"]), 1.0, atol=1e-6)
    np.testing.assert_allclose(insight.expert_use.sum("expert"), 1.0, atol=1e-6)
    assert int(insight.windows.sum()) == len(test_windows)
    divergence = insight.divergence.values
    np.testing.assert_array_equal(divergence, divergence.transpose(0, 2, 1, 3))
    off = ~np.eye(3, dtype=bool)
    assert (divergence[:, off] >= 0).all()
    assert (divergence[:, off] <= 1).all()  # bits
    assert np.isnan(divergence[:, ~off]).all()


def test_insight_puts_the_newest_step_at_lag_0(run, test_windows):
    which = np.arange(20)
    batch = test_windows.select(which).batch(which)
    x = {name: torch.from_numpy(v) for name, v in run.scaler.apply(batch.x).items()}
    with torch.no_grad():
        output = run.model(x, torch.from_numpy(batch.observed))
    few = replace(run)
    few.evaluate(test_windows.select(which), n_bootstrap=10)
    insight = few.evaluation.insight
    by_class = [output.pooling[batch.y == c].mean(0).flip(-1) for c in range(2)]
    np.testing.assert_allclose(insight.pooling.values, torch.stack(by_class), atol=1e-6)
    probs = output.routings[0].log_probs.exp()
    mass = 0.5 * (probs[:, 0, :, :1] + probs[:, 2, :, :1]).sum(-1).mean(0).flip(-1)
    np.testing.assert_allclose(insight.synergy_mass.values[0, 0, 2], mass, atol=1e-6)


def test_without_a_modality_scores_as_if_it_were_never_observed(run, test_windows):
    steps = test_windows.steps
    observed = steps.observed.copy()
    observed[:, 0] = False
    values = {**steps.values, "left": np.full_like(steps.values["left"], np.nan)}
    blind = replace(test_windows, steps=replace(steps, values=values, observed=observed))
    predicted = run.predict(blind)
    accuracy = (predicted.label == predicted.predicted).mean()
    assert run.evaluation.without["left"]["accuracy"] == pytest.approx(accuracy)


@pytest.mark.parametrize("leaked", ["a", "c"])
def test_entities_that_were_fitted_on_cannot_be_tested_on(run, leaked):
    # "a" was in profile and training, "c" in training only
    with pytest.raises(LeakageError, match="test entities must not be among those that the model"):
        run.evaluate(xor_windows(30, seed=2, entities=("x", leaked)))


def test_entities_of_the_profile_cannot_be_tested_on(train):
    run = fit(train, profile=xor_profile(("p", "q")), settings=SMALL | {"optimiser.epochs": 1})
    with pytest.raises(LeakageError, match="that the profile was fitted on; 1 are: 'q'"):
        run.evaluate(xor_windows(30, seed=2, entities=("x", "q")))


def test_a_run_comes_back_as_it_was_saved(run, saved, test_windows):
    again = load_run(saved)
    pd.testing.assert_frame_equal(again.predict(test_windows), run.predict(test_windows))
    assert again.recipe == run.recipe
    assert again.schema == run.schema
    assert again.data == run.data
    assert again.log == run.log
    assert again.profile == run.profile
    assert again.seed == run.seed
    assert again.evaluation.entities == run.evaluation.entities
    pd.testing.assert_frame_equal(again.evaluation.predictions, run.evaluation.predictions)
    assert again.evaluation.insight.identical(run.evaluation.insight)
    assert again.evaluation.agreement == run.evaluation.agreement
    assert again.evaluation.control is None
    for name in ("test", "compared", "without_context"):
        same_scores(getattr(again.evaluation, name), getattr(run.evaluation, name))
    assert again.evaluation.without.keys() == run.evaluation.without.keys()
    for name, scores in run.evaluation.without.items():
        same_scores(again.evaluation.without[name], scores)


def same_scores(read, written):
    """A file of scores knows no NaN; what is not defined comes back as None."""
    assert read.keys() == written.keys()
    for name, value in written.items():
        assert read[name] == value or (read[name] is None and np.isnan(value))


def test_a_control_comes_back_and_metrics_are_nested_as_the_fields_are(run, tmp_path):
    control = run.evaluation.test | {"accuracy": 0.25}
    folder = replace(run, evaluation=replace(run.evaluation, control=control)).save(tmp_path / "run")
    assert load_run(folder).evaluation.control["accuracy"] == 0.25
    metrics = json.loads((folder / "metrics.json").read_text())
    scores = {
        "test",
        "compared",
        "without_context",
        "without",
        "agreement",
        "control",
        "rivals",
        "ahead",
        "lost",
    }
    assert set(metrics) == scores | {"sha256"}
    assert metrics["without"]["left"]["accuracy"] == run.evaluation.without["left"]["accuracy"]
    assert set(metrics["agreement"]["synergy"]) == {"gamma", "low", "high", "n"}


def test_a_run_of_an_older_format_is_to_be_trained_again(saved):
    config = saved / "config.yaml"
    config.write_text(config.read_text().replace(FORMAT, "interplay-run-1"))
    with pytest.raises(DamagedFile, match=r"says 'interplay-run-1', of another version.*Train it again\.$"):
        load_run(saved)


def test_the_folder_describes_itself_without_pickle(saved):
    names = {path.name for path in saved.iterdir()}
    assert names == {
        "config.yaml",
        "data.json",
        "examples.nc",
        "insight.nc",
        "log.jsonl",
        "metrics.json",
        "predictions.parquet",
        "profile.nc",
        "rivals.safetensors",
        "split.json",
        "streams.nc",
        "versions.json",
        "weights.safetensors",
    }
    split = SplitManifest.load(saved / "split.json")
    assert {name: list(part.entities) for name, part in split.parts.items()} == {
        "train": ["a", "b", "c", "d"],
        "test": ["x", "y", "z"],
    }
    assert make_recipe(load_run(saved).recipe) == load_run(saved).recipe
    assert all(path.read_bytes()[:2] != b"\x80\x04" for path in saved.iterdir())
    assert {name.split(".")[0] for name in load_file(saved / "weights.safetensors")} == {"model", "scaler"}


def test_evaluating_a_saved_run_updates_it_and_keeps_other_files(run, tmp_path, test_windows):
    fresh = replace(run, evaluation=None)
    folder = fresh.save(tmp_path / "run")
    assert not (folder / "metrics.json").exists()
    (folder / "notes.txt").write_text("mine")
    loaded = load_run(folder)
    assert loaded.evaluation is None
    loaded.evaluate(test_windows, n_bootstrap=50)
    assert (folder / "notes.txt").read_text() == "mine"
    assert load_run(folder).evaluation.test["accuracy"] == loaded.evaluation.test["accuracy"]


def test_nothing_but_a_run_is_overwritten(run, tmp_path):
    thesis = tmp_path / "home" / "thesis.tex"
    thesis.parent.mkdir()
    thesis.write_text("mine")
    with pytest.raises(InvalidInput, match="must be a run or empty to be overwritten, and holds other files"):
        run.save(thesis.parent, overwrite=True)
    with pytest.raises(InvalidInput, match="holds other files"):
        run.save(thesis, overwrite=True)
    assert thesis.read_text() == "mine"
    thesis.unlink()
    run.save(thesis.parent, overwrite=True)
    assert run.save(thesis.parent, overwrite=True) == thesis.parent


def test_a_folder_that_exists_is_kept(run, tmp_path, train):
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "precious.txt").write_text("data")
    with pytest.raises(InvalidInput, match="must not exist yet, and does"):
        replace(run).save(folder)
    with pytest.raises(InvalidInput, match="must not exist yet, and does"):
        fit(train, settings=SMALL, out=folder)
    assert [path.name for path in folder.iterdir()] == ["precious.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize(
    "name", ["config.yaml", "data.json", "weights.safetensors", "log.jsonl", "split.json"]
)
def test_a_folder_that_lacks_a_file_is_damaged(saved, name):
    (saved / name).unlink()
    with pytest.raises(DamagedFile, match=rf"is not a whole run: {name} is missing"):
        load_run(saved)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
@pytest.mark.parametrize(
    "name",
    [
        "config.yaml",
        "data.json",
        "weights.safetensors",
        "profile.nc",
        "metrics.json",
        "predictions.parquet",
        "examples.nc",
        "insight.nc",
        "rivals.safetensors",
        "streams.nc",
    ],
)
def test_a_folder_with_a_truncated_file_is_damaged(saved, name, share):
    content = (saved / name).read_bytes()
    (saved / name).write_bytes(content[: int(share * len(content))])
    with pytest.raises(DamagedFile) as caught:
        load_run(saved)
    assert "\n" not in str(caught.value)


def test_predictions_of_another_evaluation_are_not_believed(saved, run, tmp_path):
    other = replace(run, evaluation=replace(run.evaluation, predictions=run.evaluation.predictions[:7]))
    other.save(tmp_path / "other")
    (tmp_path / "other" / "predictions.parquet").replace(saved / "predictions.parquet")
    with pytest.raises(DamagedFile, match=r"must be of the evaluation that metrics\.json is about"):
        load_run(saved)


def test_weights_of_another_model_are_damaged(saved, train):
    other = fit(train, settings=SMALL | {"optimiser.epochs": 1, "model.expert_width": 32})
    (saved / "weights.safetensors").unlink()
    other.save(saved.parent / "other")
    (saved.parent / "other" / "weights.safetensors").rename(saved / "weights.safetensors")
    with pytest.raises(
        DamagedFile, match=r"weights\.safetensors must be of the run, and is damaged or another"
    ):
        load_run(saved)


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="there is no folder"):
        load_run(tmp_path / "nowhere")
    with pytest.raises(DamagedFile, match=r"config\.yaml is missing"):
        load_run(tmp_path)


def test_windows_of_another_shape_are_refused(run):
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=(20, STEPS, 2)) for name in NAMES}
    y = np.arange(20) % 2
    two = ip.windows_from_arrays(arrays, y, classes=("unlike", "like"), step_s=0.25)
    with pytest.raises(InvalidInput, match=r"windows of 3 steps of 0\.5 s"):
        run.predict(two)
    fewer = {name: arrays[name] for name in NAMES[:2]}
    with pytest.raises(InvalidInput, match="must have the modalities"):
        run.evaluate(ip.windows_from_arrays(fewer, y, classes=("unlike", "like"), step_s=0.5))
    with pytest.raises(InvalidInput, match="must have the classes"):
        run.predict(ip.windows_from_arrays(arrays, y, classes=("no", "yes"), step_s=0.5))


def test_what_cannot_be_trained_on_is_refused(train):
    one_class = train.select(train.y == 0)
    with pytest.raises(InvalidInput, match="must hold at least two classes; all"):
        fit(one_class)
    steps = train.steps
    observed = steps.observed.copy()
    observed[:, 2] = False
    with pytest.raises(InvalidInput, match="'third' is never observed"):
        fit(replace(train, steps=replace(steps, observed=observed)))
    three = ip.windows_from_arrays(
        {"left": np.zeros((9, STEPS, 1)), "right": np.ones((9, STEPS, 1))}, np.arange(9) % 2, classes="abc"
    )
    with pytest.raises(InvalidInput, match="must hold every class; none of 9 windows is 'c'"):
        fit(three)


def test_a_profile_of_other_modalities_or_classes_is_refused(train):
    zeros = np.zeros((2, 2, 1))
    other = ip.InteractionProfile.from_arrays(
        ("left", "up"), redundancy=zeros, unique=zeros, synergy=zeros, step_s=0.5, h_y_bits=1.0, entities=()
    )
    with pytest.raises(InvalidInput, match=r"it lacks \['right', 'third'\]"):
        fit(train, profile=other)
    profile = xor_profile()
    profile.dataset.attrs["classes"] = ["no", "yes"]
    with pytest.raises(InvalidInput, match="the profile must be about the classes of the windows"):
        fit(train, profile=profile)


def test_progress_is_told_from_0_to_1(train, test_windows):
    told = []
    run = fit(train, settings=SMALL | {"optimiser.epochs": 2}, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    told.clear()
    run.evaluate(test_windows, n_bootstrap=10, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)


def test_of_many_modalities_each_is_taken_from_fewer_windows(run, test_windows, monkeypatch):
    monkeypatch.setattr(evaluation, "STRESS_PREDICTIONS", 30)
    few = replace(run)
    few.evaluate(test_windows, n_bootstrap=10)
    found = few.evaluation
    assert found.test["n_windows"] == len(test_windows)
    assert {scores["n_windows"] for scores in (found.compared, *found.without.values())} == {10}


def test_of_long_fast_windows_fewer_are_predicted_anew():
    """50 million numbers: 610 windows of 20 steps of 4 x 256 numbers, each without one of four modalities."""

    def windows(modalities, samples, channels, steps):
        shapes = {f"m{k}": (samples, channels) for k in range(modalities)}
        return evaluation.stressed(Schema(shapes=shapes, steps=steps, step_s=1.0, classes=("a", "b")))

    assert windows(4, 64, 4, 20) == 610
    assert windows(4, 1, 4, 20) == evaluation.STRESS_WINDOWS
    assert windows(256, 1, 1, 4) == evaluation.STRESS_PREDICTIONS // 256
    assert windows(4, 2048, 16, 60) == evaluation.LEAST_STRESSED
