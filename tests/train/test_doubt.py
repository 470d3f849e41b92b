"""A profile that misleads is not believed, and one that helps is."""

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.nn.config import AUTO, NONE, PROFILE
from interplay.train import make_recipe
from interplay.train.doubt import train_with_doubt
from interplay.train.network import HeldOutLogits, Trained
from small_runs import NAMES, SMALL, STEPS, xor_profile, xor_windows

QUIET = {"progress": lambda done: None}
DOUBTED = SMALL | {"model.context": AUTO, "optimiser.held_out": 0.25, "optimiser.epochs": 8}


def wrong_profile() -> ip.InteractionProfile:
    """The exclusive or of other modalities at another lag, which tells nothing."""
    zeros = np.zeros((3, 3, STEPS))
    synergy = zeros.copy()
    synergy[1, 2, 2] = synergy[2, 1, 2] = 1.0
    return ip.InteractionProfile.from_arrays(
        NAMES, redundancy=zeros, unique=zeros, synergy=synergy, step_s=0.5, h_y_bits=1.0, entities=()
    )


def said(right: float) -> HeldOutLogits:
    """Logits that are so much for the class that each of eight windows has."""
    y = torch.arange(8) % 2
    logits = right * torch.nn.functional.one_hot(y, 2).double()
    return HeldOutLogits(rows=np.arange(8), entity=np.arange(8) % 4, logits=logits, y=y)


def trained_as_said(recipe, right):
    """What is taken of two trainings that say so much on held-out windows."""
    network = torch.nn.Linear(1, 1)
    progress = []

    def train(of_one, tell):
        tell(1.0)
        value = right[of_one.model.context]
        return Trained(network, [{"right": value}], None if value is None else said(value))

    decided, trained = train_with_doubt(recipe, train, "classes", progress.append)
    return decided.model.context, trained.log[0]["right"], progress


@pytest.mark.parametrize(
    ("right", "taken"),
    [
        ({PROFILE: 2.0, NONE: 1.0}, PROFILE),
        ({PROFILE: 1.0, NONE: 2.0}, NONE),
        ({PROFILE: 1.0, NONE: 1.0}, PROFILE),
        ({PROFILE: None, NONE: 2.0}, PROFILE),
    ],
)
def test_the_profile_is_believed_unless_held_out_windows_lose_less_without(right, taken):
    recipe = make_recipe("network", {"model.context": AUTO})
    level, value, progress = trained_as_said(recipe, right)
    assert (level, value) == (taken, right[taken])
    assert progress == ([0.5] if right[PROFILE] is None else [0.5, 1.0])


@pytest.mark.parametrize("level", [PROFILE, NONE])
def test_without_doubt_one_is_trained(level):
    recipe = make_recipe("network", {"model.context": level})
    assert trained_as_said(recipe, {level: 1.0})[:2] == (level, 1.0)


def test_a_run_that_is_not_given_its_profile_is_the_unguided_one():
    train, test = xor_windows(60, 0), xor_windows(30, 1, entities=("x", "y"))
    settings = SMALL | {"optimiser.epochs": 2}
    blind = ip.fit(train, profile=xor_profile(), settings=settings | {"model.context": NONE}, **QUIET)
    plain = ip.fit(train, settings=settings, **QUIET)
    assert blind.context.is_empty()
    for name, value in plain.model.state_dict().items():
        assert torch.equal(value, blind.model.state_dict()[name])
    assert repr(blind).startswith("Run(guided by nothing: not given the profile, 3 modalities")
    # entities of the profile stay known: who was measured is not tested
    assert blind.profile is not None
    assert blind.predict(test, **QUIET).equals(plain.predict(test, **QUIET))


def test_without_anything_to_doubt_nothing_is_trained_twice():
    train = xor_windows(60, 0)
    run = ip.fit(train, settings=DOUBTED | {"optimiser.epochs": 2}, **QUIET)
    assert run.recipe.model.context == NONE


@pytest.mark.slow
def test_a_wrong_profile_is_seen_through_and_a_right_one_kept(tmp_path):
    train = xor_windows(600, 0, entities=tuple("abcdefgh"))
    levels = {}
    for name, profile in (("right", xor_profile()), ("wrong", wrong_profile())):
        run = ip.fit(train, profile=profile, settings=DOUBTED, out=tmp_path / name, **QUIET)
        levels[name] = run.recipe.model.context
        again = ip.load_run(tmp_path / name)
        assert again.recipe.model.context == levels[name]
        assert again.context.is_empty() == (levels[name] == NONE)
    assert levels == {"right": PROFILE, "wrong": NONE}
