"""docs/demo.png is what the demo gives."""

from contextlib import nullcontext

import numpy as np
import pytest
from matplotlib.image import imread

import demo_picture
from interplay.demo import run_demo
from interplay.progress import silent

CLEARLY, MOST = 32 / 255, 0.01
"""At most a hundredth of all pixels may differ by more than an eighth of the range. Numbers that another processor
rounds in another way move curves by a fraction of their width and change the digits of some cells."""


def share_that_differs(one: np.ndarray, other: np.ndarray) -> float:
    """Of pixels in which any colour differs clearly; all of pictures of two sizes."""
    if one.shape != other.shape:
        return 1.0
    return float((np.abs(one - other).max(-1) > CLEARLY).mean())


def test_a_picture_of_something_else_differs():
    picture = imread(demo_picture.PICTURE)
    assert share_that_differs(picture, picture) == 0.0
    moved = np.roll(picture, 4, axis=1)
    assert share_that_differs(picture, moved) > MOST
    # the right third redrawn with other numbers
    other = picture.copy()
    other[:, -400:] = 1.0 - other[:, -400:]
    assert share_that_differs(picture, other) > MOST
    assert share_that_differs(picture, picture[:-1]) == 1.0


@pytest.mark.long
def test_the_picture_of_the_readme_is_drawn_from_the_demo(tmp_path):
    demo = run_demo(tmp_path / "demo", overwrite=False, bar=lambda title: nullcontext(silent))
    demo_picture.draw(demo.run, tmp_path / "demo.png")
    share = share_that_differs(imread(demo_picture.PICTURE), imread(tmp_path / "demo.png"))
    assert share <= MOST, (
        f"{share:.1%} of pixels differ; draw docs/demo.png anew with python docs/demo_picture.py"
    )
