"""Every token is made from its own modality and step, with weights of its own."""

import pytest
import torch
from torch import nn

from interplay.nn import StepEncoder, TokenPlaces
from interplay.nn.encoders import _variance
from small_models import SHAPES, random_windows

STEPS, WIDTH = 5, 8


class Tokens(nn.Module):
    """An encoder and the places of its tokens, as the model has them."""

    def __init__(self, shapes):
        super().__init__()
        self.encoder = StepEncoder(shapes, WIDTH)
        self.places = TokenPlaces(len(shapes), STEPS, WIDTH)

    def forward(self, x, observed):
        return self.places(self.encoder(x, observed), observed)


def encoder_and_windows(shapes=SHAPES):
    torch.manual_seed(0)
    encoder = Tokens(shapes)
    x, _ = random_windows(shapes, 3, STEPS)
    return encoder, x, torch.ones(3, len(shapes), STEPS, dtype=torch.bool)


@pytest.mark.parametrize("name", SHAPES)
def test_a_token_depends_on_its_own_modality_and_what_came_before(name):
    encoder, x, observed = encoder_and_windows()
    other = {**x, name: x[name].clone()}
    other[name][1, 2] += 1.0
    changed = (encoder(x, observed) != encoder(other, observed)).any(-1).nonzero().tolist()
    m = list(SHAPES).index(name)
    # convolutions look 28 samples back, which is beyond the two steps of 8 samples that follow
    convolved = SHAPES[name][0] >= 4
    assert changed == [[1, m, t] for t in ((2, 3, 4) if convolved else (2,))]


def test_the_spread_of_a_step_is_seen_over_orders_of_magnitude():
    encoder, _, _ = encoder_and_windows({"acc": (25, 1)})
    torch.manual_seed(1)
    noise = torch.randn(1, 5, 25, 1)
    observed = torch.ones(1, 1, 5, dtype=torch.bool)
    # a hundredth and a tenth of a standard deviation: what the convolutions give hardly differs, the token does
    still, trembling = (encoder({"acc": size * noise}, observed)[0, 0, 4] for size in (0.003, 0.03))
    assert (still - trembling).abs().max() > 0.05


@pytest.mark.parametrize("axis", [-1, 3])
def test_variances_are_those_of_double_precision_far_from_zero(axis):
    torch.manual_seed(0)
    x = (100.0 + 0.01 * torch.randn(2, 3, 4, 25, 25)).requires_grad_()
    wide = x.detach().double().requires_grad_()
    exact, ours = wide.var(axis, unbiased=False), _variance(x, axis)
    # deviations are known to half a unit in the last place of the values, 4e-6, of 0.01; one pass loses all of it
    assert torch.allclose(ours.double(), exact, rtol=1e-3)
    ours.sum().backward()
    exact.sum().backward()
    # the slope is 2 / 25 of a deviation
    assert torch.allclose(x.grad.double(), wide.grad, atol=2e-6)


def test_the_order_of_the_mapping_does_not_matter():
    encoder, x, observed = encoder_and_windows()
    assert torch.equal(encoder(x, observed), encoder(dict(reversed(x.items())), observed))


def test_tokens_come_in_the_order_of_the_modalities():
    encoder, x, observed = encoder_and_windows()
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.zero_()
        # a bias of its own for every modality: 1 and 4 in the group of one shape, 2 and 3 in the other
        encoder.encoder.parts[0].first.bias[:, 0, 0] = torch.tensor([1.0, 4.0])
        encoder.encoder.parts[1].out.bias[:, 0, 0] = torch.tensor([2.0, 3.0])
    assert encoder(x, observed)[0, :, 0, 0].tolist() == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("name", SHAPES)
def test_a_modality_is_encoded_as_if_it_were_alone(name):
    encoder, x, observed = encoder_and_windows()
    m = list(SHAPES).index(name)
    alone = Tokens({name: SHAPES[name]})
    group = next(g for g, (_, _, members) in enumerate(encoder.encoder.groups) if m in members)
    k = encoder.encoder.groups[group][2].index(m)
    own = {"places.modality": encoder.places.modality[m : m + 1], "places.distance": encoder.places.distance}
    for key, value in encoder.encoder.parts[group].state_dict().items():
        size = len(value) // len(encoder.encoder.groups[group][2])
        own[f"encoder.parts.0.{key}"] = value[k * size : (k + 1) * size]
    alone.load_state_dict(own)
    tokens = alone({name: x[name]}, observed[:, m : m + 1])
    # sums of at most 160 float32 products of order 0.1
    torch.testing.assert_close(tokens[:, 0], encoder(x, observed)[:, m], rtol=1e-5, atol=2e-6)


def test_a_step_of_few_samples_goes_through_a_layer_and_a_half():
    encoder, x, observed = encoder_and_windows({"acc": (2, 3)})
    first, second = encoder.encoder.parts[0].first, encoder.encoder.parts[0].second
    flat = x["acc"][1, 4].flatten()
    h = flat @ first.weight[0] + first.bias[0, 0]
    h = h + torch.nn.functional.gelu(h) @ second.weight[0] + second.bias[0, 0]
    # the last step has distance 0 from the end
    expected = h + encoder.places.modality[0, 0] + encoder.places.distance[0]
    torch.testing.assert_close(encoder(x, observed)[1, 0, 4], expected, rtol=1e-5, atol=1e-6)


def test_a_shorter_window_is_read_as_the_end_of_a_longer_one():
    encoder, x, observed = encoder_and_windows()
    short = encoder({name: values[:, -2:] for name, values in x.items()}, observed[:, :, -2:])
    # what a shorter window lacks is unobserved in a longer one
    observed[:, :, :-2] = False
    torch.testing.assert_close(short, encoder(x, observed)[:, :, -2:], rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("rubbish", [float("nan"), float("inf"), 1e30])
def test_unobserved_steps_become_zero_whatever_they_hold(rubbish):
    encoder, x, _ = encoder_and_windows()
    _, observed = random_windows(SHAPES, 3, STEPS)
    other = {
        name: torch.where(observed[:, m, :, None, None], values, rubbish)
        for m, (name, values) in enumerate(x.items())
    }
    tokens = encoder(x, observed)
    assert not tokens[~observed].any()
    assert torch.equal(tokens, encoder(other, observed))


def averaging(r: int = 25, least_samples: int = 12):
    torch.manual_seed(0)
    encoder = StepEncoder({"acc": (r, 2)}, WIDTH, least_samples=least_samples)
    return encoder, torch.randn(3, STEPS, r, 2), torch.ones(3, 1, STEPS, dtype=torch.bool)


@pytest.mark.parametrize("r", [24, 25, 53])
def test_averaged_samples_know_nothing_of_what_comes_after(r):
    encoder, x, observed = averaging(r)
    other = x.clone()
    other[1, 2, 0] += 1.0
    changed = (encoder({"acc": x}, observed) != encoder({"acc": other}, observed)).any(-1).nonzero().tolist()
    assert [1, 0, 2] in changed
    assert all(b == 1 and t >= 2 for b, _, t in changed)


def test_unobserved_steps_say_nothing_where_samples_are_averaged():
    encoder, x, observed = averaging()
    observed[:, :, 2] = False
    other = x.clone()
    other[:, 2] = torch.nan
    seen = observed[:, 0]
    one, two = (encoder({"acc": values}, observed)[:, 0][seen] for values in (x, other))
    assert torch.equal(one, two)


def test_neighbours_are_averaged_within_their_step_and_few_samples_are_left_alone():
    part = averaging(5, 2)[0].parts[0]
    assert part.averaged == 2
    h = torch.tensor([[[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 0.0, 2.0, 4.0, 6.0]]])
    assert part._thinned(h, 2).tolist() == [[[0.5, 3.0, 12.0, 16.0, 1.0, 5.0]]]
    few, x, observed = averaging(23)
    assert few.parts[0].averaged == 1
    plain, _, _ = averaging(23, 0)
    assert torch.equal(few({"acc": x}, observed), plain({"acc": x}, observed))
