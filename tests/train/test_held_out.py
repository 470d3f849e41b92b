"""How long a training goes on, by a curve of held-out losses that is known."""

import numpy as np
import pytest
import torch
from torch import nn

import interplay as ip
from interplay.train import held_out
from interplay.train.held_out import HeldOut


@pytest.fixture
def ended(monkeypatch):
    """The epoch after which a training of forty ends, and the best look, where held-out losses follow a curve."""
    windows = ip.windows_from_arrays({"a": np.zeros((4, 2, 1))}, np.arange(4) % 2)

    def of(curve):
        look = HeldOut(type("Part", (), {"windows": windows})(), nn.Linear(1, 1), 40, 400)
        look.weights = look.model.state_dict()
        monkeypatch.setattr(
            held_out, "logits_of", lambda model, part: (torch.zeros(4, 2), torch.zeros(4, dtype=torch.long))
        )
        for epoch in range(1, 41):
            loss = torch.full((4,), float(curve(epoch)))
            monkeypatch.setattr(held_out, "loss_of_windows", lambda logits, y, kind, loss=loss: loss)
            if look._enough(epoch):
                return epoch, look.best.epoch
        return 40, look.best.epoch

    return of


def test_what_only_grows_worse_ends_at_half(ended):
    assert ended(lambda epoch: epoch) == (21, 1)


def test_what_rises_while_steps_grow_longer_may_fall_again(ended):
    """Up to 1.5 at a fifth and down to 0.5 at three fifths, much as that of a valve's condition went."""
    assert ended(lambda epoch: 1.0 + 0.5 * np.sin(epoch * np.pi / 16)) == (35, 24)


def test_a_quarter_without_a_better_look_is_the_end(ended):
    assert ended(lambda epoch: abs(epoch - 18)) == (29, 18)
    assert ended(lambda epoch: -epoch) == (40, 40)
