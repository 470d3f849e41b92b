"""Streams of noisy bits and a target that repeats or combines them after a delay, with exact truth.

Every source bit is fair and independent over steps. The target of step t is a sum of terms, each the
parity of some bits at given lags, times a weight; a share of labels is redrawn uniformly. Modalities see
bits through a random embedding with noise small enough that the bits can be read back almost surely, so
that tables over the bits themselves are the truth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from interplay.errors import InvalidInput
from interplay.types import UNLABELLED


@dataclass(frozen=True, slots=True)
class Term:
    """`weight` times the parity of the bits ``(name, lag in steps)``."""

    weight: int
    bits: tuple[tuple[str, int], ...]


PLANTED_SEES = {"m0": ("A",), "m1": ("B",), "m2": ("A",), "m3": ("C",)}
PLANTED_TERMS = (Term(2, (("A", 1),)), Term(1, (("B", 3), ("C", 3))))
"""m0 and m2 repeat each other at lag 1; m1 and m3 mean nothing alone and one bit together at lag 3."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LaggedStreams:
    """Streams with their truth.

    Attributes
    ----------
    arrays : modality name -> (n_steps, channels) float
    y : (n_steps,) int; -1 in the first steps, whose bits lie before the start
    tables : (M, M, L, S, S, C) float
        Exact P(state of i at lag, state of j at lag, y) for every pair and every lag 0 .. L-1.
        For i = j both axes hold the same state.
    """

    arrays: dict[str, np.ndarray]
    y: np.ndarray
    tables: np.ndarray


def lagged_streams(
    n_steps: int = 5000,
    *,
    sees: Mapping[str, Sequence[str]] = PLANTED_SEES,
    terms: Sequence[Term] = PLANTED_TERMS,
    lags: int = 6,
    redraw: float = 0.05,
    channels: int = 16,
    noise: float = 0.5,
    random_state: int = 0,
) -> LaggedStreams:
    """Draw streams with planted interactions.

    Parameters
    ----------
    n_steps : int
    sees : modality name -> names of the bits it sees
    terms : sequence of Term
    lags : int
        L, how many lags the truth covers; must exceed every lag of `terms`.
    redraw : float
        Share of labels that are drawn anew from all classes.
    channels : int
        Channels of each modality: tanh(1.5 w * bit) summed over its bits, plus noise, with random w.
    noise : float
        Standard deviation of the noise of each channel.
    random_state : int

    Returns
    -------
    LaggedStreams
    """
    longest = max(lag for term in terms for _, lag in term.bits)
    if not longest < lags <= n_steps:
        raise InvalidInput(
            f"lags must exceed the longest lag of terms ({longest}) and fit n_steps; got {lags}."
        )
    rng = np.random.default_rng(random_state)
    names = sorted(
        {bit for seen in sees.values() for bit in seen} | {b for term in terms for b, _ in term.bits}
    )
    bits = {name: rng.integers(0, 2, n_steps) for name in names}
    n_classes = 1 + sum(term.weight for term in terms)
    y = np.zeros(n_steps, dtype=np.int64)
    for term in terms:
        y += term.weight * np.bitwise_xor.reduce([np.roll(bits[bit], lag) for bit, lag in term.bits])
    again = rng.random(n_steps) < redraw
    y[again] = rng.integers(0, n_classes, again.sum())
    y[:longest] = UNLABELLED
    arrays = {}
    for name, seen in sees.items():
        clean = sum(np.tanh(1.5 * np.outer(2 * bits[bit] - 1, rng.normal(size=channels))) for bit in seen)
        arrays[name] = clean + noise * rng.normal(size=(n_steps, channels))
    return LaggedStreams(arrays=arrays, y=y, tables=_exact_tables(sees, terms, lags, redraw, n_classes))


def _exact_tables(sees, terms, lags: int, redraw: float, n_classes: int) -> np.ndarray:
    used = sorted({bit for term in terms for bit in term.bits})
    world = np.array(list(product((0, 1), repeat=len(used))))
    column = {bit: k for k, bit in enumerate(used)}
    clean = np.zeros(len(world), dtype=np.int64)
    for term in terms:
        clean += term.weight * np.bitwise_xor.reduce([world[:, column[bit]] for bit in term.bits])
    p_y = np.full((len(world), n_classes), redraw / n_classes)
    p_y[np.arange(len(world)), clean] += 1.0 - redraw
    n_states = 2 ** max(len(seen) for seen in sees.values())
    # a bit that no term uses at this lag says nothing about y and leaves its modality one state
    state = np.zeros((len(sees), lags, len(world)), dtype=np.int64)
    for m, seen in enumerate(sees.values()):
        for lag in range(lags):
            for place, bit in enumerate(seen):
                if (bit, lag) in column:
                    state[m, lag] += 2**place * world[:, column[bit, lag]]
    one_hot = np.eye(n_states)[state]
    return np.einsum("ilws,jlwt,wy->ijlsty", one_hot, one_hot, p_y) / len(world)
