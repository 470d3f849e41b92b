"""Modalities with encoders of their own: who reads what, pre-trained weights that stay, and ready vectors."""

import numpy as np
import pytest
import torch
from torch import nn

import interplay as ip
import outside_parts
from interplay.cli.settings import _is_part
from interplay.errors import InvalidInput, UntrustedPart
from interplay.nn import ModelConfig, StepEncoder
from interplay.train import make_recipe
from small_runs import SMALL, xor_windows

SHAPES = {"a": (1, 2), "notes": (1, 5), "c": (1, 2)}
QUIET = {"progress": lambda done: None}


class Pretrained(nn.Module):
    """A map that was learned elsewhere and does not change, and a layer that fits it to the width."""

    def __init__(self, shapes, width: int):
        super().__init__()
        ((self.name, (r, d)),) = shapes.items()
        torch.manual_seed(7)
        self.learned = nn.Linear(r * d, 8).requires_grad_(False)
        self.fit = nn.Linear(8, width)

    def forward(self, x, observed):
        tokens = self.fit(torch.tanh(self.learned(x[self.name].flatten(2))))
        return torch.where(observed[:, 0, :, None], tokens, 0.0)[:, None]


def batch(n=4, steps=3):
    torch.manual_seed(0)
    x = {name: torch.randn(n, steps, *shape) for name, shape in SHAPES.items()}
    return x, torch.rand(n, len(SHAPES), steps) > 0.2


def test_each_modality_is_read_by_its_own_and_comes_in_its_place():
    config = ModelConfig(width=8, heads=2, encoders={"notes": Pretrained})
    encoder = config.build_encoder(SHAPES)
    x, observed = batch()
    tokens = encoder(x, observed)
    assert tokens.shape == (4, 3, 3, 8)
    assert torch.equal(tokens[:, 1], encoder.own[0]({"notes": x["notes"]}, observed[:, [1]])[:, 0])
    rest = encoder.rest({"a": x["a"], "c": x["c"]}, observed[:, [0, 2]])
    assert torch.equal(tokens[:, [0, 2]], rest)


def test_without_any_the_encoder_is_what_it_was():
    assert type(ModelConfig(width=8, heads=2).build_encoder(SHAPES)) is StepEncoder


def test_all_modalities_may_have_their_own():
    config = ModelConfig(width=8, heads=2, encoders={name: {"name": "steps"} for name in SHAPES})
    assert config.build_encoder(SHAPES)(*batch()).shape == (4, 3, 3, 8)


def test_an_unknown_modality_is_refused_and_a_near_one_named():
    with pytest.raises(InvalidInput, match=r"model.encoders must name modalities of the windows, \['notes'"):
        ModelConfig(encoders={"note": "steps"}).build_encoder(SHAPES)


def test_a_run_with_a_pretrained_encoder_keeps_it_and_is_loaded(tmp_path, monkeypatch):
    settings = SMALL | {
        "model.encoders.left": "outside_parts.LoudEncoder",
        "model.encoders.third": Pretrained,
    }
    run = ip.fit(xor_windows(80, seed=0), recipe="network", settings=settings, out=tmp_path / "run", **QUIET)
    loud, pretrained = run.model.encoder.own
    assert type(loud) is outside_parts.LoudEncoder
    torch.manual_seed(7)
    assert torch.equal(pretrained.learned.weight, nn.Linear(4, 8).weight)
    again = ip.load_run(tmp_path / "run")
    unseen = xor_windows(20, seed=1, entities=("x",))
    assert again.predict(unseen, **QUIET).equals(run.predict(unseen, **QUIET))
    monkeypatch.delitem(__import__("sys").modules, "outside_parts")
    with pytest.raises(UntrustedPart):
        ip.load_run(tmp_path / "run")


def test_a_recipe_file_and_the_command_line_name_them(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("model:\n  encoders:\n    notes: {name: outside_parts.LoudEncoder, loudness: 2.0}\n")
    recipe = make_recipe(path)
    assert recipe.model.encoders["notes"].settings == {"loudness": 2.0}
    assert recipe == make_recipe(recipe.to_dict())
    settings = {"model.encoders.notes": "outside_parts.LoudEncoder", "model.encoders.notes.loudness": 2.0}
    assert recipe == make_recipe(settings=settings)
    assert _is_part("model.encoders.notes")
    assert not _is_part("model.encoders.notes.loudness")


@pytest.mark.slow
def test_vectors_that_were_worked_out_before_are_a_modality():
    """Embeddings of notes at their own times: 64 numbers each show the class weakly, four deviations apart together."""
    rng = np.random.default_rng(0)
    direction = rng.choice([-1.0, 1.0], 64)

    def person(k: int) -> ip.Recording:
        y = rng.integers(0, 2, 30)
        vectors = rng.normal(size=(30, 64)) + 0.25 * np.outer(2 * y - 1, direction)
        times = np.arange(30) + 0.5
        notes = ip.Stream(values=vectors, times_s=times, channels=tuple(f"e{j}" for j in range(64)))
        pulse = ip.Stream(values=rng.normal(size=(300, 1)), rate_hz=10.0)
        target = ip.Target(values=y, start_s=times - 0.5, stop_s=times + 0.5)
        return ip.Recording(
            entity=f"p{k}", streams={"notes": notes, "pulse": pulse}, target=target, classes=("no", "yes")
        )

    windows = ip.make_windows([person(k) for k in range(8)], step_s=1.0, steps=2)
    train, test = ip.split_by_entity(windows, test=0.25)
    assert train.schema.shapes["notes"] == (1, 64)
    settings = SMALL | {"optimiser.epochs": 25}
    rows = ip.fit(train, recipe="network", settings=settings, **QUIET).predict(test, **QUIET)
    assert (rows["predicted"] == rows["label"]).mean() > 0.9
