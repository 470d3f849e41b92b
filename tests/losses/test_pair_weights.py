"""How much each pair counts: thresholds, the soft ramp, and pairs that pass several of them."""

from types import SimpleNamespace

import pytest
import torch

from interplay.errors import InvalidInput
from interplay.losses import pair_weights

THRESHOLDS = {"redundancy": 0.1, "uniqueness": 0.1, "synergy": 0.1}


def pair_of(*, r=0.0, u_ij=0.0, u_ji=0.0, s=0.0):
    """Context of two modalities at one step."""

    def square(upper: float, lower: float) -> torch.Tensor:
        return torch.tensor([[0.0, upper], [lower, 0.0]], dtype=torch.float64)[None, ..., None]

    return SimpleNamespace(redundancy=square(r, r), unique=square(u_ij, u_ji), synergy=square(s, s))


def weights_of(context, *, hard=False, **thresholds) -> tuple[float, float, float]:
    """Weights of the pair: redundancy, uniqueness, synergy."""
    found = pair_weights(context, **{**THRESHOLDS, **thresholds}, hard=hard)
    for weight in (found.redundancy, found.uniqueness, found.synergy):
        assert torch.equal(weight, weight.transpose(1, 2))
        assert not weight.diagonal(dim1=1, dim2=2).any()
    return tuple(w[0, 0, 1, 0].item() for w in (found.redundancy, found.uniqueness, found.synergy))


# float32 thresholds: 0.1 is known to 1e-8 of its size, and the ramp multiplies that by at most 10
NEAR = {"rel": 1e-6, "abs": 1e-6}


@pytest.mark.parametrize(
    ("atom", "weight"), [(0.0, 0.0), (0.05, 0.0), (0.1, 0.0), (0.15, 0.5), (0.2, 1.0), (0.9, 1.0)]
)
def test_soft_weights_rise_from_the_threshold_to_its_double(atom, weight):
    assert weights_of(pair_of(r=atom)) == pytest.approx((weight, 0.0, 0.0), **NEAR)
    assert weights_of(pair_of(u_ij=atom, u_ji=atom)) == pytest.approx((0.0, weight, 0.0), **NEAR)
    assert weights_of(pair_of(s=atom)) == pytest.approx((0.0, 0.0, weight), **NEAR)


@pytest.mark.parametrize(("atom", "weight"), [(0.0, 0.0), (0.24, 0.0), (0.25, 0.0), (0.26, 1.0), (0.9, 1.0)])
def test_hard_weights_are_all_or_nothing(atom, weight):
    quarter = dict.fromkeys(THRESHOLDS, 0.25)
    assert weights_of(pair_of(r=atom), hard=True, **quarter) == (weight, 0.0, 0.0)
    assert weights_of(pair_of(u_ij=atom, u_ji=atom), hard=True, **quarter) == (0.0, weight, 0.0)
    assert weights_of(pair_of(s=atom), hard=True, **quarter) == (0.0, 0.0, weight)


def test_each_atom_has_a_threshold_of_its_own():
    context = pair_of(r=0.3, u_ij=0.3, u_ji=0.3, s=0.3)
    passed = {"redundancy": 0.9, "uniqueness": 0.9, "synergy": 0.9}
    for k, name in enumerate(THRESHOLDS):
        weights = weights_of(context, **{**passed, name: 0.1})
        assert weights == tuple(float(n == k) for n in range(3))


def test_uniqueness_counts_where_both_pass():
    assert weights_of(pair_of(u_ij=0.9, u_ji=0.15)) == pytest.approx((0.0, 0.5, 0.0), **NEAR)
    assert weights_of(pair_of(u_ij=0.9, u_ji=0.05)) == (0.0, 0.0, 0.0)
    assert weights_of(pair_of(u_ij=0.9), hard=True) == (0.0, 0.0, 0.0)


def test_atoms_that_pass_together_share_by_their_size():
    # joint 0.3 + 0.05 + 0 + 0.25 = 0.6: redundancy 0.3 / 0.6, synergy 0.25 / 0.6; uniqueness did not pass
    context = pair_of(r=0.3, u_ij=0.05, s=0.25)
    expected = (0.5, 0.0, 0.25 / 0.6)
    assert weights_of(context) == pytest.approx(expected, **NEAR)
    assert weights_of(context, hard=True) == pytest.approx(expected, **NEAR)


def test_the_share_multiplies_what_the_ramp_left():
    # redundancy half-way up the ramp: 0.5 * 0.15 / 0.75; uniqueness of both sides: 0.4 / 0.75; synergy 0.2 / 0.75
    weights = weights_of(pair_of(r=0.15, u_ij=0.2, u_ji=0.2, s=0.2))
    assert weights == pytest.approx((0.1, 0.4 / 0.75, 0.2 / 0.75), **NEAR)


def test_an_atom_that_passes_alone_counts_fully():
    # 0.09 of synergy lies below its threshold and takes nothing from redundancy
    assert weights_of(pair_of(r=0.3, s=0.09)) == pytest.approx((1.0, 0.0, 0.0), **NEAR)


@pytest.mark.parametrize("hard", [False, True])
def test_weights_of_any_context_are_shares(hard):
    torch.manual_seed(0)
    off = ~torch.eye(4, dtype=torch.bool)[..., None]
    r, u, s = torch.rand(3, 2, 4, 4, 5) * off
    context = SimpleNamespace(redundancy=r + r.transpose(1, 2), unique=u, synergy=s + s.transpose(1, 2))
    found = pair_weights(context, **THRESHOLDS, hard=hard)
    stacked = torch.stack([found.redundancy, found.uniqueness, found.synergy])
    assert stacked.shape == (3, 2, 4, 4, 5)
    assert (stacked >= 0).all()
    # shares of the joint information sum to at most 1, to rounding
    assert (stacked.sum(0) <= 1 + 1e-6).all()
    assert torch.equal(stacked, stacked.transpose(2, 3))
    assert not (stacked * ~off).any()


@pytest.mark.parametrize("threshold", [0.0, -0.1])
@pytest.mark.parametrize("name", THRESHOLDS)
def test_thresholds_that_are_not_positive_are_refused(name, threshold):
    with pytest.raises(InvalidInput, match=rf"must be above 0; got .*{name} {threshold}"):
        pair_weights(pair_of(r=0.5), **{**THRESHOLDS, name: threshold})
