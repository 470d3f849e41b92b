"""Sums over windows of what tokens do, against a loop over windows, pairs and steps."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon

from interplay.train import routing_statistics
from interplay.train.routing_statistics import _LayerSums
from interplay.types import Routing
from small_runs import xor_windows

N_EXPERTS, N_SYNERGY = 4, 2


@pytest.mark.parametrize("chunk", [1.0, 1e9])
@pytest.mark.parametrize("routed", [0.1, 1.0])
def test_pairs_are_compared_where_both_tokens_are_routed(chunk, routed, monkeypatch):
    monkeypatch.setattr(routing_statistics, "CHUNK_NUMBERS", chunk)
    generator = torch.Generator().manual_seed(0)
    windows = xor_windows(30, seed=0)
    n_b, n_m, n_t = 30, len(windows.modalities), windows.length
    log_probs = torch.randn(n_b, n_m, n_t, N_EXPERTS, generator=generator).log_softmax(-1)
    observed = torch.rand(n_b, n_m, n_t, generator=generator) < routed
    weights, ids = log_probs.exp().topk(2)
    pairs = torch.triu_indices(n_m, n_m, 1)
    sums = _LayerSums(windows, N_EXPERTS, pairs)
    sums.see(
        Routing(
            logits=log_probs,
            log_probs=log_probs,
            expert_ids=ids,
            expert_weights=weights,
            observed=observed,
            synergy_experts=N_SYNERGY,
        )
    )
    *_, divergence, mass = sums.means()
    p = log_probs.exp().double().numpy()
    for i, j in pairs.T.tolist():
        for t in range(n_t):
            both = [b for b in range(n_b) if observed[b, i, t] and observed[b, j, t]]
            apart = [jensenshannon(p[b, i, t], p[b, j, t], base=2) ** 2 for b in both]
            to_synergy = [0.5 * (p[b, i, t, :N_SYNERGY].sum() + p[b, j, t, :N_SYNERGY].sum()) for b in both]
            for found, expected in ((divergence, apart), (mass, to_synergy)):
                # float32 probabilities
                value = np.mean(expected) if both else np.nan
                np.testing.assert_allclose(found[i, j, t], value, atol=1e-6)
                np.testing.assert_array_equal(found[i, j, t], found[j, i, t])
