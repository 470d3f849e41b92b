"""Targets of every kind, side inputs, labels of each step and hidden modalities, from windows to a saved run."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.train.augment import hide_modalities
from interplay.train.target_kinds import TARGETS
from small_runs import SMALL, xor_windows

QUIET = {"progress": lambda done: None}
LONGER = {**SMALL, "optimiser.epochs": 5, "optimiser.learning_rate": 0.01, "optimiser.input_noise": 0.0}


def cut_windows(n: int, seed: int, target, entities=("a", "b", "c", "d"), static=None, classes=None):
    """Two streams of signals u and v at the newest step; `target` makes labels of them."""
    rng = np.random.default_rng(seed)
    u, v = rng.normal(size=(2, n))
    arrays = {name: rng.normal(size=(n, 2, 2)) for name in ("left", "right")}
    arrays["left"][:, -1, 0], arrays["right"][:, -1, 0] = u, v
    entity = np.array([f"{name}{k % 10}" for k, name in enumerate(rng.choice(list(entities), n))])
    given = None if static is None else {"age": static(entity)}
    return ip.windows_from_arrays(arrays, target(u, v), entity=entity, static=given, classes=classes)


def trained_and_reloaded(train, test, folder, **settings):
    run = ip.fit(train, settings=LONGER | settings, **QUIET)
    scores = run.evaluate(test, n_bootstrap=50, **QUIET)
    run.save(folder)
    again = ip.load_run(folder)
    first, second = (r.predict(test, **QUIET).select_dtypes("number") for r in (run, again))
    np.testing.assert_allclose(first, second, rtol=1e-6)
    assert again.evaluation.test.keys() == scores.keys()
    return run, scores


@pytest.mark.slow
def test_a_number_is_predicted_in_its_own_unit(tmp_path):
    def target(u, v):
        return 1000.0 + 50.0 * (u + v)

    sets = [
        cut_windows(n, k, target, e, classes=()) for k, (n, e) in enumerate(((800, "abcd"), (200, "wxyz")))
    ]
    run, scores = trained_and_reloaded(*sets, tmp_path / "run")
    assert scores["r2"] > 0.8
    # the mean of the target, which a run without its scale would miss by thousands
    assert run.predict(sets[1], **QUIET)["predicted"].mean() == pytest.approx(1000.0, abs=30)
    assert set(run.evaluation.without) == {"left", "right"}
    assert "Predicted against true" in ip.write_report(run, tmp_path / "report.html").read_text("utf-8")


@pytest.mark.slow
def test_several_labels_are_predicted_at_once(tmp_path):
    def target(u, v):
        y = np.stack([u > 0, v > 0], axis=1).astype(int)
        y[::7, 1] = -1
        return y

    sets = [
        cut_windows(n, k, target, e, classes=("up", "out"))
        for k, (n, e) in enumerate(((600, "abcd"), (200, "wxyz")))
    ]
    run, scores = trained_and_reloaded(*sets, tmp_path / "run")
    assert scores["auroc"] > 0.9
    table = run.predict(sets[1], **QUIET)
    assert {"label_up", "p_up", "label_out", "p_out"} <= set(table)


@pytest.mark.slow
def test_side_inputs_tell_what_no_stream_does(tmp_path):
    def old(entity):
        return np.array([float(name[-1]) + 60 for name in entity])

    def windows(n, seed, entities):
        drawn = cut_windows(
            n, seed, lambda u, v: (u > 0).astype(int), entities, static=old, classes=("no", "yes")
        )
        # the sign of u counts the other way for the older half
        y = (drawn.y == 1) ^ (drawn.static[:, 0] > 64)
        target = drawn.steps.target.copy()
        target[drawn.last] = y
        return replace(drawn, steps=replace(drawn.steps, target=target))

    run, scores = trained_and_reloaded(windows(800, 0, "abcd"), windows(300, 1, "wxyz"), tmp_path / "run",
                                       **{"optimiser.epochs": 10, "optimiser.batch_size": 32})  # fmt: skip
    assert scores["accuracy"] > 0.85
    assert run.schema.static == ("age",)


@pytest.mark.slow
def test_labels_of_each_step_teach_a_model_that_predicts_the_last(tmp_path):
    rng = np.random.default_rng(0)

    def windows(n, entity):
        u = rng.normal(size=(n, 1))
        return ip.windows_from_arrays(
            {"a": u, "b": rng.normal(size=(n, 1))}, (u[:, 0] > 0).astype(int), steps=4, entity=np.full(n, entity),
            min_steps=2,
        )  # fmt: skip

    run, scores = trained_and_reloaded(windows(600, "a"), windows(200, "b"), tmp_path / "run",
                                       **{"model.each_step": True})  # fmt: skip
    assert scores["accuracy"] > 0.9
    assert run.recipe.model.each_step


def test_losses_count_what_is_labelled_only():
    logits = torch.tensor([[[2.0, 0.0], [0.0, 1.0]]])
    both = TARGETS["classes"].loss(logits, torch.tensor([[0, -1]]))
    torch.testing.assert_close(both, torch.nn.functional.cross_entropy(logits[:, 0], torch.tensor([0])))
    # log(1 + e^-2) of the first label; the second is unknown
    one = TARGETS["labels"].loss(logits[:, 0], torch.tensor([[1, -1]]))
    torch.testing.assert_close(one, torch.log1p(torch.exp(torch.tensor(-2.0))))
    number = TARGETS["number"].loss(torch.tensor([[1.0], [5.0]]), torch.tensor([3.0, torch.nan]))
    assert float(number) == 4.0


def test_hidden_modalities_are_drawn_per_window_and_never_all():
    torch.manual_seed(0)
    observed = torch.rand(4000, 3, 2) > 0.2
    hidden = hide_modalities(observed, 0.5)
    assert not (hidden & ~observed).any()
    seen = observed.any(2)
    # a modality goes with all its steps, in about half of the windows
    assert torch.equal(hidden.any(2) & seen, (hidden == observed).all(2) & seen)
    assert (hidden.any((1, 2)) == observed.any((1, 2))).all()
    # hidden with one half; less where all three are hidden, which then are kept: 1/2 - 1/8
    gone = (seen & ~hidden.any(2)).float().sum() / seen.float().sum()
    assert float(gone) == pytest.approx(0.375, abs=0.03)


@pytest.mark.slow
def test_a_run_learns_to_do_without_a_modality():
    def both(u, v):
        return (u > 0).astype(int)

    def windows(n, seed, entities):
        made = cut_windows(n, seed, both, entities, classes=("no", "yes"))
        made.steps.values["right"][:] = made.steps.values["left"]
        return made

    train, test = windows(400, 0, "abcd"), windows(200, 1, "wxyz")
    run = ip.fit(train, settings=LONGER | {"optimiser.modality_dropout": 0.5}, **QUIET)
    run.evaluate(test, n_bootstrap=10, **QUIET)
    assert run.evaluation.without["left"]["accuracy"] > 0.9
    assert run.evaluation.without["right"]["accuracy"] > 0.9


def test_balance_without_a_loss_and_jitter_train_too():
    run = ip.fit(
        xor_windows(100, 0), settings=SMALL | {"model.balance_rate": 0.01, "model.jitter": 0.1}, **QUIET
    )
    bias = run.model.moe_layers[0].load_bias.bias
    # twelve steps of 0.01 each, up or down
    assert 0 < float(bias.abs().max()) <= 0.12 + 1e-6
