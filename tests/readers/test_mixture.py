"""The log-linear mixture: who counts, and what is said where something is missing."""

import pytest
import torch

from interplay.errors import NotFitted
from interplay.readers import Mixture, Reader, Sight, View
from interplay.readers.mixture import OfHidden
from interplay.readers.scoring import loss_of_windows
from interplay.readers.weights import (
    LEAST_PART,
    LESS_LIKELY,
    NEXT_TO_NOTHING,
    mixture_weights,
    parts_by_loss,
    worth_asking,
)
from interplay.types import Schema

SCHEMA = Schema(shapes={"a": (1, 2), "b": (1, 2)}, steps=3, step_s=1.0, classes=("no", "yes"))
VIEWS = (View(modalities=("a", "b")), View(modalities=("a",)), View(modalities=("b",)))


class Quiet(Reader):
    """Never asked here."""

    def features(self, seen):
        raise NotImplementedError

    def fit(self, features, y, group):
        raise NotImplementedError

    def read(self, features):
        raise NotImplementedError


def evidence(n=2000, seed=0):
    """Logits of three readers: a sure and right one, a right one, and one that knows nothing."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 2, (n,), generator=generator)
    sign = 2.0 * y - 1
    scores = [sign * 1.5 + torch.randn(n, generator=generator) * 1.5 for _ in range(2)]
    scores.append(torch.randn(n, generator=generator))
    return torch.stack([torch.stack([-s / 2, s / 2], dim=1) for s in scores], dim=1).log_softmax(-1), y


def mixture():
    return Mixture(SCHEMA, [Quiet(SCHEMA, 0) for _ in VIEWS], VIEWS, [1.0, 1.0, 1.0])


def test_weights_go_to_readers_that_know():
    said, y = evidence()
    even = torch.full((3,), 1 / 3, dtype=torch.float64)
    free = mixture_weights(said, y, "classes", even, 0.0)
    # log-odds of a normal shift by 1.5 on either side and deviation 1.5 are 2 * 1.5 / 1.5**2 s = 1.33 s each
    assert free[:2].tolist() == pytest.approx([4 / 3, 4 / 3], abs=0.25)
    # a coefficient of 2000 windows has a standard error of about 0.07
    assert free[2] < 0.2
    shrunk = mixture_weights(said, y, "classes", even, 1e3)
    assert shrunk.tolist() == pytest.approx([1 / 3] * 3, abs=1e-3)


def test_weights_of_a_number_do_not_know_its_unit():
    generator = torch.Generator().manual_seed(0)
    y = torch.randn(400, generator=generator, dtype=torch.float64)
    errors = torch.tensor([0.1, 0.3, 0.5])
    evidence = y[:, None, None] + errors[:, None] * torch.randn(400, 3, 1, generator=generator)
    even = torch.full((3,), 1 / 3, dtype=torch.float64)
    weight = mixture_weights(evidence, y, "number", even, 0.01)
    # float64 sums, and where L-BFGS ends
    torch.testing.assert_close(
        mixture_weights(0.1 * evidence, 0.1 * y, "number", even, 0.01), weight, atol=1e-4, rtol=0
    )
    # errors are independent: the best weights go with 1 / error^2, shrinking takes a little off
    best = errors.double() ** -2 / (errors.double() ** -2).sum()
    assert best[0] - 0.1 < weight[0] < best[0]


def test_calibration_makes_up_for_shrinking():
    said, y = evidence()
    one = mixture().fit(said, y, shrinkage=1e3)
    observed = torch.ones(len(y), 2, 3, dtype=torch.bool)
    even = said.mean(1)
    assert (
        loss_of_windows(one.combined(said, observed), y, "classes").mean()
        < loss_of_windows(even, y, "classes").mean()
    )


def test_readers_of_nothing_leave_their_weight_to_others():
    said, y = evidence()
    one = mixture().fit(said, y, shrinkage=0.1)
    observed = torch.ones(1, 2, 3, dtype=torch.bool)
    observed[:, 1] = False
    w = one.weight[0]
    # the first reader has half of what it looks at, the second all, the third nothing
    counted = torch.tensor([0.5 * w[0], w[1], 0.0])
    share = counted / counted.sum() * w.sum()
    wanted = (one.scale[0] * (said[:1] * share[:, None]).sum(1)).log_softmax(-1)
    assert torch.allclose(one.combined(said[:1], observed), wanted, atol=1e-6)
    nothing = one.combined(said[:1], torch.zeros_like(observed))
    assert torch.allclose(nothing, one.prior.log_softmax(-1)[None], atol=1e-6)


def test_shares_of_tokens_sum_to_one_and_leave_out_what_is_unobserved():
    one = mixture()
    one.fit(*evidence(), shrinkage=0.1)
    observed = torch.rand(5, 2, 3, generator=torch.Generator().manual_seed(0)) > 0.4
    shares = one.shares(observed)
    assert torch.allclose(shares.sum((1, 2)), observed.any((1, 2)).float())
    assert (shares[~observed] == 0).all()


def test_it_must_be_fitted():
    said, _ = evidence(4)
    with pytest.raises(NotFitted, match="mixture must be fitted"):
        mixture().combined(said, torch.ones(4, 2, 3, dtype=torch.bool))


def test_a_reader_that_loses_a_nat_more_counts_less_from_the_beginning():
    """Two readers as sure as they are right, one of more than the other, and one that says nothing."""
    y = torch.tensor([0, 1] * 50)

    def said(p: float) -> torch.Tensor:
        right = torch.nn.functional.one_hot(y, 2).bool()
        return torch.where(right, torch.tensor(p).log(), torch.tensor(1 - p).log())

    evidence, even = torch.stack([said(0.9), said(0.7), said(0.5)], dim=1), torch.full((3,), 1 / 3)
    parts = parts_by_loss(evidence, y, "classes", even.double())
    # a loss of -ln p each
    expected = torch.tensor([0.9, 0.7, 0.5], dtype=torch.float64) ** LESS_LIKELY
    torch.testing.assert_close(parts, expected / expected.sum(), rtol=1e-5, atol=0)
    # however much worse, weights are held against something
    hopeless = parts_by_loss(torch.stack([said(0.9), said(1e-9)], dim=1), y, "classes", even[:2].double())
    assert hopeless[1] == pytest.approx(LEAST_PART * hopeless[0])


def test_the_lightest_are_not_asked_and_each_modality_keeps_one():
    of_readers = torch.tensor([[1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]).bool()
    weight = torch.tensor([0.6, 0.4 - NEXT_TO_NOTHING, 0.4 * NEXT_TO_NOTHING, 0.3 * NEXT_TO_NOTHING, 1e-9])
    # of the last three the heaviest of the third modality is left, and that of the second reads it with another
    assert worth_asking(weight, of_readers).tolist() == [True, True, False, True, False]
    assert worth_asking(torch.ones(5), of_readers).all()


def test_a_reader_that_is_not_asked_forgets_and_changes_nothing():
    said, y = evidence()
    said[:, 2] = said[:, 0].flip(-1)
    one = mixture()
    for reader in one.readers:
        reader.learn({"anything": torch.ones(1)})
    one.fit(said, y, shrinkage=1e-6)
    before = one.combined(said, torch.ones(len(y), 2, 3, dtype=torch.bool))
    one.lean()
    # the third says the contrary of the first, who sees its modality, too
    assert [reader.fitted for reader in one.readers] == [True, True, False]
    assert one.asked == 2
    assert one.weight[0, 2] == 0
    x = {name: torch.zeros(4, 3, 1, 4) for name in "ab"}
    seen = Sight(x=x, observed=torch.ones(4, 2, 3, dtype=torch.bool), static=torch.zeros(4, 0))
    for reader in one.readers[:2]:
        reader.features, reader.read = (
            lambda seen: torch.zeros(len(seen), 1),
            lambda features: features + y[:2],
        )
    assert torch.equal(one.evidence(seen)[:, 2], torch.zeros(4, 2))
    one.readers[1].forget()
    with pytest.raises(NotFitted, match="Quiet must be fitted"):
        one.evidence(seen)
    without = said.clone()
    without[:, 2] = 0.0
    assert torch.equal(one.combined(without, torch.ones(len(y), 2, 3, dtype=torch.bool)), before)


def test_where_no_reader_looks_the_prior_is_said():
    said, y = evidence()
    views = (View(modalities=("a",)),)
    one = Mixture(SCHEMA, [Quiet(SCHEMA, 0)], views, [1.0]).fit(said[:, :1], y, shrinkage=0.1)
    observed = torch.ones(1, 2, 3, dtype=torch.bool)
    observed[:, 0] = False
    assert torch.allclose(one.combined(said[:1, :1], observed), one.prior.log_softmax(-1)[None], atol=1e-6)


WHOLE = torch.ones(2000, 2, 3, dtype=torch.bool)


def without_second(said, y):
    """Half of the windows without the second modality: who looks at both is then as sure, and wrong."""
    left = WHOLE.clone()
    left[::2, 1] = False
    worse = said.clone()
    worse[::2, 0] = said[::2, 0].flip(-1)
    return OfHidden(worse, y, left)


def loss_of_half(one, hidden, observed):
    """Nats a window of those of which something is hidden."""
    logits = one.combined(hidden.evidence, observed)
    return float(loss_of_windows(logits[::2], hidden.y[::2], "classes").mean())


def test_readers_count_otherwise_where_a_modality_is_missing():
    said, y = evidence()
    hidden = without_second(said, y)
    one = mixture().fit(said, y, shrinkage=1e-3, of_hidden=(hidden, None), observed=WHOLE)
    plain = mixture().fit(said, y, shrinkage=1e-3)
    assert torch.equal(one.combined(said, WHOLE), plain.combined(said, WHOLE))
    # who is left alone loses 0.43 nats, the other contradicts it
    assert loss_of_half(one, hidden, hidden.observed) < 0.45 < loss_of_half(plain, hidden, hidden.observed)


def test_and_otherwise_again_where_steps_are():
    said, y = evidence()
    hidden = without_second(said, y)
    steps = OfHidden(hidden.evidence, y, WHOLE.clone())
    steps.observed[::2, :, 0] = False
    one = mixture().fit(said, y, shrinkage=1e-3, of_hidden=(None, steps), observed=WHOLE)
    plain = mixture().fit(said, y, shrinkage=1e-3)
    assert loss_of_half(one, steps, steps.observed) < 0.45 < loss_of_half(plain, steps, steps.observed)
    assert torch.equal(one.combined(said, hidden.observed), plain.combined(said, hidden.observed))


def test_what_windows_often_lack_is_not_missed():
    said, y = evidence()
    often = WHOLE.clone()
    often[:300, 1] = False
    hidden = without_second(said, y)
    one = mixture().fit(said, y, shrinkage=1e-3, of_hidden=(hidden, None), observed=often)
    plain = mixture().fit(said, y, shrinkage=1e-3)
    assert torch.equal(one.combined(said, hidden.observed), plain.combined(said, hidden.observed))


def test_who_counts_only_where_something_is_missing_is_asked_only_there():
    said, y = evidence()
    said[:, 2] = said[:, 0]
    said[:, 1] = said[:, 0].flip(-1)
    hidden = without_second(said, y)
    hidden.evidence[:, 1] = hidden.evidence[:, 2]
    one = mixture().fit(said, y, shrinkage=1e-6, of_hidden=(hidden, None), observed=WHOLE).lean()
    assert one.weight[0, 1] == 0
    assert one.weight[1, 1] > 0
    for reader in one.readers:
        reader.features, reader.read = (
            lambda seen: torch.zeros(len(seen), 1),
            lambda features: features + y[:2],
        )
        reader.learn({"anything": torch.ones(1)})
    x = {name: torch.zeros(4, 3, 1, 4) for name in "ab"}
    seen = Sight(x=x, observed=WHOLE[:4].clone(), static=torch.zeros(4, 0))
    assert not one.evidence(seen)[:, 1].any()
    seen.observed[0, 1] = False
    assert one.evidence(seen)[:, 1].any()
