"""Independent, slow, obviously right twins."""

import cvxpy as cp
import numpy as np


def least_joint_information(p1: np.ndarray, p2: np.ndarray) -> float:
    """BROJA minimum of I_Q(X1,X2;Y) in bits by a general conic solver; p1 (n1, C), p2 (n2, C)."""
    n1, n_classes = p1.shape
    n2 = p2.shape[0]
    q = [cp.Variable((n1, n2), nonneg=True) for _ in range(n_classes)]
    total = sum(q)
    constraints = []
    for y in range(n_classes):
        constraints += [cp.sum(q[y], axis=1) == p1[:, y], cp.sum(q[y], axis=0) == p2[:, y]]
    conditional = sum(cp.sum(cp.rel_entr(q[y], total)) for y in range(n_classes))
    problem = cp.Problem(cp.Minimize(conditional), constraints)
    problem.solve(solver=cp.CLARABEL)
    p_y = p1.sum(0)
    h_y = -np.sum(p_y * np.log(np.where(p_y > 0, p_y, 1.0)))
    return float((problem.value + h_y) / np.log(2))
