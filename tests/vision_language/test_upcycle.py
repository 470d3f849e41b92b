"""Experts beside the layers of real architectures, tiny and with random weights: nothing changes until they learn."""

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.errors import DamagedFile, InvalidInput
from interplay.vision_language.spans import Spans
from interplay.vision_language.upcycle import load_upcycled, upcycle

pytest.importorskip("transformers")
IMAGE = 60
LANGUAGE = r".*(language_model|text_model).*layers\.\d+\.mlp"
TEXT = {"vocab_size": 64, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 1, "pad_token_id": 0}  # fmt: skip
VISION = {"hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1, "num_attention_heads": 2,
          "image_size": 8, "patch_size": 4}  # fmt: skip


def llava():
    """Four patches of an image of 8 x 8, and as many place holders."""
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration

    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**VISION, projection_dim=8),
        text_config=LlamaConfig(**TEXT),
        image_token_index=IMAGE,
        vision_feature_layer=-1,
    )
    pixels = {"pixel_values": torch.randn(2, 3, 8, 8)}
    return LlavaForConditionalGeneration(config), pixels, 4


def qwen2_vl():
    """A grid of 2 x 2 patches, merged into one token."""
    from transformers import Qwen2VLConfig, Qwen2VLForConditionalGeneration

    rope = {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 1e4}
    config = Qwen2VLConfig(
        text_config={**TEXT, "rope_parameters": rope},
        vision_config={
            "depth": 1,
            "embed_dim": 8,
            "hidden_size": 16,
            "num_heads": 2,
            "patch_size": 4,
            "mlp_ratio": 2,
        },
        image_token_id=IMAGE,
        vision_start_token_id=61,
        vision_end_token_id=62,
        video_token_id=63,
    )
    pixels = {
        "pixel_values": torch.randn(8, 3 * 2 * 4 * 4),
        "image_grid_thw": torch.tensor([[1, 2, 2]] * 2),
    }
    return Qwen2VLForConditionalGeneration(config), pixels, 1


def smolvlm():
    """Four patches shuffled into one token."""
    from transformers import SmolVLMConfig, SmolVLMForConditionalGeneration

    config = SmolVLMConfig(
        text_config={**TEXT, "model_type": "llama"},
        vision_config=VISION,
        image_token_id=IMAGE,
        scale_factor=2,
    )
    return SmolVLMForConditionalGeneration(config), {"pixel_values": torch.randn(2, 1, 3, 8, 8)}, 1


MODELS = (llava, qwen2_vl, smolvlm)


def drawn(make):
    """A model and an input of two sequences: three words, an image, four words."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model, pixels, n_image = make()
        words = torch.randint(1, 50, (2, 7))
    ids = torch.cat([words[:, :3], torch.full((2, n_image), IMAGE), words[:, 3:]], dim=1)
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids), **pixels}
    if "image_grid_thw" in pixels:  # places in the image are part of its positions
        inputs["mm_token_type_ids"] = (ids == IMAGE).int()
    return model.eval(), inputs


@torch.inference_mode()
def logits(model, inputs):
    return model(**inputs).logits


def profile():
    """Of a synergistic pair."""
    rng = np.random.default_rng(0)
    image, text = rng.integers(0, 2, (2, 400))
    windows = ip.windows_from_arrays(
        {"image": image[:, None] * 1.0, "text": text[:, None] * 1.0}, image ^ text, steps=1
    )
    return ip.TemporalRUS(ip.DiscretePID(n_cells=2, n_bootstrap=5, n_rotations=19)).fit(windows).profile_


@pytest.mark.slow
@pytest.mark.parametrize("make", MODELS)
def test_a_model_stays_the_same_to_the_bit_learns_and_is_saved_and_loaded(make, tmp_path):
    model, inputs = drawn(make)
    before = logits(model, inputs)
    upcycled = upcycle(model, LANGUAGE, tokens={"image": [IMAGE]}, num_experts=3, top_k=2)
    assert len(upcycled.experts) == 2
    assert torch.equal(logits(model, inputs), before)

    optimiser = torch.optim.SGD(upcycled.parameters(), lr=1.0)
    for _ in range(2):  # the first step moves last projections alone, the second all that is before them
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(**inputs).logits[:, -1], torch.tensor([1, 2])).backward()
        optimiser.step()
    assert all(
        p.grad is not None for part in upcycled.experts.values() for p in part.router.score.parameters()
    )
    learned = logits(model, inputs)
    assert not torch.equal(learned, before)

    upcycled.save(tmp_path)
    again = type(model).from_pretrained(tmp_path).eval()
    assert torch.equal(logits(again, inputs), before)  # the files of the model are the model's
    load_upcycled(again, tmp_path)
    assert torch.equal(logits(again, inputs), learned)


@pytest.mark.slow
def test_generation_with_a_cache_gives_what_reading_anew_gives():
    model, inputs = drawn(llava)
    upcycled = upcycle(model, LANGUAGE, profile(), num_experts=2, top_k=1)
    for part in upcycled.experts.values():
        for expert in part.experts:
            torch.nn.init.normal_(expert.down_proj.weight)
    # a place holder among the new words would want an image
    greedy = {"max_new_tokens": 4, "do_sample": False, "suppress_tokens": [IMAGE]}
    cached = model.generate(**inputs, **greedy, use_cache=True)
    anew = model.generate(**inputs, **greedy, use_cache=False)
    assert torch.equal(cached, anew)


def test_spans_know_what_came_before_each_token():
    spans = Spans({"image": [9]})
    spans.read(torch.tensor([[1, 9, 9, 2]]))
    assert spans.names == ("image", "text")
    assert spans.modality.tolist() == [[1, 0, 0, 1]]
    assert spans.seen.tolist() == [[[False, True], [True, True], [True, True], [True, True]]]
    spans.read(torch.tensor([[3]]), goes_on=True)
    assert spans.seen.tolist() == [[[True, True]]]
    spans.read(torch.tensor([[3]]))
    assert spans.seen.tolist() == [[[False, True]]]
    with pytest.raises(InvalidInput, match="one for each of input_ids"):
        spans.of(torch.zeros(1, 2, 4))


class FeedForward(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Sequential(torch.nn.Linear(8, 12), torch.nn.GELU(), torch.nn.Linear(12, 8))

    def forward(self, x):
        return self.inner(x)


class Layered(torch.nn.Module):
    """A feed-forward layer on embeddings, with what `upcycle` asks of a model."""

    def __init__(self):
        super().__init__()
        self.config = type("Config", (), {"hidden_size": 8, "image_token_id": 9})()
        self.embed = torch.nn.Embedding(10, 8)
        self.mlp = FeedForward()

    def forward(self, input_ids):
        return self.mlp(self.embed(input_ids))


def test_the_profile_reaches_tokens_whose_partner_was_seen_and_no_others():
    torch.manual_seed(0)
    model, ids = Layered(), torch.tensor([[1, 9, 2]])
    (part,) = upcycle(model, "mlp", profile()).experts.values()
    assert part.synergy.max() > 0.9  # of one bit
    model(ids)
    with_profile = part.routing.logits.flatten(0, 2).clone()
    part.synergy.zero_()
    model(ids)
    changed = (part.routing.logits.flatten(0, 2) != with_profile).any(1)
    assert changed.tolist() == [False, True, True]


def test_tokens_after_do_not_change_the_routing_of_those_before():
    torch.manual_seed(0)
    model = Layered()
    (part,) = upcycle(model, "mlp").experts.values()
    model(torch.tensor([[1, 2, 9]]))
    long = part.routing.logits.flatten(0, 2)[:2].clone()
    model(torch.tensor([[1, 2]]))
    torch.testing.assert_close(part.routing.logits.flatten(0, 2), long)


def test_what_cannot_be_is_told(tmp_path):
    with pytest.raises(InvalidInput, match=r"'nothing' matches \[\]"):
        upcycle(Layered(), "nothing")
    with pytest.raises(InvalidInput, match=r"top_k must be from 1 to num_experts \(4\); got 5"):
        upcycle(Layered(), "mlp", top_k=5)
    with pytest.raises(InvalidInput, match="a forward of their own"):
        upcycle(Layered(), r"mlp\.inner")
    model = Layered()
    upcycle(model, "mlp")
    with pytest.raises(InvalidInput, match="without experts"):
        upcycle(model, "mlp")
    with pytest.raises(DamagedFile, match=r"as Upcycled\.save writes them"):
        load_upcycled(Layered(), tmp_path)
