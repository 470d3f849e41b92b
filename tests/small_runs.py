"""Windows, a profile and settings that make a run in a second, for tests of runs and reports."""

import numpy as np

import interplay as ip

SMALL = {
    "model.width": 16,
    "model.layers": 1,
    "model.expert_width": 16,
    "model.num_experts": 4,
    "model.experts_from": 0,
    "model.synergy_experts": 1,
    "optimiser.epochs": 3,
    "optimiser.batch_size": 32,
    "optimiser.least_steps": 0,
    "optimiser.held_out": 0.0,
    **{f"readers.{group}": "" for group in ("of_all", "of_each", "of_pairs")},
}
"""A small network alone, trained to the end of a few epochs."""
NAMES = ("left", "right", "third")
STEPS = 3


def xor_windows(n: int, seed: int, entities=("a", "b", "c", "d")) -> ip.Windows:
    """Label = sign of left times sign of right at lag 1; third is noise."""
    rng = np.random.default_rng(seed)
    sign = 2.0 * rng.integers(0, 2, (n, 3, STEPS)) - 1
    arrays = {
        name: (2 * sign[:, m, :, None] + 0.3 * rng.normal(size=(n, STEPS, 2))) for m, name in enumerate(NAMES)
    }
    y = (sign[:, 0, 1] * sign[:, 1, 1] > 0).astype(int)
    entity = rng.choice(entities, n)
    return ip.windows_from_arrays(arrays, y, entity=entity, classes=("unlike", "like"), step_s=0.5)


def xor_profile(entities=()) -> ip.InteractionProfile:
    zeros = np.zeros((3, 3, STEPS))
    synergy = zeros.copy()
    synergy[0, 1, 1] = synergy[1, 0, 1] = 1.0
    return ip.InteractionProfile.from_arrays(
        NAMES, redundancy=zeros, unique=zeros, synergy=synergy, step_s=0.5, h_y_bits=1.0, entities=entities
    )
