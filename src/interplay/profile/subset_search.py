"""Best subsets of every size: forward steps, by one or by a pair, and exchanges.

Forward steps by one alone miss pairs of which neither member tells anything by itself; what was good to begin with may
be worth less beside what came later, which exchanges put right (floating search: Pudil, Novovičová and Kittler, 1994).
"""

from collections.abc import Callable, Sequence

Subset = frozenset[int]
Value = Callable[[Subset], float]


def best_subsets(
    n: int, value: Value, most: int, *, pairs: Sequence[tuple[int, int]] = (), drops: int | None = None
) -> list[Subset]:
    """A good subset of each size; of equals the one whose members come first.

    Parameters
    ----------
    n : int
        Members to choose from, 0 to n - 1.
    value : callable
        Of a subset; larger is better.
    most : int
        Largest size, at most n.
    pairs : pairs of members that are also tried together
    drops : int, optional
        How many members of a subset are tried to be exchanged for others, those that are missed least first; all by
        default.

    Returns
    -------
    list of `most` frozensets of int, by size, from 1
    """
    best: list[Subset] = [frozenset()]
    for size in range(1, most + 1):
        grown = [best[-1] | {i} for i in range(n) if i not in best[-1]]
        if size > 1:
            grown += [best[-2] | set(pair) for pair in pairs if not best[-2] & set(pair)]
        best.append(_exchanged(max(grown, key=value), n, value, drops))
    return best[1:]


def in_order(subset: Subset, value: Value) -> list[int]:
    """Members from the one that is missed most: the one missed least goes last, and so on with what is left; of equals
    the one that comes first stays longest."""
    last_first: list[int] = []
    while rest := subset.difference(last_first):
        last_first.append(max(sorted(rest, reverse=True), key=lambda i: value(rest - {i})))
    return last_first[::-1]


def _exchanged(subset: Subset, n: int, value: Value, drops: int | None) -> Subset:
    """The subset after exchanges of one member for another, as long as one makes it better."""
    while (better := _better(subset, n, value, drops)) is not None:
        subset = better
    return subset


def _better(subset: Subset, n: int, value: Value, drops: int | None) -> Subset | None:
    """The best that an exchange of the first member makes better; None where no exchange does."""
    if len(subset) == 1:
        return None
    missed_least = sorted((subset - {i} for i in sorted(subset)), key=value, reverse=True)
    others = [i for i in range(n) if i not in subset]
    for rest in missed_least[:drops]:
        exchanged = max((rest | {i} for i in others), key=value, default=subset)
        if value(exchanged) > value(subset):
            return exchanged
    return None
