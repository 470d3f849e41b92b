"""The nearest-neighbour column beside what was learned."""

import numpy as np
import pytest

import interplay as ip
from interplay.errors import InvalidInput
from interplay.estimators import add_knn_information


@pytest.fixture(scope="module")
def striped():
    """Stripes, told by a number at lag 1; noise of several samples; and 10 entities."""
    rng = np.random.default_rng(0)
    n, steps = 1200, 2
    number = rng.uniform(size=(n, steps, 1))
    y = (12 * number[:, 0, 0]).astype(int) % 2
    arrays = {"number": number, "noise": rng.normal(size=(n, steps, 2))}
    arrays["number"][::7, 1] = np.nan
    windows = ip.windows_from_arrays(arrays, y, entity=np.arange(n) // 120, fill="mark")
    counted = ip.DiscretePID(n_cells=4, n_bootstrap=10, n_rotations=9)
    return windows, ip.TemporalRUS(counted).fit(windows).profile_


def test_what_a_model_did_not_learn_shows(striped):
    windows, profile = striped
    d = add_knn_information(profile, windows, n_bootstrap=50).dataset
    stripes = {"source": "number", "lag": 1}
    # cells of a quarter hold three stripes each; neighbours of 80 rows a stripe see nearly all of the bit
    assert d["mi"].sel(stripes).item() < 0.1
    assert d["mi_knn"].sel(stripes).item() == pytest.approx(1.0, abs=0.08)
    for nothing in (
        {"source": "number", "lag": 0},
        {"source": "noise", "lag": 0},
        {"source": "noise", "lag": 1},
    ):
        assert abs(d["mi_knn"].sel(nothing).item()) < 4 * d["mi_knn_stderr"].sel(nothing).item() + 0.02
    assert "mi_knn" not in profile.dataset


def test_it_is_saved_and_some_windows_are_enough(striped, tmp_path):
    windows, profile = striped
    some = add_knn_information(profile, windows, most=500, n_bootstrap=10)
    again = ip.InteractionProfile.load(some.save(tmp_path / "p.nc"))
    assert again == some
    assert some.dataset["mi_knn"].sel(source="number", lag=1).item() > 0.7


def test_windows_of_something_else_are_refused(striped):
    _, profile = striped
    with pytest.raises(InvalidInput, match="those that the profile was estimated from"):
        add_knn_information(
            profile, ip.windows_from_arrays({"other": np.zeros((20, 2, 1))}, np.arange(20) % 2)
        )
