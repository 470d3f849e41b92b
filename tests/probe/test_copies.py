"""Copies of probes lie where the probes do."""

import numpy as np
import pytest
import torch

from in_a_process import in_a_process
from interplay.probe.network import Probe, ProbeShape

SHAPE = ProbeShape(modalities=3, features=2, lags=2, classes=2, pairs=torch.tensor([[0, 1], [0, 2], [1, 2]]))
OF_MODALITIES, OF_PAIRS = np.array([1, 1, 1, 0], bool), np.array([1, 1, 1, 0], bool)
COPIES = {
    "only": lambda probe: probe.only(1),
    "spread": lambda probe: probe.spread(np.array([[0, 1], [0, 2], [1, 2], [0, 3]]), OF_MODALITIES, OF_PAIRS),
}


def equal_elsewhere(name: str) -> None:
    from fake_device import ELSEWHERE, FakeDevice

    here = Probe(SHAPE, [torch.Generator().manual_seed(k) for k in range(2)])
    # the heads of a new probe are zeros
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for value in here.parameters():
            value.copy_(torch.randn(value.shape, generator=generator))
    expected = COPIES[name](here)
    x = torch.randn(len(expected.w1), expected.w1.shape[1], 5, 2, generator=generator)
    place = torch.randint(5, (len(x), 2, 4), generator=generator)
    with torch.no_grad():
        said = expected(x, place)
        with FakeDevice():
            there = COPIES[name](here.to(ELSEWHERE))
            assert {value.device for value in there.parameters()} == {ELSEWHERE}
            for found, value in zip(there(x.to(ELSEWHERE), place.to(ELSEWHERE)), said, strict=True):
                assert torch.equal(found.cpu(), value)


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_works_on_the_device_of_its_probe(name):
    in_a_process(equal_elsewhere, name)
