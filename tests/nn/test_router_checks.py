"""The contract suite of routers must name what each broken router breaks."""

import pytest
import torch

from interplay.nn import SoftmaxRouter, check_router


class Narrow(SoftmaxRouter):
    def logits(self, h_BMTD, context, observed_BMT):
        return super().logits(h_BMTD, context, observed_BMT)[..., :-1]


class Lowered(SoftmaxRouter):
    def forward(self, h_BMTD, context, observed_BMT):
        super().forward(h_BMTD, context, observed_BMT)
        seen = h_BMTD.masked_fill(~observed_BMT[..., None], 0.0)
        return self.score(seen if torch.is_autocast_enabled("cpu") else seen.float())


class Batched(SoftmaxRouter):
    def logits(self, h_BMTD, context, observed_BMT):
        return super().logits(h_BMTD - h_BMTD.mean(0) if len(h_BMTD) else h_BMTD, context, observed_BMT)


class Curious(SoftmaxRouter):
    def forward(self, h_BMTD, context, observed_BMT):
        super().forward(h_BMTD, context, observed_BMT)
        with torch.autocast("cpu", enabled=False):
            logits = self.score(h_BMTD.float())
        return torch.where(
            observed_BMT[..., None], logits + 1e-3 * h_BMTD.float().sum(2, keepdim=True)[..., :1], 0.0
        )


class Deaf(SoftmaxRouter):
    def logits(self, h_BMTD, context, observed_BMT):
        return super().logits(h_BMTD, context, observed_BMT).detach() + 0.0 * self.score.weight.sum()


class Moody(SoftmaxRouter):
    def logits(self, h_BMTD, context, observed_BMT):
        logits = super().logits(h_BMTD, context, observed_BMT)
        return logits + torch.rand_like(logits)


class Meddler(SoftmaxRouter):
    def logits(self, h_BMTD, context, observed_BMT):
        context.synergy.mul_(0.5)
        return super().logits(h_BMTD, context, observed_BMT)


class Careless(SoftmaxRouter):
    def forward(self, h_BMTD, context, observed_BMT):
        with torch.autocast("cpu", enabled=False):
            return self.score(h_BMTD.float().masked_fill(~observed_BMT.any(-1)[..., None, None], 0.0))


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (Narrow, "scores_every_token"),
        (Lowered, "keeps_full_precision"),
        (Batched, "sees_each_sample_alone"),
        (Curious, "ignores_the_unobserved"),
        (Deaf, "learns"),
        (Moody, "repeats_itself"),
        (Meddler, "leaves_its_inputs_alone"),
        (Careless, "refuses_other_shapes"),
    ],
)
def test_a_broken_router_is_named_with_what_it_breaks(broken, check):
    with pytest.raises(AssertionError, match=f"{broken.__name__} breaks its contract: .*{check}: "):
        check_router(broken)


def test_the_random_state_is_left_alone():
    before = torch.get_rng_state()
    check_router(SoftmaxRouter)
    assert torch.equal(before, torch.get_rng_state())
