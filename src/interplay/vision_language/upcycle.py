"""Feed-forward layers of a transformers model beside which experts grow, routed by modality and by a profile."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from interplay.errors import DamagedFile, InvalidInput
from interplay.files import whole_file
from interplay.nn.context import InteractionContext, empty_context, interaction_context
from interplay.profile import InteractionProfile
from interplay.vision_language.residual_experts import ResidualExperts
from interplay.vision_language.spans import Spans

WEIGHTS, SETTINGS = "interplay_experts.safetensors", "interplay_experts.json"
PART = "interplay_experts"
"""Name of the experts within the layer that they stand beside."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpertSettings:
    """How experts were added.

    Attributes
    ----------
    layers : names of the layers
    tokens : modality -> ids of its place holders
    num_experts, top_k : E and K
    router : name of the router
    """

    layers: tuple[str, ...]
    tokens: Mapping[str, Sequence[int]]
    num_experts: int
    top_k: int
    router: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Upcycled:
    """A model with experts.

    Attributes
    ----------
    model : the model that came, of the same class and with the same names of its own weights
    settings : ExpertSettings
    experts : name of a layer -> ResidualExperts
    spans : Spans, the modalities of what is being read
    """

    model: nn.Module
    settings: ExpertSettings
    experts: Mapping[str, ResidualExperts]
    spans: Spans

    def parameters(self) -> list[nn.Parameter]:
        """Those of experts and routers, to be trained alone while the model is frozen."""
        return [p for part in self.experts.values() for p in part.parameters() if p.requires_grad]

    def save(self, folder: str | Path) -> Path:
        """Write the experts beside the files of the model, which ``model.save_pretrained`` writes without them."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        state = self.model.state_dict()
        own = {name: value for name, value in state.items() if f".{PART}." not in name}
        self.model.save_pretrained(folder, state_dict=own)  # pyrefly: ignore[not-callable]  of transformers
        with whole_file(folder / WEIGHTS, overwrite=True) as part:
            save_file({name: v.contiguous() for name, v in state.items() if f".{PART}." in name}, part)
        with whole_file(folder / SETTINGS, overwrite=True) as part:
            part.write_text(json.dumps(asdict(self.settings), indent=1), "utf-8")
        return folder


def upcycle(
    model: nn.Module,
    layers: str,
    profile: InteractionProfile | None = None,
    *,
    tokens: Mapping[str, Sequence[int]] | None = None,
    num_experts: int = 4,
    top_k: int = 2,
    router: str = "interaction",
) -> Upcycled:
    """Let experts grow beside feed-forward layers of a model; its output stays the same, to the bit, until they learn.

    Parameters
    ----------
    model : Module
        A transformers model that is called with ``input_ids``; it is changed in place.
    layers : str
        Pattern (a regular expression) that names of its feed-forward layers match as a whole, such as
        ``r".*language_model.*\\.mlp"``.
    profile : InteractionProfile, optional
        What is known of image and text, at lag 0: a router of the kind "interaction" reads it. Modalities are called as
        in `tokens`, and "text".
    tokens : mapping of modality to ids, optional
        Place holders in ``input_ids``; by default what the model's configuration calls ``image_token_id``,
        ``video_token_id`` and ``audio_token_id``.
    num_experts, top_k : int
    router : str
        One of `interplay.nn.routers.ROUTERS`; "softmax" is plain upcycling.

    Returns
    -------
    Upcycled

    Raises
    ------
    InvalidInput
        If no layer matches, or the profile lacks a modality.

    Notes
    -----
    A layer f becomes f(x) + sum over chosen experts of w g(x), g a copy of f whose last projection is 0. Experts start
    from the layer's weights but for that projection.
    """
    if not 1 <= top_k <= num_experts:
        raise InvalidInput(f"top_k must be from 1 to num_experts ({num_experts}); got {top_k}.")
    chosen = tuple(name for name, _ in model.named_modules() if re.fullmatch(layers, name))
    if not chosen or any(PART in name or hasattr(model.get_submodule(name), PART) for name in chosen):
        raise InvalidInput(
            f"layers must match names of feed-forward layers without experts; {layers!r} matches {list(chosen)[:3]}. "
            "See model.named_modules()."
        )
    settings = ExpertSettings(
        layers=chosen,
        tokens=_place_holders(model) if tokens is None else tokens,
        num_experts=num_experts,
        top_k=top_k,
        router=router,
    )
    spans = Spans(settings.tokens)
    context = (
        empty_context(len(spans.names), 1)
        if profile is None
        else interaction_context(profile, spans.names, steps=1, step_s=1.0)
    )
    return _attached(model, settings, spans, context)


def load_upcycled(model: nn.Module, folder: str | Path) -> Upcycled:
    """Add the experts of a folder to a model that was read from it with ``from_pretrained``."""
    folder = Path(folder)
    try:
        text = json.loads((folder / SETTINGS).read_text("utf-8"))
        settings = ExpertSettings(**text | {"layers": tuple(text["layers"])})
        weights = load_file(folder / WEIGHTS)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DamagedFile(
            f"{folder} must hold {SETTINGS} and {WEIGHTS}, as Upcycled.save writes them; {error}."
        ) from error
    spans = Spans(settings.tokens)
    upcycled = _attached(model, settings, spans, empty_context(len(spans.names), 1))
    lacking = model.load_state_dict(weights, strict=False)
    if lacking.unexpected_keys or any(f".{PART}." in name for name in lacking.missing_keys):
        raise DamagedFile(
            f"{folder / WEIGHTS} must hold the experts of these layers and no others; it does not."
        )
    return upcycled


def _attached(
    model: nn.Module, settings: ExpertSettings, spans: Spans, context: InteractionContext
) -> Upcycled:
    """Experts beside the layers of a model: names of its own weights stay what they are."""
    experts = {}
    for name in settings.layers:
        layer = model.get_submodule(name)
        weight = next(layer.parameters())
        part = ResidualExperts(
            layer,
            context,
            width=_width(model, layer),
            num_experts=settings.num_experts,
            top_k=settings.top_k,
            router=settings.router,
        )
        part.experts.to(weight)
        part.to(weight.device)
        layer.register_module(PART, part)
        layer.register_forward_hook(_adds(part, spans))
        experts[name] = part
    spans.listen(model)
    return Upcycled(model=model, settings=settings, experts=experts, spans=spans)


def _adds(part: ResidualExperts, spans: Spans):
    """What happens after a layer has worked: its experts add to the output."""

    def hook(layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> torch.Tensor:
        return output + part(inputs[0], spans)

    return hook


def _width(model: nn.Module, layer: nn.Module) -> int:
    """D of what a feed-forward layer reads."""
    config: Any = model.config
    text = config.get_text_config() if hasattr(config, "get_text_config") else config
    width = text.hidden_size
    if isinstance(layer, nn.Sequential):
        raise InvalidInput(
            "layers must be modules that have a forward of their own; a Sequential would call its experts as one "
            "of its steps. Choose layers around it."
        )
    if width not in next(p for p in layer.parameters() if p.ndim == 2).shape:
        raise InvalidInput(
            f"layers must be feed-forward layers of the language model, of width {width}; {type(layer).__name__} is "
            "not. Choose others."
        )
    return width


def _place_holders(model: nn.Module) -> dict[str, list[int]]:
    """Ids that stand for images, videos and sounds in the configuration of a model."""
    config: Any = model.config
    names = {name: getattr(config, f"{name}_token_id", None) for name in ("image", "video", "audio")}
    there = {name: [int(number)] for name, number in names.items() if number is not None}
    if not there:
        raise InvalidInput(
            "tokens must name the place holders of images, as the configuration of this model has no image_token_id. "
            'Pass tokens={"image": [id]}.'
        )
    return there
