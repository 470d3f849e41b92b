import numpy as np
import torch

from interplay import info
from interplay.estimators.posterior.quantise import cell_centres, cell_tables, nearest_cell


def posteriors(n=3000, seed=0, groups=2, classes=3):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(np.log(rng.dirichlet(np.full(classes, 0.3), size=(groups, n)) + 1e-9)).float()


def cells_of_posteriors(log_p, n_cells, generator):
    return nearest_cell(log_p, cell_centres(log_p, n_cells, generator))


def test_distinct_posteriors_get_distinct_cells():
    corners = torch.log(torch.tensor([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.4, 0.4, 0.2]]))
    which = torch.arange(400) % 4
    cell = cells_of_posteriors(corners[which][None], 8, torch.Generator().manual_seed(0))[0]
    assert len({(int(w), int(c)) for w, c in zip(which, cell, strict=True)}) == 4


def test_information_lost_falls_with_the_number_of_cells():
    log_p = posteriors(groups=1)
    prior = log_p[0].exp().double().mean(0)
    prior = prior / prior.sum()
    whole = (log_p[0].exp() * (log_p[0] - torch.log(prior))).sum(-1).mean().item() / np.log(2)
    lost = []
    for n_cells in (2, 8, 32):
        cell = cells_of_posteriors(log_p, n_cells, torch.Generator().manual_seed(0))
        table = cell_tables(log_p, cell, n_cells, prior)
        lost.append(whole - float(info.mutual_information(table[0])))
    assert lost[0] > lost[1] > lost[2] > -1e-6
    # 32 cells on a triangle spread by Dirichlet(0.3), the hardest case: measured 2.8 % of the whole
    assert lost[2] < 0.05 * whole


def test_tables_are_joint_with_the_prior_as_marginal():
    log_p = posteriors()
    prior = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64)
    cell = cells_of_posteriors(log_p, 6, torch.Generator().manual_seed(0))
    table = cell_tables(log_p, cell, 6, prior)
    torch.testing.assert_close(table.sum(1), prior.expand(2, 3))
    assert (table[table.sum(-1) > 0] > 0).all()


def test_equal_posteriors_share_a_cell():
    log_p = torch.log(torch.tensor([0.2, 0.8])).expand(1, 50, 2)
    assert len(torch.unique(cells_of_posteriors(log_p, 4, torch.Generator().manual_seed(0)))) == 1
