"""The contract of a router, as checks that anyone's router can run.

Each check takes a class that is built as ``Router(width, num_experts)``, and raises AssertionError with one
sentence. Letters: B windows, M modalities, T steps, D width, E experts.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import nn

from interplay.errors import InvalidInput
from interplay.nn.context import InteractionContext, empty_context

WIDTH, EXPERTS = 6, 5
SLACK = 1e-6
"""What rounding may change of scores of order 1 when a product is taken of more or fewer rows."""

Tokens = tuple[torch.Tensor, InteractionContext, torch.Tensor]
Check = Callable[[Callable[[int, int], nn.Module]], None]


def check_router(router_class: Callable[[int, int], nn.Module]) -> None:
    """Run every check; raise AssertionError that names all that failed.

    Parameters
    ----------
    router_class : class
        Built as ``router_class(width, num_experts)`` and called as ``router(h, context, observed)`` with
        h (B, M, T, D), atoms of the context (1 or B, M, M, T) and observed (B, M, T) bool; returns logits
        (B, M, T, E).
    """
    failed = []
    for check in CHECKS:
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(0)
            try:
                check(router_class)
            except AssertionError as error:
                failed.append(f"{check.__name__}: {error}")
    if failed:
        raise AssertionError(f"{router_class.__name__} breaks its contract: " + " | ".join(failed))


def scores_every_token(router_class) -> None:
    """Any number of modalities from one on, any number of windows, and whatever is observed."""
    router = router_class(WIDTH, EXPERTS)
    for n_b, n_m, own in ((1, 1, False), (2, 2, True), (3, 5, False), (0, 2, False), (1, 64, False)):
        h, context, observed = _tokens(n_b, n_m, own=own)
        for seen in (observed, torch.zeros_like(observed), torch.ones_like(observed)):
            logits = router(h, context, seen)
            _require(logits.shape == (n_b, n_m, 4, EXPERTS), f"logits must be of (B, M, T, E) at M = {n_m}")
            _require(bool(torch.isfinite(logits).all()), f"logits must be finite at M = {n_m}")


def keeps_full_precision(router_class) -> None:
    """Scores are the same in float32 under autocast, and float32 of bfloat16 tokens."""
    router, (h, context, observed) = router_class(WIDTH, EXPERTS), _tokens()
    plain = router(h, context, observed)
    _require(plain.dtype == torch.float32, "logits of float32 tokens must be float32")
    with torch.autocast("cpu", torch.bfloat16):
        lowered = router(h, context, observed)
        of_half = router(h.bfloat16(), context, observed)
    _require(lowered.dtype == torch.float32, "logits under autocast must be float32")
    _require(torch.equal(lowered, plain), "logits under autocast must be those without it")
    _require(of_half.dtype == torch.float32, "logits of bfloat16 tokens must be float32")


def sees_each_sample_alone(router_class) -> None:
    """A window is scored the same alone, in any batch and in any order."""
    router = router_class(WIDTH, EXPERTS)
    for own in (False, True):
        h, context, observed = _tokens(7, own=own)
        together = router(h, context, observed)
        order = torch.randperm(7)
        shuffled = router(h[order], _of_windows(context, order), observed[order])
        _near(shuffled, together[order], "logits must not depend on the order of a batch")
        for b in range(7):
            one = torch.tensor([b])
            alone = router(h[one], _of_windows(context, one), observed[one])
            _near(alone, together[one], "logits must not depend on other samples of a batch")


def ignores_the_unobserved(router_class) -> None:
    """What unobserved tokens hold, NaN included, changes neither scores nor gradients."""
    router, (h, context, observed) = router_class(WIDTH, EXPERTS), _tokens(6)
    seen = observed[..., None]
    before = _scores_and_gradients(router, h, context, observed)
    for held in (1e3 * torch.randn_like(h), torch.full_like(h, torch.nan)):
        after = _scores_and_gradients(router, torch.where(seen, h, held), context, observed)
        for a, b in zip(before, after, strict=True):
            _require(torch.equal(a, b), "what unobserved tokens hold must change nothing")


def learns(router_class) -> None:
    """A gradient reaches every parameter."""
    router, (h, context, observed) = router_class(WIDTH, EXPERTS), _tokens()
    if not list(router.parameters()):
        return
    logits = router(h, context, observed)
    (logits * torch.randn_like(logits)).sum().backward()
    for name, parameter in router.named_parameters():
        reached = parameter.grad is not None and bool(parameter.grad.any())
        _require(reached, f"a gradient must reach {name}")


def repeats_itself(router_class) -> None:
    """The same tokens are scored the same again, in evaluation and whatever the random state."""
    router, (h, context, observed) = router_class(WIDTH, EXPERTS).eval(), _tokens()
    first = router(h, context, observed)
    torch.manual_seed(1)
    _require(torch.equal(first, router(h, context, observed)), "the same tokens must get the same logits")


def leaves_its_inputs_alone(router_class) -> None:
    """Tokens, context and flags are as they were."""
    router, (h, context, observed) = router_class(WIDTH, EXPERTS), _tokens()
    parts = (h, context.redundancy, context.unique, context.synergy, observed)
    copies = [part.clone() for part in parts]
    router(h, context, observed)
    _require(all(map(torch.equal, parts, copies)), "a router must not change its inputs")


def refuses_other_shapes(router_class) -> None:
    """Contexts of other modalities, steps or windows and flags of other tokens are refused."""
    router, (h, context, observed) = router_class(WIDTH, EXPERTS), _tokens()
    for tokens, what in (
        ((h, empty_context(4, 4), observed), "a context of other modalities"),
        ((h, empty_context(3, 5), observed), "a context of other steps"),
        ((h, _tokens(3, own=True)[1], observed), "a context of other windows"),
        ((h, context, observed[:, :, 1:]), "flags of other tokens"),
    ):
        try:
            router(*tokens)
        except InvalidInput:
            continue
        raise AssertionError(f"{what} must be refused with InvalidInput")


CHECKS: tuple[Check, ...] = (
    scores_every_token,
    keeps_full_precision,
    sees_each_sample_alone,
    ignores_the_unobserved,
    learns,
    repeats_itself,
    leaves_its_inputs_alone,
    refuses_other_shapes,
)


def _tokens(n_b: int = 2, n_m: int = 3, *, own: bool = False) -> Tokens:
    """Random tokens of four steps, a third of them unobserved, with a context of all or of each window."""
    shape = (n_b if own else 1, n_m, n_m, 4)
    r, u, s = torch.rand(3, *shape) * ~torch.eye(n_m, dtype=torch.bool)[..., None]
    r, s = r + r.transpose(1, 2), s + s.transpose(1, 2)
    context = InteractionContext(redundancy=r, unique=u, synergy=s)
    return torch.randn(n_b, n_m, 4, WIDTH), context, torch.rand(n_b, n_m, 4) > 0.3


def _of_windows(context: InteractionContext, rows: torch.Tensor) -> InteractionContext:
    if len(context.synergy) == 1:
        return context
    parts = {name: getattr(context, name)[rows] for name in ("redundancy", "unique", "synergy")}
    return replace(context, **parts)


def _scores_and_gradients(router, h, context, observed) -> list[torch.Tensor]:
    logits = router(h, context, observed)
    weights = [w for w in router.parameters() if w.requires_grad]
    gradients = torch.autograd.grad(logits[observed].square().sum(), weights) if weights else ()
    return [logits[observed].detach(), *gradients]


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise AssertionError(sentence)


def _near(value: torch.Tensor, wanted: torch.Tensor, sentence: str) -> None:
    apart = float((value - wanted).detach().abs().max())
    _require(apart <= SLACK * max(1.0, float(wanted.detach().abs().max())), f"{sentence}: {apart:.1e} apart")
