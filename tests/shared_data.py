"""Where real data sets lie beside a checkout; tests that need one skip with a reason when it is absent."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"the shared data set {name!r} is not beside this checkout")
    return folder
