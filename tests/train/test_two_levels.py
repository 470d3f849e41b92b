"""Readers and a network on what they say: runs, their folders, and who counts where."""

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.data import Scaler
from interplay.errors import InvalidInput
from interplay.nn import Output, TwoLevels
from interplay.train import fit, load_run
from interplay.train.batches import ScaledWindows
from interplay.train.evidence import asked, synergistic_pairs
from interplay.train.export import export_run
from interplay.train.network import share_of_network
from interplay.train.recipe import make_recipe
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


def test_it_is_not_exported(run, tmp_path):
    with pytest.raises(InvalidInput, match="must be a network alone"):
        export_run(run, tmp_path / "model.pt2")


def test_hidden_modalities_leave_it_to_the_others(run, unseen):
    batch = run._scaled(unseen)[np.arange(4)]
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


def test_the_logits_are_those_of_both_by_their_shares(train):
    run = fit(train, profile=xor_profile(), settings=SMALL | READ, **QUIET)
    batch = run._scaled(train)[np.arange(10)]
    given = (batch.x, batch.observed, None, batch.static)
    read = TwoLevels(run.model.mixture, None, run.recipe.model)(*given).logits
    added = run.model.network(*given).logits
    # float32 sums
    assert torch.allclose(run.model(*given).logits, read + run.model.share * added, atol=1e-5)


def test_the_length_of_a_training_is_told_with_the_loss_on_held_out_entities(train):
    run = fit(
        train,
        profile=xor_profile(),
        settings=SMALL | {"optimiser.held_out": 0.25, "optimiser.epochs": 6},
        **QUIET,
    )
    curve = [epoch["held_out_loss"] for epoch in run.log]
    assert 1 <= len(curve) <= 6
    assert curve[-1] == min(curve)


def test_few_windows_make_more_epochs(train):
    # 200 windows in batches of 32 are 7 steps; 20 steps are 3 epochs
    run = fit(train, settings=SMALL | {"optimiser.epochs": 1, "optimiser.least_steps": 20}, **QUIET)
    assert len(run.log) == 3


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


def held_out(read: torch.Tensor, y: np.ndarray) -> ScaledWindows:
    """Windows of five entities, what readers say of them, and a network that says the first channel."""
    x = np.where(y > 0, 1.0, -1.0)[:, None, None]
    windows = ip.windows_from_arrays({"a": x}, y, entity=np.arange(len(y)) % 5, classes=("no", "yes"))
    return ScaledWindows(windows, Scaler.fit(windows), read=read)


class Sure(torch.nn.Module):
    """Logits +- `size` by the sign of the only channel, or of one drawn anew."""

    def __init__(self, size: float, *, right: bool):
        super().__init__()
        self.size, self.right = size, right

    def forward(self, x, observed, context, static):
        sign = x["a"][:, 0, 0, 0].sign()
        if not self.right:
            sign = torch.randn(len(sign), generator=torch.Generator().manual_seed(1)).sign()
        return Output(logits=self.size * torch.stack([-sign, sign], 1), routings=(), pooling=observed.float())


def test_a_network_counts_only_where_held_out_entities_gain():
    y = np.random.default_rng(0).integers(0, 2, 100)
    ignorant = torch.zeros(100, 2)
    # all right: the more the better, up to the most
    assert share_of_network(Sure(1.0, right=True), held_out(ignorant, y)) == pytest.approx(1.5)
    assert share_of_network(Sure(1.0, right=False), held_out(ignorant, y)) == 0.0
    alone = held_out(ignorant, y)
    alone.read = None
    assert share_of_network(Sure(1.0, right=False), alone) == 1.0


def test_neither_readers_nor_a_network_is_refused():
    with pytest.raises(InvalidInput, match="must have readers or a network"):
        make_recipe("network", {"readers.network": False})


def test_too_few_windows_for_folds_leave_the_network_alone():
    whole = xor_windows(40, seed=0, entities=("a",))
    # one of each class: whoever holds one out has nothing left to tell apart
    few = whole.select(np.array([np.argmax(whole.y == 0), np.argmax(whole.y == 1)]))
    run = fit(few, settings=BOTH | {"optimiser.epochs": 1}, **QUIET)
    assert not isinstance(run.model, TwoLevels)
