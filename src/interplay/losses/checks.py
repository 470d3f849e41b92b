"""The contract of a loss of pairs, as checks that anyone's loss can run.

Each check takes a loss that is called as ``loss(routing, weight)``, and raises AssertionError with one
sentence. Letters: B windows, M modalities, T steps, E experts.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from interplay.errors import InvalidInput
from interplay.types import Routing

EXPERTS, SYNERGY_EXPERTS = 5, 2
SLACK = 1e-12
"""What rounding may change of a float64 mean over under a hundred terms of order 1."""

PairLoss = Callable[[Routing, torch.Tensor], torch.Tensor]
ByHand = Sequence[tuple[Sequence[float], Sequence[float], float]]


def check_loss(loss: PairLoss, by_hand: ByHand) -> None:
    """Run every check; raise AssertionError that names all that failed.

    Parameters
    ----------
    loss : callable
        Called as ``loss(routing, weight)`` with weights (1 or B, M, M, T), symmetric in the modalities; returns
        a scalar, the weighted mean over pairs, steps and windows where both modalities are observed.
    by_hand : sequence of (p, q, value)
        What you computed by hand for two modalities at one step with probabilities p and q of experts, of
        which the first is a synergy expert; to 1e-6.
    """
    failed = []
    if not by_hand:
        failed.append("by_hand: give at least one value that you computed by hand")
    for p, q, value in by_hand:
        computed = loss(
            _routing(torch.tensor([[[p], [q]]], dtype=torch.float64).log(), synergy=1), _pair()
        ).item()
        if not abs(computed - value) <= 1e-6:
            failed.append(f"by_hand: of {p} and {q} it must be {value}; got {computed:.6f}")
    for check in CHECKS:
        try:
            check(loss)
        except AssertionError as error:
            failed.append(f"{check.__name__}: {error}")
    if failed:
        raise AssertionError(f"{loss.__name__} breaks its contract: " + " | ".join(failed))


def is_exactly_zero_without_pairs(loss: PairLoss) -> None:
    """Where nothing is selected the loss is 0, and so is its gradient, which exists."""
    for n_m, weigh, p_observed, what in (
        (3, torch.zeros, 1.0, "without weight"),
        (3, torch.ones, 0.0, "where nothing is observed"),
        (1, torch.ones, 1.0, "of one modality"),
    ):
        logits, observed = _logits(n_m=n_m, p_observed=p_observed)
        value = loss(_routing(logits, observed), weigh(1, n_m, n_m, 4))
        _require(value.item() == 0.0, f"the loss {what} must be exactly 0")
        _require(value.requires_grad, f"the loss {what} must have a gradient")
        (grad,) = torch.autograd.grad(value, logits)
        _require(not bool(grad.any()), f"the gradient {what} must be exactly 0")


def teaches_the_router(loss: PairLoss) -> None:
    """The gradient reaches the logits of every token with an observed partner, and of no other."""
    logits, observed = _logits()
    (grad,) = torch.autograd.grad(loss(_routing(logits, observed), _weights(4)), logits)
    paired = observed & (observed.sum(1, keepdim=True) > 1)
    _require(torch.equal(grad.any(-1), paired), "a gradient must reach the tokens of observed pairs alone")


def has_the_right_gradient(loss: PairLoss) -> None:
    """Finite differences agree."""
    logits, observed = _logits(n_b=2)
    weight = _weights(4)
    along = torch.randn(logits.shape, generator=_generator(3), dtype=torch.float64)
    (grad,) = torch.autograd.grad(loss(_routing(logits, observed), weight), logits)
    with torch.no_grad():
        step = 1e-5
        ahead, behind = (loss(_routing(logits + s * along, observed), weight) for s in (step, -step))
    # central differences err by the step squared, 1e-10, and by rounding over the step, 1e-11
    apart = abs(float((ahead - behind) / (2 * step) - (grad * along).sum()))
    _require(apart < 1e-8, f"the gradient must be that of finite differences: {apart:.1e} apart")


def ignores_the_unobserved(loss: PairLoss) -> None:
    """What unobserved tokens hold, NaN included, changes neither value nor gradient."""
    logits, observed = _logits()
    weight = _weights(4)
    routing = _routing(logits, observed)
    before = loss(routing, weight)
    for held in (7.0, torch.nan):
        hidden = ~observed[..., None]
        other = replace(
            routing,
            logits=logits.masked_fill(hidden, held),
            log_probs=routing.log_probs.masked_fill(hidden, held),
        )
        after = loss(other, weight)
        _require(after.item() == before.item(), "what unobserved tokens hold must change nothing")
        for a, b in zip(_gradient(after, logits), _gradient(before, logits), strict=True):
            _require(torch.equal(a, b), "what unobserved tokens hold must change no gradient")


def is_a_weighted_mean(loss: PairLoss) -> None:
    """Only ratios of weights count; windows, like pairs and steps, count alike."""
    logits, observed = _logits()
    weight = _weights(4)
    value = loss(_routing(logits, observed), weight)
    _near(loss(_routing(logits, observed), 0.3 * weight), value, "a common factor of weights must cancel")
    own = weight.expand(len(logits), -1, -1, -1)
    _near(
        loss(_routing(logits, observed), own), value, "weights repeated for each window must change nothing"
    )
    twice = _routing(torch.cat([logits, logits]), torch.cat([observed, observed]))
    _near(loss(twice, weight), value, "windows given twice must change nothing")
    one = own.clone()
    one[1:] = 0.0
    first = loss(_routing(logits[:1], observed[:1]), weight)
    _near(loss(_routing(logits, observed), one), first, "windows without weight must change nothing")


def does_not_know_the_order(loss: PairLoss) -> None:
    """Modalities in another order give the same loss."""
    logits, observed = _logits()
    weight, order = _weights(4), torch.tensor([2, 0, 3, 1])
    moved = loss(_routing(logits[:, order], observed[:, order]), weight[:, order][:, :, order])
    _near(moved, loss(_routing(logits, observed), weight), "the order of modalities must not matter")


def keeps_the_type(loss: PairLoss) -> None:
    """A scalar of the routing's type, whatever the type of the weights."""
    logits, observed = _logits()
    for dtype in (torch.float32, torch.float64):
        value = loss(_routing(logits.to(dtype), observed), _weights(4).float())
        _require(value.shape == () and value.dtype == dtype, f"the loss of {dtype} must be a {dtype} scalar")


def refuses_other_shapes(loss: PairLoss) -> None:
    """Weights of other windows, modalities or steps are refused."""
    logits, observed = _logits()
    for shape in ((2, 4, 4, 4), (1, 3, 3, 4), (1, 4, 4, 5), (4, 4, 4)):
        try:
            loss(_routing(logits, observed), torch.ones(shape))
        except InvalidInput:
            continue
        raise AssertionError(f"weights of shape {shape} must be refused with InvalidInput")


CHECKS: tuple[Callable[[PairLoss], None], ...] = (
    is_exactly_zero_without_pairs,
    teaches_the_router,
    has_the_right_gradient,
    ignores_the_unobserved,
    is_a_weighted_mean,
    does_not_know_the_order,
    keeps_the_type,
    refuses_other_shapes,
)


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _logits(n_b: int = 3, n_m: int = 4, p_observed: float = 0.7) -> tuple[torch.Tensor, torch.Tensor]:
    """Random logits of four steps, with gradient, and what is observed."""
    logits = 2 * torch.randn(n_b, n_m, 4, EXPERTS, generator=_generator(0), dtype=torch.float64)
    return logits.requires_grad_(), torch.rand(n_b, n_m, 4, generator=_generator(1)) < p_observed


def _weights(n_m: int) -> torch.Tensor:
    upper = torch.rand(1, n_m, n_m, 4, generator=_generator(2), dtype=torch.float64)
    weight = upper + upper.transpose(1, 2)
    return weight * ~torch.eye(n_m, dtype=torch.bool)[..., None]


def _pair() -> torch.Tensor:
    return torch.tensor([[0.0, 1.0], [1.0, 0.0]], dtype=torch.float64)[None, ..., None]


def _routing(logits, observed=None, *, synergy: int = SYNERGY_EXPERTS) -> Routing:
    """Routing to the best expert, everything observed by default."""
    observed = torch.ones(logits.shape[:-1], dtype=torch.bool) if observed is None else observed
    log_probs = torch.log_softmax(logits, dim=-1)
    return Routing(
        logits=logits,
        log_probs=log_probs,
        expert_ids=log_probs.argmax(-1, keepdim=True),
        expert_weights=observed[..., None].to(logits.dtype),
        observed=observed,
        synergy_experts=synergy,
    )


def _gradient(value: torch.Tensor, logits: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return torch.autograd.grad(value, logits, retain_graph=True)


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise AssertionError(sentence)


def _near(value: torch.Tensor, wanted: torch.Tensor, sentence: str) -> None:
    apart = abs(float((value - wanted).detach()))
    _require(apart <= SLACK, f"{sentence}: {apart:.1e} apart")
