"""The profile laid on steps: placement, interpolation, scale, what is dropped and what is refused."""

import numpy as np
import pytest
import torch

from interplay.errors import InvalidInput
from interplay.nn import InteractionContext, empty_context, interaction_context
from interplay.profile import InteractionProfile


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
