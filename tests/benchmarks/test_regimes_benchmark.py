"""The truth of the regimes, and how specialisation is counted."""

import numpy as np
import pytest

from benchmarks import regimes
from benchmarks.regimes import CEILING, LAGS, PLACES, REGIMES, STEPS, bits_of_regime, draw


def test_who_knows_the_rule_is_right_as_often_as_can_be():
    windows, regime = draw(4000, 0)
    rows, numbers = windows.rows(), np.arange(4000)
    steps = STEPS - 1 - np.array(LAGS)[regime]
    x = np.stack([windows.steps.values[f"x{k}"][rows][numbers, steps, 0] for k in range(2 * REGIMES)], axis=1)
    level = np.linalg.norm(x[:, :, None] - PLACES[:2], axis=-1).argmin(-1)
    said = level[numbers, 2 * regime] != level[numbers, 2 * regime + 1]
    # four standard errors of a share, and 0.01 for levels that noise beyond 3.5 deviations has misread
    assert (said == windows.y).mean() == pytest.approx(
        CEILING, abs=4 * np.sqrt(CEILING * (1 - CEILING) / 4000) + 0.01
    )


def test_bits_of_the_regime_are_those_of_the_table():
    regime = np.arange(400) % REGIMES
    own = np.eye(8)[regime]
    assert bits_of_regime(own, regime) == pytest.approx(2.0)
    assert bits_of_regime(np.full((400, 8), 1 / 8), regime) == pytest.approx(0.0, abs=1e-12)
    # two regimes to an expert
    assert bits_of_regime(np.eye(8)[regime // 2], regime) == pytest.approx(1.0)


@pytest.mark.slow
def test_a_row_and_its_page(monkeypatch):
    monkeypatch.setattr(regimes, "N_TEST", 60)
    small = {"model.width": 8, "model.layers": 1, "optimiser.epochs": 1, "optimiser.least_steps": 0}
    monkeypatch.setattr(regimes, "MODELS", {"mixture": ("network", small), "dense": ("guided_dense", small)})
    monkeypatch.setattr(regimes.ip, "TemporalRUS", lambda random_state: Known())
    rows = [regimes.one_row(60, 0, name) | {"date": "2026-01-01"} for name in ("mixture", "dense")]
    assert 0 <= rows[0]["bits of the regime"] <= 2
    assert rows[0]["largest load"] >= 1 / 8 >= rows[0]["least load"]
    assert np.isnan(rows[1]["bits of the regime"])
    text = regimes.page(rows)
    assert "| mixture | 1 | " in text
    assert "| dense | 1 | " in text


class Known:
    """An estimator that knows the pairs."""

    def fit(self, windows):
        n_m = 2 * REGIMES + 1
        zeros = np.zeros((n_m, n_m, STEPS))
        synergy = zeros.copy()
        for r, lag in enumerate(LAGS):
            synergy[2 * r, 2 * r + 1, lag] = synergy[2 * r + 1, 2 * r, lag] = 0.04
        self.profile_ = regimes.ip.InteractionProfile.from_arrays(
            windows.modalities,
            redundancy=zeros,
            unique=zeros,
            synergy=synergy,
            step_s=1.0,
            h_y_bits=1.0,
            entities=(),
        )
        return self
