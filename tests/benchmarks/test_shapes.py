"""Drawn shapes with questions: what is drawn is what is asked about, and image and question are synergistic."""

import numpy as np
import pytest
import torch

from benchmarks.shapes import (
    COLOURS,
    MASKS,
    QUESTIONS,
    SCENES,
    SIDE,
    answer,
    draw,
    exact_profile,
    page,
    table,
)


def read(pixels) -> tuple[list[int], list[int]]:
    """Shapes and colours from left to right, as an eye would tell them."""
    shapes, colours = [], []
    for left in range(0, 3 * SIDE, SIDE):
        column = pixels[:, :, left : left + SIDE]
        patches = [column[:, top : top + SIDE] for top in range(0, 3 * SIDE, SIDE)]
        patch = max(patches, key=lambda p: float(p.sum()))
        fits = [[float((patch - mask * c[:, None, None]).square().sum()) for c in COLOURS] for mask in MASKS]
        shape, colour = np.unravel_index(np.argmin(fits), (3, 3))
        shapes.append(int(shape))
        colours.append(int(colour))
    return shapes, colours


def test_the_right_answer_is_in_the_picture():
    given, right, question = draw(200, torch.Generator().manual_seed(0))
    for pixels, y, q in zip(given["pixel_values"], right, question, strict=True):
        assert answer(read(pixels), QUESTIONS[q]) == int(y)


def test_answers_by_hand():
    scene = ((2, 0, 1), (0, 1, 2))  # a red ring, a green square, a blue cross
    assert [answer(scene, ("colour", shape)) for shape in range(3)] == [1, 2, 0]
    assert [answer(scene, ("left", shape)) for shape in range(3)] == [3 + 2, 3 + 0, 6]


def test_image_and_question_are_synergistic():
    d = exact_profile().dataset.isel(lag=0)
    # given the question three answers are as likely as each other, and the picture says which: log2(3) bits, of which
    # it has none of its own
    assert float(d["synergy"].sel(source_i="image", source_j="text")) == pytest.approx(np.log2(3), abs=1e-5)
    assert float(d["unique"].sel(source_i="image", source_j="text")) == pytest.approx(0.0, abs=1e-5)
    assert table().sum() == pytest.approx(1.0)
    assert len(SCENES) * len(QUESTIONS) == np.count_nonzero(table())


def test_the_page_tells_differences_by_seed():
    rows = [
        {"model": name, "seed": seed, "all": 0.6 + 0.1 * (name == "guided"), "colour": 0.9, "left": 0.3,
         "accuracy_by_step": {"50": 0.4, "100": 0.6}, "weights": 10, "seconds": 2.0, "date": "2026-01-01"}
        for name in ("dense", "plain upcycling", "guided") for seed in range(3)
    ]  # fmt: skip
    text = page(rows)
    assert "| guided | +0.100 | 0.000 | 3 |" in text
    assert "| dense | +0.000 | 0.000 | 3 |" in text
