"""Grouped products against one product per group, and what they must not read."""

import math

import pytest
import torch
from torch import library

from interplay.nn import grouped
from interplay.nn.grouped import grouped_matmul, grouped_matmul_by_loop

EPS = torch.finfo(torch.float32).eps


def rows_and_weights(sizes, *, inputs=16, outputs=12, past=0, dtype=torch.float32):
    torch.manual_seed(0)
    x = torch.randn(sum(sizes) + past, inputs, dtype=dtype, requires_grad=True)
    weight = torch.randn(len(sizes), inputs, outputs, dtype=dtype, requires_grad=True)
    return x, weight, torch.tensor(sizes).cumsum(0).to(torch.int32)


@pytest.mark.parametrize("past", [0, 3])
@pytest.mark.parametrize("sizes", [(5, 0, 3, 0, 8), (0, 0, 4), (4, 0, 0), (7,), (1, 1, 1), (0, 0)])
def test_grouped_products_equal_the_loop_in_values_and_gradients(sizes, past, monkeypatch):
    x, weight, ends = rows_and_weights(sizes, past=past)
    along = torch.randn(len(x), 12)
    slow = grouped_matmul_by_loop(x, weight, ends)
    slow_grads = torch.autograd.grad((slow * along).sum(), (x, weight))
    if len(x):
        monkeypatch.setattr(grouped, "_bounds", None)  # no loop is run
    fast = grouped_matmul(x, weight, ends)
    fast_grads = torch.autograd.grad((fast * along).sum(), (x, weight))

    # sums of at most 16 products of order 1 round by eps * sqrt(16) each; ten times that for the largest
    atol = 10 * EPS * math.sqrt(16)
    torch.testing.assert_close(fast, slow, rtol=0.0, atol=atol)
    for quick, exact in zip(fast_grads, slow_grads, strict=True):
        torch.testing.assert_close(quick, exact, rtol=0.0, atol=atol)


def test_the_loop_is_one_product_per_group():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
    weight = torch.tensor([[[1.0], [1.0]], [[9.0], [9.0]], [[1.0], [-1.0]]])
    out = grouped_matmul_by_loop(x, weight, torch.tensor([2, 2, 3], dtype=torch.int32))
    # 1 + 2, 3 + 4, none of the second, 5 - 6, and a row past the last end
    assert out.flatten().tolist() == [3.0, 7.0, -1.0, 0.0]


@pytest.mark.parametrize("inputs", [16, 5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_rows_past_the_last_end_are_never_read(inputs, dtype):
    x, weight, ends = rows_and_weights((2, 3), inputs=inputs, past=4, dtype=dtype)
    out = grouped_matmul(x, weight, ends)
    along = torch.randn_like(out)
    expected = torch.autograd.grad((out * along).sum(), (x, weight))
    blank = x.detach().clone()
    blank[5:] = torch.nan
    blank.requires_grad_()
    again = grouped_matmul(blank, weight, ends)
    assert torch.equal(again, out)
    assert not out[5:].any()
    for found, before in zip(
        torch.autograd.grad((again * along).sum(), (blank, weight)), expected, strict=True
    ):
        assert torch.equal(found, before)


def test_the_expanded_gradient_of_a_sum_is_taken():
    weight = torch.ones(2, 4, 4, requires_grad=True)
    grouped_matmul(torch.ones(3, 4), weight, torch.tensor([1, 3], dtype=torch.int32)).sum().backward()
    assert weight.grad[0].unique().tolist() == [1.0]
    assert weight.grad[1].unique().tolist() == [2.0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_odd_widths_and_no_rows_at_all_work(dtype):
    for rows, inputs in ((5, 3), (0, 3), (0, 8)):
        x, weight = torch.ones(rows, inputs, dtype=dtype), torch.ones(2, inputs, inputs, dtype=dtype)
        x.requires_grad_()
        weight.requires_grad_()
        out = grouped_matmul(x, weight, torch.tensor([rows, rows], dtype=torch.int32))
        out.sum().backward()
        assert out.shape == (rows, inputs)
        assert (out == inputs).all()
        assert (x.grad == inputs).all()
        assert (weight.grad[0] == rows).all()
        assert not weight.grad[1].any()


def test_gradients_are_those_of_finite_differences():
    x, weight, ends = rows_and_weights((2, 0, 3), inputs=3, outputs=2, past=1, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x, weight: grouped_matmul(x, weight, ends), (x, weight))


@pytest.mark.parametrize("inputs", [16, 5])
def test_the_operators_keep_the_rules_of_torch(inputs):
    x, weight, ends = rows_and_weights((2, 0, 3), inputs=inputs, past=1)
    library.opcheck(grouped._matmul, (x, weight, ends))
    library.opcheck(grouped._outer, (x.detach(), torch.randn(len(x), 12), ends))
