"""The contract of an estimator, as checks that anyone's estimator can run.

Each check takes an unfitted estimator and raises AssertionError with one sentence. Data are small: 800 rows,
each source one noisy bit, y = x1 and x2, so that every atom but one uniqueness is well away from zero. Where the target
is a number, it lies around 0 or 1 with noise that leaves no doubt which.
"""

from collections.abc import Callable

import numpy as np
import torch
from sklearn.base import clone

from interplay.errors import InvalidInput
from interplay.estimators.base import ATOMS, BaseRUS

N = 800
NOISE = 0.1
"""Standard deviation of a number around the 0 or 1 that it stands for."""

SLACK_BITS = 0.02
"""What may remain of an atom that must vanish, and twice what 800 rows leave between two runs."""


def check_estimator(estimator: BaseRUS) -> None:
    """Run every check; raise AssertionError that names all that failed.

    Parameters
    ----------
    estimator : BaseRUS
        Unfitted; it is cloned for every check.
    """
    failed = []
    for check in CHECKS:
        try:
            check(clone(estimator))
        except AssertionError as error:
            failed.append(f"{check.__name__}: {error}")
    if failed:
        raise AssertionError(f"{type(estimator).__name__} breaks its contract: " + " | ".join(failed))


def keeps_scikit_learn_manners(estimator: BaseRUS) -> None:
    """Parameters are stored untouched, `fit` returns the estimator, learned values end in an underscore."""
    before = estimator.get_params()
    _require(clone(estimator).get_params() == before, "a clone must have the same parameters")
    _require(estimator.fit(*_gate(estimator)) is estimator, "fit must return the estimator")
    _require(estimator.get_params() == before, "fit must not change parameters")
    for name in ATOMS:
        _require(np.isfinite(getattr(estimator, f"{name}_")), f"{name}_ must be finite after fit")
        _require(getattr(estimator, f"{name}_stderr_") >= 0, f"{name}_stderr_ must be at least 0")
    _require(0 < estimator.p_value_ <= 1, "p_value_ must be a probability above 0")


def obeys_the_sum_rules(estimator: BaseRUS) -> None:
    """R + U1 = I1, R + U2 = I2, R + U1 + U2 + S = I12."""
    f = estimator.fit(*_gate(estimator))
    total = f.redundancy_ + f.unique1_ + f.unique2_ + f.synergy_
    _near(total, f.joint_mi_, 1e-6, "R + U1 + U2 + S must be I12")
    _near(f.redundancy_ + f.unique1_, f.mi1_, SLACK_BITS, "R + U1 must be I1")
    _near(f.redundancy_ + f.unique2_, f.mi2_, SLACK_BITS, "R + U2 must be I2")


def is_symmetric(estimator: BaseRUS) -> None:
    """Swapping the sources swaps the uniquenesses and nothing else."""
    x1, x2, y = _gate(estimator, flip=0.1)
    one, other = estimator.fit(x1, x2, y), clone(estimator).fit(x2, x1, y)
    for a, b in (
        ("redundancy", "redundancy"),
        ("synergy", "synergy"),
        ("unique1", "unique2"),
        ("mi1", "mi2"),
    ):
        _near(
            getattr(one, f"{a}_"), getattr(other, f"{b}_"), SLACK_BITS, f"{a} must be {b} of swapped sources"
        )


def ignores_names_of_classes(estimator: BaseRUS) -> None:
    """Renumbered classes, or a number turned over, give the same atoms."""
    x1, x2, y = _gate(estimator)
    one, other = estimator.fit(x1, x2, y), clone(estimator).fit(x1, x2, 1 - y)
    for name in ATOMS:
        _near(
            getattr(one, f"{name}_"),
            getattr(other, f"{name}_"),
            SLACK_BITS,
            f"{name} must not know class numbers",
        )


def finds_a_copy_redundant(estimator: BaseRUS) -> None:
    """A source given twice has no uniqueness and no synergy."""
    x1, _, y = _gate(estimator)
    f = estimator.fit(x1, x1.copy(), y)
    for name in ("unique1", "unique2", "synergy"):
        _near(getattr(f, f"{name}_"), 0.0, SLACK_BITS, f"{name} of a source with itself must vanish")
    _near(f.redundancy_, f.mi1_, SLACK_BITS, "redundancy of a source with itself must be its information")


def finds_nothing_in_noise(estimator: BaseRUS) -> None:
    """A shuffled target is told nothing."""
    x1, x2, y = _gate(estimator)
    f = estimator.fit(x1, x2, np.random.default_rng(5).permutation(y))
    for name in ATOMS:
        _near(getattr(f, f"{name}_"), 0.0, SLACK_BITS, f"{name} about a shuffled target must vanish")


def finds_the_gate(estimator: BaseRUS) -> None:
    """AND of two fair bits: R = 0.311, U = 0, S = 0.5 bit."""
    f = estimator.fit(*_gate(estimator))
    for name, truth in (("redundancy", 0.3113), ("unique1", 0.0), ("unique2", 0.0), ("synergy", 0.5)):
        slack = 4 * getattr(f, f"{name}_stderr_") + SLACK_BITS
        _near(getattr(f, f"{name}_"), truth, slack, f"{name} of AND must be {truth} bit")


def repeats_itself(estimator: BaseRUS) -> None:
    """The same data and `random_state` give the same numbers, whatever the global random state."""
    first = estimator.fit(*_gate(estimator))
    np.random.seed(1)
    torch.manual_seed(1)
    second = clone(estimator).fit(*_gate(estimator))
    for name in ATOMS:
        same = getattr(first, f"{name}_") == getattr(second, f"{name}_")
        _require(same, f"{name} must be the same in a second run")


def leaves_the_world_alone(estimator: BaseRUS) -> None:
    """Neither the inputs nor the global random states change."""
    data = _gate(estimator)
    copies = [part.copy() for part in data]
    numpy_state, torch_state = _numpy_state(), torch.get_rng_state()
    estimator.fit(*data)
    _require(all(map(np.array_equal, data, copies)), "fit must not change its inputs")
    _require(np.array_equal(numpy_state, _numpy_state()), "fit must leave numpy's global random state alone")
    _require(
        torch.equal(torch_state, torch.get_rng_state()), "fit must leave torch's global random state alone"
    )


def refuses_what_it_cannot_use(estimator: BaseRUS) -> None:
    """Unequal lengths, missing values, labels of floats for classes and a constant target are refused with
    InvalidInput."""
    x1, x2, y = _gate(estimator)
    gap = x1.copy()
    gap[3] = np.nan
    cases = [
        ((x1[:-1], x2, y), "sources of unequal length"),
        ((gap, x2, y), "a missing value"),
        ((x1, x2, np.zeros_like(y)), "a constant target"),
    ]
    if not estimator.continuous_target:
        cases.append(((x1, x2, y.astype(float)), "labels of floats"))
    for data, what in cases:
        try:
            clone(estimator).fit(*data)
        except InvalidInput:
            continue
        raise AssertionError(f"{what} must be refused with InvalidInput")


CHECKS: tuple[Callable[[BaseRUS], None], ...] = (
    keeps_scikit_learn_manners,
    obeys_the_sum_rules,
    is_symmetric,
    ignores_names_of_classes,
    finds_a_copy_redundant,
    finds_nothing_in_noise,
    finds_the_gate,
    repeats_itself,
    leaves_the_world_alone,
    refuses_what_it_cannot_use,
)


def _gate(estimator: BaseRUS, flip: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two noisy bits and their AND, as the estimator's kind of target; a share `flip` of the second source's bits is
    wrong."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (2, N))
    y = bits[0] & bits[1]
    bits[1] ^= rng.random(N) < flip
    x1, x2 = bits[:, :, None] + 0.05 * rng.normal(size=(2, N, 1))
    return x1, x2, y + NOISE * rng.normal(size=N) if estimator.continuous_target else y


def _numpy_state() -> np.ndarray:
    state = np.random.get_state(legacy=False)
    assert isinstance(state, dict)
    return np.append(state["state"]["key"], state["state"]["pos"])


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise AssertionError(sentence)


def _near(value: float, wanted: float, slack: float, sentence: str) -> None:
    _require(
        abs(value - wanted) <= slack, f"{sentence}: {value:.4f} against {wanted:.4f}, {slack:.4f} allowed"
    )
