"""Which modalities to keep, by pairs alone: by hand, and where the truth is known."""

import numpy as np
import pytest

from interplay.errors import InvalidInput
from interplay.profile import InteractionProfile
from interplay.profile.pair_information import PairInformation
from interplay.profile.subset_search import best_subsets


def profile_of(
    single: dict[str, float], joint: dict[str, float], *, h_y_bits=10.0, lags=1
) -> InteractionProfile:
    """A profile with these bits; of pairs that are not named, "a b", the sum of both."""
    names, mi = list(single), np.array(list(single.values()))
    both = np.add.outer(mi, mi)
    for pair, bits in joint.items():
        i, j = (names.index(name) for name in pair.split())
        both[i, j] = both[j, i] = bits
    lacking = both - np.add.outer(mi, mi)
    redundancy, synergy = np.maximum(-lacking, 0), np.maximum(lacking, 0)
    # bits at the newest lag, less at the others
    less = 0.5 ** np.arange(lags)
    return InteractionProfile.from_arrays(
        names,
        redundancy=redundancy[..., None] * less,
        unique=(mi[:, None] - redundancy)[..., None] * less,
        synergy=synergy[..., None] * less,
        mi=mi[:, None] * less,
        step_s=1.0,
        h_y_bits=h_y_bits,
    )


XOR = {"x1": 0.0, "x2": 0.0}
"""Two sensors that tell nothing alone and 0.7 bit together."""


@pytest.mark.parametrize("lags", [1, 3])
def test_a_small_profile_by_hand(lags):
    profile = profile_of({"a": 0.4, "b": 0.3, "c": 0.2}, {"a b": 0.6, "a c": 0.9, "b c": 0.3}, lags=lags)
    bits = PairInformation.of_profile(profile).bits
    singles_and_pairs = {(): 0, (0,): 0.4, (1,): 0.3, (2,): 0.2, (0, 1): 0.6, (0, 2): 0.9, (1, 2): 0.3}
    for subset, expected in singles_and_pairs.items():
        assert bits(frozenset(subset)) == pytest.approx(expected, abs=1e-9), subset
    # 0.9 one by one, less the tree a-b 0.1, b-c 0.2 (a-c shares nothing), and 0.3 that a and c tell only together
    assert bits(frozenset({0, 1, 2})) == pytest.approx(0.9 - 0.3 + 0.3, abs=1e-9)
    budget = profile.keep(3)
    assert budget.modalities == ("a", "c", "b")
    assert budget.adds_bits == pytest.approx((0.4, 0.5, 0.0), abs=1e-9)
    assert budget.to_dataframe().columns.tolist() == ["modality", "adds_bits", "total_bits"]
    assert budget.to_dataframe()["total_bits"].tolist() == pytest.approx([0.4, 0.9, 0.9])
    assert profile.keep(2).sentence() == (
        "Of 3 modalities keep a and c: as far as single modalities and pairs say, they together tell 0.90 of 10.00 "
        "bits of the target."
    )
    assert repr(profile.keep(1)) == "Budget: 1 of 3, 0.400 bits: a"


def test_a_pair_that_tells_nothing_alone_is_taken_before_a_weak_one():
    single = {"noise": 0.0, "weak": 0.1} | XOR
    profile = profile_of(single, {"x1 x2": 0.7})
    assert profile.keep(1).modalities == ("weak",)
    assert profile.keep(2).modalities == ("x1", "x2")
    assert profile.keep(3).modalities == ("x1", "x2", "weak")
    assert profile.keep(4).modalities[-1] == "noise"
    assert profile.keep(4).bits == pytest.approx(0.8, abs=1e-9)


def test_greedy_steps_alone_miss_the_pair_and_exchanges_alone_mend_one_of_two():
    profile = profile_of({"weak": 0.1} | XOR | {"noise": 0.0}, {"x1 x2": 0.7})
    bits = PairInformation.of_profile(profile).bits
    assert max(range(4), key=lambda i: bits(frozenset({i}))) == 0
    assert best_subsets(4, bits, 2, pairs=())[-1] == {1, 2}
    # beside noise, first in line, no exchange of one brings the pair about: pairs have to be tried
    reordered = profile_of({"weak": 0.1, "noise": 0.0} | XOR, {"x1 x2": 0.7})
    value = PairInformation.of_profile(reordered).bits
    assert best_subsets(4, value, 2, pairs=())[-1] == {0, 1}
    assert best_subsets(4, value, 2, pairs=[(2, 3)])[-1] == {2, 3}


def test_a_copy_is_never_beside_its_original_before_what_adds():
    single = (
        {"strong": 0.4, "strong_copy": 0.4, "noise": 0.0, "weak": 0.05}
        | XOR
        | {"x1_copy": 0.0, "x2_copy": 0.0}
    )
    joint = {f"{a} {b}": 0.7 for a in ("x1", "x1_copy") for b in ("x2", "x2_copy")}
    profile = profile_of(single, joint | same(single))
    assert set(profile.keep(2).modalities) == {"x1", "x2"}
    assert profile.keep(4).modalities == ("x1", "x2", "strong", "weak")
    everything = profile.keep(8)
    assert everything.bits == pytest.approx(0.7 + 0.4 + 0.05, abs=1e-9)
    assert everything.adds_bits[4:] == pytest.approx([0.0] * 4, abs=1e-9)


def test_two_pairs_that_have_nothing_to_do_with_each_other_both_count():
    single = {"weak": 0.1} | dict.fromkeys("abcd", 0.0)
    profile = profile_of(single, {"a b": 0.5, "c d": 0.3})
    assert profile.keep(4).modalities == ("a", "b", "c", "d")
    assert profile.keep(4).bits == pytest.approx(0.8, abs=1e-9)


def test_what_is_not_clear_of_chance_counts_for_nothing_together():
    profile = profile_of({"weak": 0.1} | XOR, {"x1 x2": 0.7})
    profile.dataset["synergy_stderr"] = profile.dataset["synergy"] * 0 + 0.5
    assert "weak" in profile.keep(2).modalities


def test_no_set_tells_more_than_there_is_to_know():
    profile = profile_of({"a": 0.8, "b": 0.8, "noise": 0.0}, {}, h_y_bits=1.0)
    assert profile.keep(3).adds_bits == pytest.approx((0.8, 0.2, 0.0), abs=1e-9)
    # of a number there is no end to know
    profile.dataset.attrs["classes"] = []
    assert profile.keep(3).bits == pytest.approx(1.6, abs=1e-9)
    assert " of 1.00 bits" not in profile.keep(3).sentence()


def test_equals_are_taken_in_the_order_of_the_profile():
    assert profile_of({"b": 0.2, "a": 0.2, "c": 0.2}, {}).keep(2).modalities == ("b", "a")


@pytest.mark.parametrize("k", [0, -1, 3, 1.5, True, "2"])
def test_how_many_must_be_there(k):
    profile = profile_of({"a": 0.4, "b": 0.3}, {})
    with pytest.raises(
        InvalidInput, match=r"k, the modalities to keep, must be a whole number from 1 to 2; got"
    ):
        profile.keep(k)


def test_one_modality_and_unknown_pairs():
    assert profile_of({"a": 0.4}, {}).keep(1).bits == pytest.approx(0.4)
    profile = profile_of({"a": 0.4, "b": 0.3}, {})
    profile.dataset["joint_mi"] *= np.nan
    assert profile.keep(2).bits == pytest.approx(0.7)


def same(single: dict[str, float]) -> dict[str, float]:
    """Copies tell what their originals tell."""
    return {
        f"{name.removesuffix('_copy')} {name}": bits
        for name, bits in single.items()
        if name.endswith("_copy")
    }
