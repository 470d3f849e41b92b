"""Which modality each token of a sequence belongs to, for the layers of a transformers model that ask.

Letters: B sequences, S tokens, M modalities.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from interplay.errors import InvalidInput

REST = "text"
"""What every token is that stands for nothing else."""


class Spans:
    """Modalities of the tokens that a model is reading, written down when it begins to read.

    Parameters
    ----------
    tokens : mapping of modality to token ids
        Place holders, as ``{"image": [32000]}``; whatever else is read is text.

    Attributes
    ----------
    names : M modalities, text last
    modality : (B, S) int64, of the latest call of the model
    seen : (B, S, M) bool, whether a modality has occurred up to and including each token
    """

    def __init__(self, tokens: Mapping[str, Sequence[int]]) -> None:
        self.tokens = {name: sorted(map(int, ids)) for name, ids in tokens.items()}
        self.names = (*self.tokens, REST)
        self.modality: torch.Tensor | None = None
        self.seen: torch.Tensor | None = None

    def listen(self, model: torch.nn.Module) -> None:
        """Look at the input of every call of a model."""
        model.register_forward_pre_hook(self._before, with_kwargs=True)

    def _before(self, module: torch.nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
        ids = kwargs.get("input_ids", args[0] if args else None)
        if ids is None:
            raise InvalidInput(
                "a model with experts must be called with input_ids, from which the modality of each token is known; "
                "got none. Pass input_ids and the pixels, not embeddings."
            )
        # transformers is about to rename it
        cache = kwargs.get("past_key_values", kwargs.get("cache"))
        self.read(ids, goes_on=cache is not None and cache.get_seq_length() > 0)

    def read(self, ids: torch.Tensor, *, goes_on: bool = False) -> None:
        """Write down the modalities of some tokens.

        Parameters
        ----------
        ids : (B, S) int64
        goes_on : bool
            Whether they follow those of the call before, as in generation.
        """
        modality = torch.full_like(ids, len(self.tokens))
        for m, place_holders in enumerate(self.tokens.values()):
            modality[torch.isin(ids, torch.tensor(place_holders, device=ids.device))] = m
        seen = torch.nn.functional.one_hot(modality, len(self.names)).cumsum(1) > 0
        if goes_on and self.seen is not None:
            seen = seen | self.seen[:, -1:]
        self.modality, self.seen = modality, seen

    def of(self, x_BSD: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Modality (B S,) and what was seen (B S, M) for the tokens of a layer."""
        modality, seen = self.modality, self.seen
        if modality is None or seen is None or x_BSD.shape[:-1] != modality.shape:
            raise InvalidInput(
                "layers with experts must read the tokens of the model, one for each of input_ids; got "
                f"{tuple(x_BSD.shape[:-1])} for {None if modality is None else tuple(modality.shape)}. Choose layers "
                "of the language model, and call the whole model."
            )
        return modality.flatten(), seen.flatten(0, 1)
