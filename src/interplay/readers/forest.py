"""Trees as arrays: taken from scikit-learn after it grew them, kept as tensors, walked without it.

Letters: B windows, F features, R trees, V nodes of all trees, L leaves of all trees, C outputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from interplay.readers.pieces import in_pieces

AT_ONCE = 8_000_000
"""Windows times trees times outputs at once: bounds memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tree:
    """One tree.

    Attributes
    ----------
    feature : (V,) int, of the question at a node; below 0 at a leaf
    threshold : (V,) float64; a value at most so large goes left
    missing_left : (V,) bool, where NaN goes
    left, right : (V,) int, nodes
    value : (V, C) float, looked at in leaves
    """

    feature: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray


def of_forest(tree, value: np.ndarray) -> Tree:
    """From the ``tree_`` of a tree of a forest, with values (V, C)."""
    return Tree(
        feature=np.where(tree.children_left < 0, -1, tree.feature),
        threshold=tree.threshold,
        missing_left=tree.missing_go_to_left.astype(bool),
        left=tree.children_left,
        right=tree.children_right,
        value=value,
    )


def of_boosting(nodes: np.ndarray, column: int, n_outputs: int) -> Tree:
    """From the nodes of a tree of histogram boosting, which adds to one output."""
    leaf = nodes["is_leaf"].astype(bool)
    value = np.zeros((len(nodes), n_outputs))
    value[:, column] = nodes["value"]
    return Tree(
        feature=np.where(leaf, -1, nodes["feature_idx"]),
        threshold=nodes["num_threshold"],
        missing_left=nodes["missing_go_to_left"].astype(bool),
        left=nodes["left"].astype(np.int64),
        right=nodes["right"].astype(np.int64),
        value=value,
    )


def joined(trees: Sequence[Tree]) -> dict[str, torch.Tensor]:
    """All trees as tensors.

    Returns
    -------
    dict of str to tensor
        ``feature`` (V,), below 0 at leaves; ``threshold`` (V,); ``missing_left`` (V,); ``left`` (V,), at a leaf the row
        of its value; ``right`` (V,); ``root`` (R,); ``value`` (L, C); ``questions`` (depth,), nodes at each level.
    """
    parts: dict[str, list[np.ndarray]] = {
        name: [] for name in ("feature", "threshold", "missing_left", "left", "right")
    }
    roots, values, nodes, leaves = [], [], 0, 0
    for tree in trees:
        at_leaf = tree.feature < 0
        rows = leaves + np.cumsum(at_leaf) - 1
        parts["feature"].append(tree.feature.astype(np.int32))
        parts["threshold"].append(_rounded_down(tree.threshold))
        parts["missing_left"].append(tree.missing_left)
        parts["left"].append(np.where(at_leaf, rows, tree.left + nodes).astype(np.int32))
        parts["right"].append(np.where(at_leaf, 0, tree.right + nodes).astype(np.int32))
        values.append(tree.value[at_leaf].astype(np.float32))
        roots.append(nodes)
        nodes, leaves = nodes + len(at_leaf), leaves + int(at_leaf.sum())
    tensors = {name: torch.from_numpy(np.concatenate(arrays)) for name, arrays in parts.items()}
    return tensors | {
        "root": torch.tensor(roots, dtype=torch.int32),
        "value": torch.from_numpy(np.concatenate(values)),
        "questions": torch.from_numpy(_questions(trees)),
    }


def summed_leaves(features: torch.Tensor, forest: dict[str, torch.Tensor]) -> torch.Tensor:
    """(B, C): the sum over trees of the leaf that each window falls into."""
    if not torch.compiler.is_exporting() and len(features) == 1:
        return _of_one(features[0].numpy(), {name: tensor.numpy() for name, tensor in forest.items()})
    size = AT_ONCE // (len(forest["root"]) * forest["value"].shape[1])
    return in_pieces(lambda part: _summed(part, forest), size, features)


def _summed(features: torch.Tensor, forest: dict[str, torch.Tensor]) -> torch.Tensor:
    node = forest["root"].long().expand(features.shape[0], -1)
    for _ in range(len(forest["questions"])):
        feature = forest["feature"][node]
        value = features.gather(1, feature.clamp_min(0).long())
        # what is unknown is below no threshold; a choice between truths would be more than ONNX runtimes know
        goes_left = (value <= forest["threshold"][node]) | (value.isnan() & forest["missing_left"][node])
        child = torch.where(goes_left, forest["left"][node], forest["right"][node]).long()
        node = torch.where(feature < 0, node, child)
    leaf = forest["left"][node].long()
    return forest["value"][leaf].sum(1)


def _of_one(features: np.ndarray, forest: dict[str, np.ndarray]) -> torch.Tensor:
    """(1, C) of one window (F,): a walk is many small looks, each of which takes torch several times as long."""
    node = forest["root"]
    for _ in range(len(forest["questions"])):
        feature = forest["feature"][node]
        value = features[feature]
        goes_left = (value <= forest["threshold"][node]) | (np.isnan(value) & forest["missing_left"][node])
        child = np.where(goes_left, forest["left"][node], forest["right"][node])
        node = np.where(feature < 0, node, child)
    leaves = forest["value"][forest["left"][node]]
    return torch.from_numpy(leaves.sum(0, dtype=np.float64).astype(np.float32))[None]


def _rounded_down(threshold: np.ndarray) -> np.ndarray:
    """In float32, never above what it was: a float32 value is on the same side of both."""
    near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)


def _questions(trees: Sequence[Tree]) -> np.ndarray:
    """Nodes of all trees that ask something, at each level from the roots down, (depth,) int32."""
    counts = [_at_levels(tree) for tree in trees]
    total = np.zeros(max(len(count) for count in counts), dtype=np.int32)
    for count in counts:
        total[: len(count)] += np.array(count, dtype=np.int32)
    return total


def _at_levels(tree: Tree) -> list[int]:
    """Nodes that ask something at each level; children come after their parents."""
    level, counts = np.array([0]), []
    while len(level := level[tree.feature[level] >= 0]):
        level = np.concatenate([tree.left[level], tree.right[level]])
        counts.append(len(level) // 2)
    return counts
