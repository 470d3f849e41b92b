"""The profile laid on steps: placement, interpolation, scale, what is dropped and what is refused."""

import numpy as np
import pytest
import torch

from interplay.errors import InvalidInput
from interplay.nn import (
    InteractionContext,
    empty_context,
    instance_context,
    interaction_context,
    placement,
    token_context,
)
from interplay.nn.context import ATOMS
from interplay.profile import InteractionProfile
from small_models import SHAPES, random_context, random_windows, small_model


def profile_of(modalities=("a", "b"), *, lags, step_s=1.0, h_y_bits=1.0, **atoms):
    """Profile of zeros but for the atoms given, each (M, M, L) or a series that every pair gets."""
    n_m, n_l = len(modalities), len(lags)
    full = {name: np.zeros((n_m, n_m, n_l)) for name in ("redundancy", "unique", "synergy")}
    full.update({name: np.broadcast_to(values, (n_m, n_m, n_l)) for name, values in atoms.items()})
    return InteractionProfile.from_arrays(modalities, lags=lags, step_s=step_s, h_y_bits=h_y_bits, **full)


def series(profile, atom="synergy", *, steps, step_s=1.0):
    """What the context holds of the first pair, over the steps of the window."""
    context = interaction_context(profile, profile.modalities, steps=steps, step_s=step_s)
    return getattr(context, atom)[0, 0, 1].tolist()


@pytest.mark.parametrize("atom", ["redundancy", "unique", "synergy"])
@pytest.mark.parametrize("steps", [3, 4, 9])
def test_an_atom_at_lag_two_lands_three_steps_before_the_end(atom, steps):
    values = np.zeros((2, 2, 4))
    values[0, 1, 2] = values[1, 0, 2] = 0.5
    expected = [0.0] * steps
    expected[steps - 3] = 0.5
    assert series(profile_of(lags=range(4), **{atom: values}), atom, steps=steps) == expected


def test_unique_information_keeps_its_direction():
    values = np.zeros((2, 2, 1))
    values[0, 1, 0] = 0.25
    context = interaction_context(profile_of(lags=[0], unique=values), ("a", "b"), steps=1, step_s=1.0)
    assert context.unique[0, :, :, 0].tolist() == [[0.0, 0.25], [0.0, 0.0]]


@pytest.mark.parametrize("step_s", [1e-7, 1e-3, 0.1, 1 / 3, 0.5, 30.0, 3600.0])
def test_every_measured_lag_finds_its_step(step_s):
    values = np.arange(1.0, 13.0)
    laid = series(profile_of(lags=range(12), step_s=step_s, synergy=values), steps=13, step_s=step_s)
    # neighbours differ by 1, and k * step_s is rounded to 1e-16 of its size, far below float32's 1e-7
    np.testing.assert_allclose(laid, [0.0, *values[::-1]], rtol=1e-6)


def test_linear_between_measured_lags_and_zero_outside_them():
    profile = profile_of(lags=[1, 2, 4], synergy=[0.4, 0.8, 0.2])
    # steps look 5, 4.5, 4, ..., 0.5, 0 s back; 3 s is half-way from 0.8 at 2 s to 0.2 at 4 s
    expected = [0.0, 0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 0.6, 0.4, 0.0, 0.0]
    np.testing.assert_allclose(series(profile, steps=11, step_s=0.5), expected, atol=1e-7)


def test_a_single_measured_lag_is_laid_on_one_step_only():
    assert series(profile_of(lags=[1], synergy=[0.5]), steps=4) == [0.0, 0.0, 0.5, 0.0]


def test_atoms_become_shares_of_the_target_entropy():
    assert series(profile_of(lags=[0], h_y_bits=2.0, synergy=[0.5]), steps=1) == [0.25]


@pytest.mark.parametrize("atom", ["redundancy", "unique", "synergy"])
def test_atoms_below_two_standard_errors_are_absent(atom):
    # two standard errors are 0.25: 0.125 and 0.24 lie within, 0.25 and 0.5 do not
    profile = profile_of(lags=range(4), **{atom: [0.125, 0.24, 0.25, 0.5]})
    errors = profile.dataset[atom] * 0 + 0.125
    profile = InteractionProfile(profile.dataset.assign({f"{atom}_stderr": errors}))
    assert series(profile, atom, steps=4) == [0.5, 0.25, 0.0, 0.0]


def test_negative_atoms_are_absent():
    assert series(profile_of(lags=[0, 1], synergy=[-0.5, 0.5]), steps=2) == [0.5, 0.0]


def test_the_diagonal_is_zero_whatever_the_dataset_holds_there():
    profile = profile_of(lags=[0], redundancy=[0.5], unique=[0.5], synergy=[0.5])
    filled = InteractionProfile(profile.dataset.fillna(7.0))
    for given in (profile, filled):
        context = interaction_context(given, ("a", "b"), steps=1, step_s=1.0)
        for atom in (context.redundancy, context.unique, context.synergy):
            assert atom[0, :, :, 0].tolist() == [[0.0, 0.5], [0.5, 0.0]]


def test_the_order_is_the_models_and_other_modalities_are_left_out():
    values = np.arange(9.0).reshape(3, 3, 1)
    profile = profile_of(("a", "b", "c"), lags=[0], unique=values)
    context = interaction_context(profile, ("c", "a"), steps=1, step_s=1.0)
    # of row c (6, 7, 8) and row a (0, 1, 2), the columns c and a
    assert context.unique[0, :, :, 0].tolist() == [[0.0, 6.0], [2.0, 0.0]]


def test_a_modality_that_the_profile_lacks_is_refused():
    with pytest.raises(InvalidInput, match=r"lacks \['ecg'\] and has \['a', 'b'\]"):
        interaction_context(profile_of(lags=[0]), ("a", "ecg"), steps=1, step_s=1.0)


def three_modalities() -> InteractionContext:
    unique = torch.tensor([[0.0, 0.6, 0.2], [0.1, 0.0, 0.3], [0.0, 0.5, 0.0]])[None, ..., None]
    redundancy = torch.tensor([[0.0, 0.0, 0.7], [0.0, 0.0, 0.0], [0.7, 0.0, 0.0]])[None, ..., None]
    synergy = torch.tensor([[0.0, 0.4, 0.0], [0.4, 0.0, 0.0], [0.0, 0.0, 0.0]])[None, ..., None]
    return InteractionContext(redundancy=redundancy, unique=unique, synergy=synergy)


def test_pair_features_are_r_u_u_s():
    features = three_modalities().pair_features
    assert features.shape == (1, 3, 3, 1, 4)
    torch.testing.assert_close(features[0, 0, 1, 0], torch.tensor([0.0, 0.6, 0.1, 0.4]))
    torch.testing.assert_close(features[0, 1, 0, 0], torch.tensor([0.0, 0.1, 0.6, 0.4]))


def test_relevance_is_the_largest_atom_that_a_token_takes_part_in():
    # the second has at most synergy 0.4: that 0.6 is in the first and not in the second is not its merit
    torch.testing.assert_close(three_modalities().relevance(), torch.tensor([[[0.7], [0.4], [0.7]]]))


def test_unique_to_all_is_the_least_over_partners():
    torch.testing.assert_close(three_modalities().unique_to_all(), torch.tensor([[[0.2], [0.1], [0.0]]]))
    assert empty_context(1, 2).unique_to_all().tolist() == [[[0.0, 0.0]]]


def test_empty_contexts_say_so():
    assert empty_context(3, 4).is_empty()
    assert empty_context(3, 4).synergy.shape == (1, 3, 3, 4)
    assert not three_modalities().is_empty()


def test_placement_is_linear_between_lags_and_zero_outside_them():
    # lags 0 and 2 s on steps that look 3, 2, 1 and 0 s back: unknown, the second, half of each, the first
    np.testing.assert_allclose(placement(np.array([0.0, 2.0]), 4, 1.0), [[0, 0, 0.5, 1], [0, 1, 0.5, 0]])


def test_context_of_single_windows_by_hand():
    """One pair, one lag at the newest of two steps; negative atoms and the diagonal count as 0."""
    atoms = torch.full((2, 3, 2, 2, 1), torch.nan)
    for a, values in enumerate(((0.2, 0.4), (-0.1, 0.3), (0.5, 0.0))):
        for window, value in enumerate(values):
            atoms[window, a, 0, 1] = atoms[window, a, 1, 0] = value
    shown = instance_context(atoms, placement(np.array([0.0]), 2, 1.0))
    assert shown.redundancy.shape == (2, 2, 2, 2)
    np.testing.assert_allclose(shown.redundancy[:, 0, 1, :], [[0, 0.2], [0, 0.4]])
    np.testing.assert_allclose(shown.unique[:, 0, 1, :], [[0, 0], [0, 0.3]])
    assert shown.synergy[0, 1, 0, 1] == 0.5
    assert not shown.synergy[:, 0, 0].any()
    known = instance_context(torch.nan_to_num(atoms[:1]).clamp_min(0), placement(np.array([0.0]), 2, 1.0))
    both = token_context(known, shown)
    # the mean of 0.2 and 0.4; nothing where the profile has nothing, although the second window shows 0.3
    np.testing.assert_allclose(both.redundancy[:, 0, 1, 1], [0.2, 0.3])
    np.testing.assert_allclose(both.unique[:, 0, 1, 1], [0.0, 0.0])


def test_each_window_is_guided_by_its_own_context():
    context = random_context(4, 3, n_b=5)
    x, observed = random_windows(SHAPES, 5, 3)
    model = small_model(SHAPES, 3, random_context(4, 3, seed=1))
    together = model(x, observed, context).logits
    for k in range(5):
        own = InteractionContext(**{name: getattr(context, name)[k : k + 1] for name in ATOMS})
        alone = model({n: v[k : k + 1] for n, v in x.items()}, observed[k : k + 1], own).logits
        # float32 sums in another order
        torch.testing.assert_close(together[k : k + 1], alone, rtol=0, atol=1e-6)
    assert (together - model(x, observed).logits).abs().max() > 1e-4
