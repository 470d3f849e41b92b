"""Assignments of tokens to experts, by hand."""

import math

import torch

from interplay.nn import route
from interplay.nn.experts import sort_by_expert


def test_assignments_are_sorted_by_expert_and_the_unobserved_belong_to_none():
    # three tokens of one window; the second is unobserved and would have gone to experts 0 and 1
    logits = torch.tensor([[2.0, 1.0, 0.0], [9.0, 8.0, 0.0], [0.0, 1.0, 2.0]])[None, :, None]
    rows = sort_by_expert(route(logits, torch.tensor([[[True], [False], [True]]]), 2, 1))
    # token 0 chose 0 and 1, token 2 chose 2 and 1
    assert rows.expert.tolist() == [0, 1, 1, 2, 3, 3]
    assert rows.token.tolist() == [0, 0, 2, 2, 1, 1]
    assert rows.ends.tolist() == [1, 3, 4]
    assert rows.top_k == 2
    high = 1 / (1 + math.exp(-1.0))  # softmax of logits one apart
    torch.testing.assert_close(rows.weight, torch.tensor([high, 1 - high, 1 - high, high, 0.0, 0.0]))


def test_experts_that_no_token_chose_have_no_rows():
    logits = torch.tensor([0.0, 5.0, 0.0, 4.0]).expand(2, 1, 3, 4)
    rows = sort_by_expert(route(logits, torch.ones(2, 1, 3, dtype=torch.bool), 2, 0))
    assert rows.ends.tolist() == [0, 6, 6, 12]
