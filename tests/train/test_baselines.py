"""Baselines in the same harness, and contexts of single windows in training."""

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.errors import InvalidInput
from interplay.nn import InteractionContext, ModelConfig, build_model, empty_context
from interplay.train import make_recipe
from small_runs import SMALL, xor_profile, xor_windows

BASELINES = ("vanilla_moe", "laplace_moe", "dense", "early_fusion", "late_fusion")
QUIET = {"progress": lambda done: None}


@pytest.mark.parametrize(
    "recipe", ["vanilla_moe", *(pytest.param(name, marks=pytest.mark.slow) for name in BASELINES[1:])]
)
def test_baselines_train_and_are_judged_and_saved_like_any_run(recipe, tmp_path):
    small = {k: v for k, v in SMALL.items() if "synergy" not in k and "epochs" not in k}
    run = ip.fit(
        xor_windows(200, 0),
        profile=xor_profile(),
        recipe=recipe,
        settings=small | {"optimiser.epochs": 1},
        **QUIET,
    )
    test = xor_windows(40, 1, entities=("x", "y"))
    run.evaluate(test, n_bootstrap=10, **QUIET)
    pooled = run.evaluation.insight["pooling"].sum(("modality", "lag"))
    np.testing.assert_allclose(pooled, 1.0, atol=1e-5)
    run.save(tmp_path / "run")
    again = ip.load_run(tmp_path / "run").predict(test, **QUIET)
    np.testing.assert_allclose(again.iloc[:, 4:], run.predict(test, **QUIET).iloc[:, 4:], atol=1e-6)
    alone = run.predict(test.select(np.array([7])), **QUIET)
    np.testing.assert_allclose(alone.iloc[0, 4:].astype(float), again.iloc[7, 4:].astype(float), atol=1e-6)


@pytest.mark.parametrize("recipe", BASELINES)
def test_baselines_know_nothing_of_interactions_or_unobserved_values(recipe):
    windows = xor_windows(6, 0)
    config = make_recipe(recipe, {"model.width": 16}).model
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = build_model(windows.schema, config, empty_context(3, 3)).eval()
    batch = windows.batch(np.arange(6))
    x = {name: torch.from_numpy(values) for name, values in batch.x.items()}
    observed = torch.from_numpy(batch.observed).clone()
    observed[2:, 1, :2] = False
    observed[0] = False
    logits = model(x, observed).logits
    assert torch.isfinite(logits).all()
    x["right"][2:, :2] = torch.nan
    atoms = torch.rand(1, 3, 3, 3)
    model.set_context(InteractionContext(redundancy=atoms, unique=atoms, synergy=atoms))
    torch.testing.assert_close(model(x, observed).logits, logits, rtol=0, atol=0)


def test_late_fusion_is_the_mean_of_what_modalities_say_alone():
    windows = xor_windows(4, 0)
    model = build_model(windows.schema, ModelConfig(width=16, moe_every=0, guided=False, fusion="late"),
                        empty_context(3, 3)).eval()  # fmt: skip
    x = {name: torch.from_numpy(values) for name, values in windows.batch(np.arange(4)).x.items()}
    observed = torch.ones(4, 3, 3, dtype=torch.bool)
    alone = []
    for m in range(3):
        only = torch.zeros_like(observed)
        only[:, m] = True
        alone.append(model(x, only).logits)
    # float32 sums in another order
    torch.testing.assert_close(model(x, observed).logits, torch.stack(alone).mean(0), rtol=0, atol=1e-5)


@pytest.mark.parametrize("level", ["instance", pytest.param("token", marks=pytest.mark.slow)])
def test_contexts_of_windows_come_from_the_probe_and_need_no_labels(level, tmp_path):
    train, test = xor_windows(300, 0), xor_windows(40, 1, entities=("x", "y"))
    profile = (
        ip.TemporalRUS(ip.PosteriorPID(epochs=3, n_bootstrap=10, n_rotations=9), **QUIET).fit(train).profile_
    )
    settings = SMALL | {"model.context": level, "optimiser.epochs": 1}
    run = ip.fit(train, profile=profile, settings=settings, **QUIET)
    run.save(tmp_path / "run")
    told = run.predict(test, **QUIET)
    other = ip.load_run(tmp_path / "run")
    some = np.array([3, 11])
    np.testing.assert_allclose(
        other.predict(test.select(some), **QUIET).iloc[:, 4:].astype(float),
        told.iloc[some, 4:].astype(float),
        atol=1e-5,
    )
    run.evaluate(test, n_bootstrap=10, **QUIET)


def test_contexts_of_windows_need_a_probe():
    with pytest.raises(InvalidInput, match="context 'token' must have a profile with a probe"):
        ip.fit(
            xor_windows(60, 0), profile=xor_profile(), settings=SMALL | {"model.context": "token"}, **QUIET
        )
