"""Relevance of tokens: exact for a linear model, adds up for any, and falls where the signal is."""

import numpy as np
import pytest
import torch
from torch import nn

import interplay as ip
from interplay.data import Scaler
from interplay.nn import ModelConfig, Output, empty_context
from interplay.train.attribution import explain_windows
from interplay.train.batches import ScaledWindows
from interplay.train.target_kinds import TARGETS
from small_runs import SMALL, xor_profile, xor_windows

QUIET = {"progress": lambda done: None}


class Linear(nn.Module):
    """Logits (0, sum of weight times input), so that the relevance of a token is its own sum."""

    def __init__(self):
        super().__init__()
        self.config, self.context = ModelConfig(), empty_context(3, 3)
        self.moe_layers = []

    def forward(self, x, observed, context=None, static=None):
        seen = observed.transpose(0, 1)[..., None, None]
        total = sum((m + 1) * (values * seen[m]).sum((1, 2, 3)) for m, values in enumerate(x.values()))
        return Output(
            logits=torch.stack([torch.zeros_like(total) - 1e6 * (total < -1e9), total + 1e3], 1),
            routings=(),
            pooling=observed / 9.0,
            allocated=observed,
        )


def test_relevance_of_a_linear_model_is_weight_times_input():
    windows = xor_windows(20, 0)
    scaled = ScaledWindows(windows, Scaler.fit(windows)).select(np.array([2, 5]))
    told = explain_windows(Linear(), scaled, TARGETS["classes"])
    for k in range(2):
        x = scaled[np.array([k])].x
        for m, name in enumerate(windows.modalities):
            expected = (m + 1) * x[name][0].sum((1, 2)).flip(0)
            np.testing.assert_allclose(told["relevance"][k, m], expected, rtol=1e-5, atol=1e-5)
    # float32 around 1,000
    np.testing.assert_allclose(told["missed"], 0, atol=1e-3)
    assert told["lag_s"].values.tolist() == [0.0, 0.5, 1.0]


@pytest.fixture(scope="module")
def run():
    settings = SMALL | {"optimiser.epochs": 6, "optimiser.learning_rate": 0.01, "optimiser.input_noise": 0.2}
    return ip.fit(xor_windows(800, 0), profile=xor_profile(), settings=settings, **QUIET)


@pytest.mark.slow
def test_relevance_adds_up_and_finds_the_tokens_that_decide(run):
    test = xor_windows(60, 1, entities=("x", "y"))
    told = run.explain_windows(test.select(np.arange(12)))
    total = told["relevance"].sum(("modality", "lag"))
    np.testing.assert_allclose(total + told["missed"], told["moved"], atol=1e-4)
    mean = np.abs(told["relevance"]).mean("window")
    # left and right at lag 1 decide; third is noise
    decisive = mean.sel(modality=["left", "right"], lag=1)
    # two tokens of nine would have 22 % of it by chance
    assert float(decisive.sum()) > 0.5 * float(mean.sum())
    assert (decisive > float(mean.median())).all()
    weight = told["expert_weight"]
    assert weight.dims == ("window", "layer", "modality", "lag", "expert")
    np.testing.assert_allclose(weight.sum("expert"), 1.0, atol=1e-5)


@pytest.mark.slow
def test_one_window_is_explained_as_among_others(run):
    test = xor_windows(60, 1, entities=("x", "y"))
    one = run.explain_window(test, 7)
    among = run.explain_windows(test.select(np.arange(9))).isel(window=7)
    np.testing.assert_allclose(one["relevance"], among["relevance"], atol=1e-6)
    assert str(one["entity"].values) == test.steps.entities[test.entity[7]]


def test_unobserved_tokens_are_not_relevant(run):
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=(4, 3, 2)) for name in ("left", "right", "third")}
    arrays["right"][:, 1] = np.nan
    windows = ip.windows_from_arrays(
        arrays, [0, 1, 0, 1], classes=("unlike", "like"), step_s=0.5, fill="mark"
    )
    told = run.explain_windows(windows)
    assert not told["relevance"].sel(modality="right", lag=1).any()
    assert not told["observed"].sel(modality="right", lag=1).any()


@pytest.mark.slow
def test_evaluation_keeps_examples_and_what_experts_do(run, tmp_path):
    test = xor_windows(60, 1, entities=("x", "y"))
    run.evaluate(test, n_bootstrap=10, **QUIET)
    run.save(tmp_path / "run")
    again = ip.load_run(tmp_path / "run").evaluation
    assert 2 <= again.examples.sizes["window"] <= 48
    insight = again.insight
    np.testing.assert_allclose(insight["expert_probability"].sum("expert"), 1.0, atol=1e-5)
    use = insight["use_by_atom"]
    assert use.dims == ("layer", "atom", "expert")
    # the profile holds synergy alone: of left and right at lag 1
    assert np.isnan(use.sel(atom=["redundancy", "unique"])).all()
    direct = insight["expert_use"].sel(modality=["left", "right"], lag=1).mean("modality")
    np.testing.assert_allclose(use.sel(atom="synergy"), direct, atol=1e-6)
    agreement = insight["agreement"]
    assert agreement.dims == ("layer", "compared_atom", "statistic")
    last = again.agreement["synergy"]
    np.testing.assert_allclose(
        agreement.isel(layer=-1).sel(compared_atom="synergy", statistic="gamma"), last.gamma
    )
    # one pair of three is synergistic, too few for an interval; no pair is redundant
    assert (last.low, last.high, last.n) == (None, None, 9)
    assert again.agreement["redundancy"].gamma is None
