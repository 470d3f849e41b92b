"""Means over an epoch are those of its windows, whatever the batches."""

import pytest
import torch
from pytorch_lightning.strategies import SingleDeviceStrategy

from interplay.train.module import EpochMeans


def test_a_small_last_batch_counts_by_its_windows():
    means, strategy = EpochMeans(), SingleDeviceStrategy("cpu")
    means.add({"loss": torch.tensor(1.0, requires_grad=True), "accuracy": torch.tensor(0.5)}, 6)
    means.add({"loss": torch.tensor(4.0), "accuracy": torch.tensor(1.0)}, 2)
    # (6 + 8) / 8 and (3 + 2) / 8
    assert means.take(strategy) == pytest.approx({"loss": 1.75, "accuracy": 0.625})
    means.add({"loss": torch.tensor(3.0), "accuracy": torch.tensor(0.0)}, 5)
    assert means.take(strategy) == pytest.approx({"loss": 3.0, "accuracy": 0.0})
