"""Weight decay by what a parameter is, not by its shape."""

import pytest

from interplay.train.module import parameter_groups
from small_models import SHAPES, random_context, small_model


@pytest.mark.parametrize("router", ["interaction", "softmax", "laplace"])
def test_biases_norms_places_and_guidance_do_not_decay(router):
    model = small_model(SHAPES, 4, random_context(4, 4), router=router)
    decayed, exempt = (group["params"] for group in parameter_groups(model))
    assert parameter_groups(model)[1]["weight_decay"] == 0.0
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    assert len(decayed) + len(exempt) == len(names) == len({id(p) for p in (*decayed, *exempt)})
    spared = {names[id(p)] for p in exempt}
    # stacked biases have three axes, a bias of a linear layer one
    assert {"encoder.parts.0.first.bias", "encoder.parts.1.layers.0.bias", "head.bias", "norm.weight", "norm.bias",
            "places.modality", "places.distance", "pooling.gamma", "blocks.0.cross_modal.gamma",
            "blocks.0.norms.0.weight"} <= spared  # fmt: skip
    assert all(name.split(".")[-1] not in ("up", "down", "qkv", "out", "centre") for name in spared)
    assert {names[id(p)].split(".")[-1].partition("_")[0] for p in decayed} <= {
        "weight", "up", "down", "qkv", "out", "centre"}  # fmt: skip
