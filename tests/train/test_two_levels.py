"""Readers and a network on what they say: runs, their folders, and who counts where."""

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.errors import InvalidInput
from interplay.nn import TwoLevels
from interplay.readers import Mixture, ReadersConfig
from interplay.readers.scoring import loss_of_windows
from interplay.train import fit, load_run
from interplay.train.evidence import Evidence, asked, synergistic_pairs
from interplay.train.export import export_run
from interplay.train.levels import clear_from, weigh_levels, worth_training
from interplay.train.logits import logits_of
from interplay.train.network import HeldOutLogits, held_out_rows
from interplay.train.recipe import make_recipe
from interplay.types import Schema
from small_runs import NAMES, SMALL, xor_profile, xor_windows

QUIET = {"progress": lambda done: None}
READ = {
    "readers.of_all": "extra_trees, ridge",
    "readers.of_each": "extra_trees",
    "readers.of_pairs": "extra_trees",
    "readers.kinds.extra_trees.trees": 10,
}
BOTH = SMALL | READ | {"optimiser.held_out": 0.25}


@pytest.fixture(scope="module")
def train():
    return xor_windows(200, seed=0)


@pytest.fixture(scope="module")
def unseen():
    return xor_windows(80, seed=1, entities=("x", "y"))


@pytest.fixture(scope="module", params=["default", "readers"])
def run(request, train):
    return fit(train, profile=xor_profile(), recipe=request.param, settings=BOTH, **QUIET)


def test_a_run_is_evaluated_saved_and_loaded(run, unseen, tmp_path):
    run.evaluate(unseen, n_bootstrap=20, **QUIET)
    run.save(tmp_path / "run")
    again = load_run(tmp_path / "run")
    assert isinstance(again.model, TwoLevels)
    first, second = (one.predict(unseen, **QUIET) for one in (run, again))
    assert first.equals(second)
    assert set(run.evaluation.without) == set(NAMES)
    assert not list((tmp_path / "run").glob("*.pkl"))


def test_tokens_are_explained(run, unseen):
    explained = run.explain_windows(unseen.select(np.arange(3)), **QUIET)
    assert np.isfinite(explained["relevance"]).all()
    assert np.abs(explained["relevance"]).max() > 0
    # float32 sums
    np.testing.assert_allclose(explained["pooling"].sum(("modality", "lag")), 1.0, atol=1e-5)


@pytest.mark.slow
def test_a_program_says_what_it_says(run, unseen, tmp_path):
    made = export_run(run, tmp_path / "model.pt2")
    batch = unseen.batch(np.arange(len(unseen)))
    x = {name: torch.from_numpy(values) for name, values in batch.x.items()}
    said = torch.export.load(made.path).module()(x, torch.from_numpy(batch.observed)).numpy()
    expected = run.predict(unseen, **QUIET)[[f"p_{c}" for c in unseen.classes]].to_numpy()
    # a value may lie on the other side of a tree's threshold once it is rounded to float32, as two in a hundred windows
    assert np.quantile(np.abs(said - expected).max(1), 0.98) < 1e-5


def test_hidden_modalities_leave_it_to_the_others(run, unseen):
    batch = run.scaled(unseen)[np.arange(4)]
    observed = torch.zeros_like(batch.observed)
    output = run.model(batch.x, observed, None, batch.static)
    assert torch.isfinite(output.logits).all()
    prior = run.model.mixture.prior.softmax(-1)
    if run.model.network is None:
        # nothing is known but how frequent classes were
        assert torch.allclose(output.logits.softmax(-1), prior.expand(4, -1), atol=1e-6)


def test_readers_of_pairs_are_those_of_synergistic_pairs(train):
    config = make_recipe("default", READ).readers
    pair = ("left", "right")
    assert synergistic_pairs(xor_profile(), NAMES) == [pair]
    assert synergistic_pairs(None, NAMES) == []
    looked_at = [view.modalities for _, views in asked(config, train.schema, xor_profile()) for view in views]
    assert looked_at == [NAMES, NAMES, *((name,) for name in NAMES), pair]


def test_the_logits_are_those_of_both_by_their_weights(train):
    # nobody is held out to say what each counts
    run = fit(train, profile=xor_profile(), settings=SMALL | READ, **QUIET)
    assert run.model.weight.tolist() == [0.5, 0.5]
    batch = run.scaled(train)[np.arange(10)]
    given = (batch.x, batch.observed, None, batch.static)
    read = TwoLevels(run.model.mixture, None, run.recipe.model)(*given).logits
    said = run.model.network(*given).logits.log_softmax(-1)
    both = run.model.weight[0] * read + run.model.weight[1] * said
    # float32 sums
    assert torch.allclose(run.model(*given).logits, both.log_softmax(-1), atol=1e-5)


def test_the_length_of_a_training_is_told_with_the_loss_on_held_out_entities(train):
    run = fit(
        train,
        profile=xor_profile(),
        settings=SMALL | {"optimiser.held_out": 0.25, "optimiser.epochs": 6},
        **QUIET,
    )
    curve = [epoch["held_out_loss"] for epoch in run.log]
    assert 1 <= len(curve) <= 6
    # the network that is kept is the one of the least loss
    learned, rows = held_out_rows(train, 0.25, run.seed)
    assert not set(train.entity[learned]) & set(train.entity[rows])
    logits, y = logits_of(run.model, run.scaled(train.select(rows)))
    assert float(loss_of_windows(logits, y, "classes").mean()) == pytest.approx(min(curve), abs=1e-5)


def test_few_windows_make_more_epochs(train):
    # 200 windows in batches of 32 are 7 steps; 20 steps are 3 epochs
    run = fit(train, settings=SMALL | {"optimiser.epochs": 1, "optimiser.least_steps": 20}, **QUIET)
    assert len(run.log) == 3


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["labels", "number"])
def test_other_targets(kind):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 4, 2))
    level = x[:, :, 0].mean(1)
    y = level if kind == "number" else np.stack([level > 0, x[:, :, 1].mean(1) > 0], axis=1).astype(int)
    names = () if kind == "number" else ("up", "out")
    whole = ip.windows_from_arrays({"a": x, "b": x[:, :, ::-1]}, y, classes=names, entity=np.arange(120) % 12)
    few, test = ip.data.split_by_entity(whole, seed=0)
    run = fit(few, settings=BOTH, **QUIET)
    scores = run.evaluate(test, n_bootstrap=10, **QUIET)
    # the mean of four samples is a summary; chance is 0 and 0.5
    assert scores["r2" if kind == "number" else "auroc"] > (0.3 if kind == "number" else 0.8)


def held_out(
    read: torch.Tensor, logits: torch.Tensor, y: torch.Tensor
) -> tuple[Evidence, HeldOutLogits, float]:
    """Readers that say `read` (N, 2) and a network that says `logits` of windows that neither learned from."""
    schema = Schema(shapes={"a": (1, 1)}, steps=1, step_s=1.0, classes=("no", "yes"), kind="classes")
    evidence = Evidence(mixture=Mixture(schema, [], [], []), logits=read, y=y)
    apart = HeldOutLogits(np.arange(len(y)), np.arange(len(y)) * 5 // len(y), logits, y)
    return evidence, apart, ReadersConfig().shrinkage


def weights(read: torch.Tensor, logits: torch.Tensor, y: torch.Tensor) -> list[float]:
    """What readers and a network count."""
    return weigh_levels(*held_out(read, logits, y)).counted.tolist()


def said(y: torch.Tensor, right: float, seed: int) -> torch.Tensor:
    """Log-probabilities (N, 2) of who is right in this share of all windows, and as sure as that."""
    generator = torch.Generator().manual_seed(seed)
    called = torch.where(torch.rand(len(y), generator=generator) < right, y, 1 - y)
    return torch.nn.functional.one_hot(called, 2).mul(np.log(right / (1 - right))).log_softmax(-1)


def test_a_network_is_given_up_where_readers_know_much_and_it_does_not_help_them():
    y = torch.arange(400) % 2
    # right in 97 of 100 leaves 0.13 of 0.69 nats, in 60 of 100 0.67
    assert not worth_training(*held_out(said(y, 0.97, 0), said(y, 0.5 + 1e-6, 1), y))
    assert worth_training(*held_out(said(y, 0.97, 0), said(y, 0.97, 1), y))
    assert worth_training(*held_out(said(y, 0.6, 0), said(y, 0.5 + 1e-6, 1), y))


def test_a_training_that_is_given_up_ends_early_and_readers_are_the_model(monkeypatch):
    """Of a class that the level of a stream tells no network can add to trees."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 160)
    x = rng.normal(size=(160, 4, 1)) * 0.1 + 3.0 * y[:, None, None]
    windows = ip.windows_from_arrays(
        {"a": x, "b": rng.normal(size=(160, 4, 1))}, y, entity=np.arange(160) % 8
    )
    asked_for = []
    monkeypatch.setattr("interplay.train.training.worth_training", lambda *_, **__: asked_for.append(1))
    run = fit(windows, settings=BOTH | {"optimiser.epochs": 20, "readers.of_pairs": ""}, **QUIET)
    # a look every epoch, and asked from a quarter on
    assert len(run.log) == 5
    assert len(asked_for) == 1
    assert run.model.network is None


def test_who_knows_nothing_leaves_it_to_the_other():
    generator = torch.Generator().manual_seed(0)
    y = torch.randint(0, 2, (200,), generator=generator)
    # right in 85 of 100, and as sure as that
    right = torch.where(torch.rand(200, generator=generator) < 0.85, y, 1 - y)
    sure = torch.nn.functional.one_hot(right, 2) * np.log(0.85 / 0.15)
    guess = torch.nn.functional.one_hot(torch.randint(0, 2, (200,), generator=generator), 2) * 1.7
    of_guess, of_sure = weights(guess.log_softmax(-1), sure.log_softmax(-1), y)
    # the right weights are 0 and 1; a hundredth of a nat for shrinking moves either by less than 0.15
    assert of_sure > 0.85
    assert of_guess < 0.15
    # the other way round nothing is gained, and readers are left alone
    assert weights(sure.log_softmax(-1), guess.log_softmax(-1), y) == [1.0, 0.0]


def test_two_that_are_as_good_count_alike():
    # either is wrong in three of ten, and as sure as that, but not in the same
    y, turn = torch.arange(400) % 2, torch.arange(400) // 2 % 10
    wrong = (turn < 3, (turn >= 3) & (turn < 6))
    both = [torch.nn.functional.one_hot(torch.where(w, 1 - y, y), 2) * np.log(7 / 3) for w in wrong]
    first, second = weights(*(said.log_softmax(-1) for said in both), y)
    assert first == pytest.approx(second, abs=1e-3)


def test_neither_readers_nor_a_network_is_refused():
    with pytest.raises(InvalidInput, match="must have readers or a network"):
        make_recipe("network", {"readers.network": False})


def test_too_few_windows_for_folds_leave_the_network_alone():
    whole = xor_windows(40, seed=0, entities=("a",))
    # one of each class: whoever holds one out has nothing left to tell apart
    few = whole.select(np.array([np.argmax(whole.y == 0), np.argmax(whole.y == 1)]))
    run = fit(few, settings=BOTH | {"optimiser.epochs": 1}, **QUIET)
    assert not isinstance(run.model, TwoLevels)


def test_a_gain_of_three_entities_must_be_seven_of_its_standard_errors():
    """Student's t of two degrees of freedom: a hundredth of its mass lies above 6.96 (any table)."""
    assert clear_from(3) == pytest.approx(6.965, abs=1e-3)
    assert clear_from(100) == 3.0


def test_a_network_that_gains_a_trifle_is_left_out():
    """Readers lose 0.008 nats a window, and the network half of that: a clear gain, and not worth asking it."""
    y = torch.arange(400) % 2
    sides = torch.nn.functional.one_hot(y, 2)
    logits = [(scale * sides).float().log_softmax(-1) for scale in (4.8, 5.5)]
    levels = weigh_levels(*held_out(*logits, y))
    # every window gains alike, so that the standard error is next to nothing
    assert levels.errors > levels.enough
    assert levels.counted.tolist() == [1.0, 0.0]
    assert not worth_training(*held_out(*logits, y))
