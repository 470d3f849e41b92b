"""What every reader keeps, ours and anyone's."""

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from interplay.data import Scaler, scaled_schema
from interplay.errors import InvalidInput, NotFitted
from interplay.readers import READERS, Folds, Sight, View, cross_fit, sight, targets
from interplay.readers.pieces import distinct
from interplay.readers.scoring import loss_of_windows
from small_views import SETTINGS, windows

ALL = View(modalities=("loud", "wavy", "idle"), static=True)
KINDS = ("classes", "labels", "number")


def choice(name):
    return READERS.choose({"name": name, **SETTINGS[name]})


def fitted(name, train, view=ALL, seed=0):
    scaler, folds = Scaler.fit(train), Folds.make(train, 5)
    (one,) = cross_fit(choice(name), [view], train, scaler, folds, seed=seed)
    return one, scaler, folds


def read(one, scaler, some, view=ALL):
    return one.reader(view.cut(sight(some, scaler), scaled_schema(some.schema)))


@pytest.fixture(scope="module", params=sorted(READERS))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def one_fitted(name):
    return fitted(name, windows())


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_said_out_of_fold_is_better_than_the_prior(name, kind):
    train = windows(kind)
    one, scaler, _ = fitted(name, train)
    y = targets(train, scaler)
    prior = one.reader.schema.n_outputs
    nothing = (
        torch.log(torch.tensor(4.0))
        if kind == "classes"
        else torch.tensor(0.693 if kind == "labels" else 1.0)
    )
    assert one.out_of_fold.shape == (len(train), prior)
    assert torch.isfinite(one.out_of_fold).all()
    # uniform classes: ln 4, labels: ln 2, a scaled number: its variance of 1; a reader of either half halves it
    assert loss_of_windows(one.out_of_fold, y, kind).mean() < 0.8 * nothing


def test_new_entities_are_read_as_well(name, one_fitted):
    one, scaler, _ = one_fitted
    test = windows(seed=1)
    logits = read(one, scaler, test)
    # exact up to float32: log-probabilities of classes
    assert torch.allclose(logits.exp().sum(1), torch.ones(len(test)), atol=1e-5)
    assert loss_of_windows(logits, targets(test, scaler), "classes").mean() < 0.8 * np.log(4)


def test_the_labels_of_a_fold_have_no_part_in_what_is_said_of_it(name):
    train = windows()
    _, _, folds = before, scaler, _ = fitted(name, train)
    inside = folds.fold == 2
    other = windows()
    target = other.steps.target
    target[other.last[inside]] = 3 - target[other.last[inside]]
    (after,) = cross_fit(choice(name), [ALL], other, scaler, folds)
    assert torch.equal(after.out_of_fold[inside], before.out_of_fold[inside])
    assert not torch.equal(after.out_of_fold[~inside], before.out_of_fold[~inside])


def test_windows_are_read_each_on_its_own(name, one_fitted):
    one, scaler, _ = one_fitted
    test = windows(seed=1)
    alone = torch.cat([read(one, scaler, test.select(np.array([k]))) for k in (3, 50, 118)])
    # sums of float32 in another order
    assert torch.allclose(alone, read(one, scaler, test)[[3, 50, 118]], atol=1e-4)


def test_the_same_seed_says_the_same(name, one_fitted):
    again, _, _ = fitted(name, windows())
    assert torch.equal(again.out_of_fold, one_fitted[0].out_of_fold)


def test_what_is_unobserved_is_not_looked_at_but_known_to_be(name, one_fitted):
    one, scaler, _ = one_fitted
    test = windows(seed=1)
    seen = ALL.cut(sight(test, scaler), scaled_schema(test.schema))
    hidden = seen.observed.clone()
    hidden[:, 0] = False
    loud = {n: torch.where(hidden[:, m, :, None, None], x, 1e6) for m, (n, x) in enumerate(seen.x.items())}
    with_nonsense = one.reader(Sight(x=loud, observed=hidden, static=seen.static))
    without = one.reader(Sight(x=seen.x, observed=hidden, static=seen.static))
    assert torch.equal(with_nonsense, without)
    assert not torch.allclose(without, one.reader(seen))


@pytest.mark.parametrize(
    "kind", ["classes", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("labels", "number"))]
)
def test_a_modality_that_one_fold_alone_observes_is_read(name, kind):
    train = windows(kind)
    idle = train.modalities.index("idle")
    others = Folds.make(train, 5).fold != 2
    train.steps.observed[train.rows()[others], idle] = False
    train.steps.values["idle"][train.rows()[others]] = np.nan
    one, _, _ = fitted(name, train)
    assert torch.isfinite(one.out_of_fold).all()


def test_a_window_of_nothing_is_read(name, one_fitted):
    one, scaler, _ = one_fitted
    test = windows(seed=1)
    seen = ALL.cut(sight(test, scaler), scaled_schema(test.schema))
    nothing = Sight(
        x=seen.x, observed=torch.zeros_like(seen.observed), static=torch.full_like(seen.static, torch.nan)
    )
    assert torch.isfinite(one.reader(nothing)).all()


def test_the_state_holds_all_of_it(name, one_fitted):
    one, scaler, _ = one_fitted
    state = load(save({n: t.contiguous() for n, t in one.reader.state_dict().items()}))
    fresh = choice(name).build(one.reader.schema, 0)
    with pytest.raises(NotFitted, match="must be fitted before it reads"):
        read(type(one)(reader=fresh, view=ALL, out_of_fold=one.out_of_fold), scaler, windows(seed=1))
    fresh.load_state_dict(state)
    again = type(one)(reader=fresh, view=ALL, out_of_fold=one.out_of_fold)
    assert torch.equal(read(again, scaler, windows(seed=1)), read(one, scaler, windows(seed=1)))


def test_single_lags_can_be_looked_at(name):
    train = windows()
    view = View(modalities=("loud", "idle"), lags=(0, 2))
    one, scaler, _ = fitted(name, train, view)
    seen = view.cut(sight(train, scaler), scaled_schema(train.schema))
    whole = sight(train, scaler)
    # of six steps lag 0 is the last and lag 2 the fourth
    assert torch.equal(seen.x["loud"], whole.x["loud"][:, [3, 5]])
    assert torch.isfinite(one.reader(seen)).all()


def test_what_a_view_cannot_look_at_is_refused():
    schema = windows().schema
    with pytest.raises(InvalidInput, match="must be of modalities of the windows"):
        View(modalities=("smell",)).schema(schema)
    with pytest.raises(InvalidInput, match="must be steps of the windows, 0 to 5"):
        View(modalities=("loud",), lags=(6,)).schema(schema)


def test_one_window_with_tokens_hidden_is_read_as_so_many_windows_are(name, one_fitted):
    one, scaler, _ = one_fitted
    seen = ALL.cut(sight(windows().select(np.array([0])), scaler), scaled_schema(windows().schema))
    tokens = seen.observed[0].nonzero()
    n = len(tokens)
    observed = seen.observed.repeat(n, 1, 1)
    observed[torch.arange(n), tokens[:, 0], tokens[:, 1]] = False
    held_once = {m: values.expand(n, *values.shape[1:]) for m, values in seen.x.items()}
    static = seen.static.expand(n, -1)
    copied = {m: values.contiguous() for m, values in held_once.items()}
    once, as_many = (one.reader(Sight(x=x, observed=observed, static=static)) for x in (held_once, copied))
    # equal up to the order of sums
    torch.testing.assert_close(once, as_many, rtol=0, atol=1e-6)


def test_of_one_window_only_rows_that_differ_are_read():
    steps = torch.tensor([[True, True], [False, True], [True, True], [True, True]])
    values = torch.randn(1, 2, 3, 1).expand(4, -1, -1, -1)
    rows, seen, place = distinct(values, steps)
    assert len(rows) == len(seen) == 2
    assert torch.equal(seen[place], steps)
    # other windows are not compared
    rows, seen, place = distinct(values.contiguous(), steps)
    assert len(rows) == 4
    assert torch.equal(seen[place], steps)
