"""Interactions in words."""

import numpy as np
import pytest

from interplay.errors import InvalidInput
from interplay.profile import InteractionProfile


def profile(*, stderr: float | None) -> InteractionProfile:
    zeros = np.zeros((2, 2, 3))
    redundancy, unique, synergy = zeros.copy(), zeros.copy(), zeros.copy()
    redundancy[0, 1, 1] = redundancy[1, 0, 1] = 0.25
    unique[1, 0, 2] = 0.5
    synergy[0, 1, 0] = synergy[1, 0, 0] = 0.05
    made = InteractionProfile.from_arrays(
        ("ecg", "resp"), redundancy=redundancy, unique=unique, synergy=synergy, step_s=2.0, h_y_bits=1.0
    )
    if stderr is not None:
        for name in ("redundancy", "unique", "synergy"):
            made.dataset[f"{name}_stderr"] = made.dataset[name] * 0 + stderr
    return made


def test_the_strongest_come_first_with_interval_and_lag():
    # 1.96 * 0.03 = 0.0588: the synergy of 0.05 is not clear of its error, nor are the zeros
    assert profile(stderr=0.03).sentences() == [
        "resp tells 0.50 ± 0.06 bits that ecg does not, most at a lag of 4 s.",
        "ecg and resp tell the same 0.25 ± 0.06 bits, most at a lag of 2 s.",
    ]


def test_without_errors_the_bits_stand_alone():
    told = profile(stderr=None).sentences(1, atom="synergy")
    assert len(profile(stderr=None).sentences(50)) == 3  # zeros are nothing to tell
    assert told == ["ecg and resp together tell 0.05 bits that neither tells alone, most at a lag of 0 s."]


def test_no_more_than_asked_for_and_known_atoms_only():
    assert len(profile(stderr=0.001).sentences(2)) == 2
    with pytest.raises(InvalidInput, match="atom must be one of"):
        profile(stderr=None).sentences(2, atom="magic")
