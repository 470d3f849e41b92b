"""A run with a token budget: trained, exported, judged; and how "auto" finds one."""

import numpy as np
import pytest
import torch
from jsonargparse import ArgumentParser

import interplay as ip
from interplay.cli.settings import given_recipe, setting_options
from interplay.errors import InvalidInput
from interplay.report.model_data import budget_sentence
from interplay.train import export_run, make_recipe
from interplay.train.batches import ScaledWindows
from interplay.train.network import HeldOutLogits, Trained
from interplay.train.token_budget import (
    BUDGETS,
    loses_nothing,
    train_within_budget,
)
from small_runs import NAMES, SMALL, STEPS, xor_profile, xor_windows

QUIET = {"progress": lambda done: None}
TWO_TOKENS = 2 / 9
"""Of three modalities and steps: what the exclusive or needs."""
AUTO = {"model.token_budget": "auto"}


@pytest.fixture(scope="module")
def run():
    settings = SMALL | {"model.token_budget": TWO_TOKENS, "optimiser.epochs": 12}
    return ip.fit(xor_windows(400, 0), profile=xor_profile(), settings=settings, **QUIET)


@pytest.mark.slow
def test_two_tokens_are_enough_for_what_two_tokens_tell(run):
    test = xor_windows(200, 1, entities=("x", "y"))
    table = run.predict(test, **QUIET)
    assert (table["predicted"] == table["label"]).mean() > 0.95
    run.evaluate(test, **QUIET)
    judged = run.evaluation
    allocated = judged.insight["allocated"].sel(modality=list(NAMES))
    expected = np.zeros((3, STEPS))
    expected[:2, 1] = 1.0
    np.testing.assert_array_equal(allocated.values, expected)
    assert "it reads 2 in nearly every window in which they are observed, and 7 in none" in budget_sentence(
        judged.insight
    )
    # what is left aside still counts as observed, and moves nothing
    assert judged.examples["observed"].all()
    assert not judged.examples["relevance"].sel(modality="third").any()


def test_a_run_without_a_budget_says_nothing_of_one(run):
    plain = ip.fit(xor_windows(60, 0), settings=SMALL | {"optimiser.epochs": 1}, **QUIET)
    plain.evaluate(xor_windows(30, 1, entities=("x", "y")), **QUIET)
    judged = plain.evaluation
    assert (judged.insight["allocated"] == 1).all()
    assert budget_sentence(judged.insight) == ""


def test_a_modality_that_is_missing_leaves_its_room_to_others(run):
    windows = xor_windows(30, 2, entities=("x", "y"))
    batch = ScaledWindows(windows, run.scaler, None)[np.arange(30)]
    batch.observed[:, 0] = False
    output = run.model(batch.x, batch.observed)
    assert torch.equal(output.allocated.flatten(1).sum(1), torch.full((30,), 2))
    assert not output.allocated[:, 0].any()
    assert output.allocated[:, 1, 1].all()
    assert torch.isfinite(output.logits).all()


# packed tokens in a table of pairs, and laid back on modalities and steps
@pytest.mark.slow
@pytest.mark.parametrize("budget", [TWO_TOKENS, 0.9])
@pytest.mark.parametrize("suffix", [".pt2", ".onnx"])
def test_a_program_says_what_the_run_says(budget, suffix, tmp_path):
    if suffix == ".onnx":
        pytest.importorskip("onnxruntime")
        pytest.importorskip("onnxscript")
    settings = SMALL | {"model.token_budget": budget, "optimiser.epochs": 1}
    run = ip.fit(xor_windows(60, 0), profile=xor_profile(), settings=settings, **QUIET)
    # the export itself compares the written file with the run, on batches of several sizes
    assert export_run(run, tmp_path / f"model{suffix}").difference < 1e-5


def test_the_budget_of_a_run_comes_back_with_it(run, tmp_path):
    run.save(tmp_path / "run")
    again = ip.load_run(tmp_path / "run")
    assert again.recipe.model.token_budget == TWO_TOKENS
    test = xor_windows(20, 3, entities=("x", "y"))
    np.testing.assert_array_equal(
        again.predict(test, **QUIET)["p_like"], run.predict(test, **QUIET)["p_like"]
    )


def apart(loss: np.ndarray) -> HeldOutLogits:
    """Logits of two classes under which windows of twelve entities have these losses."""
    likely = torch.from_numpy(np.exp(-loss))
    logits = torch.stack([likely, 1 - likely], dim=1).log()
    zeros = torch.zeros(len(loss), dtype=torch.int64)
    return HeldOutLogits(np.arange(len(loss)), np.arange(len(loss)) % 12, logits, zeros)


def test_a_loss_within_a_standard_error_is_none():
    rng = np.random.default_rng(0)
    whole = np.full(240, 0.5)
    of_entity = rng.normal(size=12)
    # its standard error is 0.01 nats
    of_entity = (of_entity - of_entity.mean()) / of_entity.std(ddof=1) * 0.01 * 12**0.5
    for rise, harmless in ((-0.02, True), (0.0, True), (0.009, True), (0.011, False)):
        some = whole + np.tile(of_entity + rise, 20)
        assert loses_nothing(apart(whole), apart(some), "classes") is harmless


@pytest.mark.parametrize("least", [1 / 32, 1 / 8, 1.0])
def test_auto_takes_the_smallest_that_loses_nothing_and_trains_no_more(least):
    asked = []

    def train(recipe, progress):
        budget = recipe.model.token_budget
        asked.append(budget)
        progress(1.0)
        loss = 0.2 if budget >= least else 0.4
        return Trained(None, [], apart(np.full(60, loss)))

    shares = []
    recipe, _ = train_within_budget(make_recipe("network", AUTO), train, "classes", shares.append)
    assert recipe.model.token_budget == least
    tried = [budget for budget in BUDGETS if budget <= least]
    assert asked == [1.0, *tried]
    assert shares == sorted(shares)
    assert shares[-1] <= 1.0


def test_auto_is_told_apart_from_a_number_in_the_run():
    settings = SMALL | AUTO | {"optimiser.epochs": 2, "optimiser.held_out": 0.25}
    run = ip.fit(xor_windows(80, 0), profile=xor_profile(), settings=settings, **QUIET)
    assert run.recipe.model.token_budget in (*BUDGETS, 1.0)
    assert run.model.config.token_budget == run.recipe.model.token_budget


def test_auto_without_held_out_windows_says_so():
    with pytest.raises(InvalidInput, match=r"'auto' must have windows that are held out"):
        ip.fit(xor_windows(40, 0), settings=SMALL | AUTO, **QUIET)


def test_the_command_line_takes_a_number_or_the_word():
    parser = ArgumentParser()
    parser.add_argument("--recipe", default="default")
    setting_options(parser, "default", [])
    for word, value in (("auto", "auto"), ("0.25", 0.25), ("1", 1.0)):
        args = parser.parse_args([f"--model.token_budget={word}"])
        assert given_recipe(args).model.token_budget == value
    assert make_recipe("default").with_model(token_budget=0.5).model.token_budget == 0.5
