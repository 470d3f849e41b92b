"""Embeddings of texts by a transformers model that lies in a folder; nothing is fetched and no code of it is run.

Letters: n texts, c chunks of tokens, t tokens, D width of the model.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from interplay.errors import DamagedFile, InvalidInput
from interplay.files import digest_of
from interplay.text.cache import EmbeddingCache


class TextEncoder:
    """A local encoder: mean of the last hidden states over all tokens of a text.

    Texts longer than the model can read are cut into chunks, and all their tokens count alike.

    Parameters
    ----------
    folder : str or Path
        What ``save_pretrained`` of a model and its tokenizer wrote: config.json, model.safetensors, tokenizer.json.
    cache : str or Path, optional
        Folder that keeps embeddings; a text that is known there is not embedded again, see `EmbeddingCache`.
    max_tokens : int
        Of a chunk, at most; a model that can read fewer has its own limit.
    batch_size : int
        Chunks at a time.
    device : str
        Where the model works, such as "cpu" or "cuda".

    Attributes
    ----------
    digest : str
        SHA-256 sum of the files of the folder and the settings: what embeddings depend on.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        cache: str | Path | None = None,
        max_tokens: int = 512,
        batch_size: int = 16,
        device: str = "cpu",
    ) -> None:
        self.folder = Path(folder)
        if not (self.folder / "config.json").is_file():
            raise InvalidInput(
                f"folder must hold config.json, weights and tokenizer of a transformers model; {str(folder)!r} has no "
                "config.json. Save one there with save_pretrained."
            )
        if max_tokens < 8 or batch_size < 1:
            raise InvalidInput(
                f"max_tokens must be at least 8 and batch_size at least 1; got {max_tokens} and {batch_size}."
            )
        self.max_tokens, self.batch_size, self.device = max_tokens, batch_size, device
        self.digest = _digest(self.folder, max_tokens)
        self.cache = None if cache is None else EmbeddingCache(cache, self.digest)
        self._parts: tuple[Any, Any] | None = None

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Embeddings (n, D) float32 of n texts.

        The same text gives the same embedding, up to rounding, whatever stands beside it.
        """
        different = list(dict.fromkeys(texts))
        if not all(isinstance(text, str) and text.strip() for text in different):
            raise InvalidInput(
                "texts must be strings that are not blank; some are not. Leave blank notes out."
            )
        if not different:
            return np.zeros((0, self._loaded()[1].config.hidden_size), dtype=np.float32)
        if self.cache is None:
            vectors = dict(zip(different, self._embedded(different), strict=True))
        else:
            vectors = self.cache.embeddings(different, self._embedded)
        return np.stack([vectors[text] for text in texts])

    def _embedded(self, texts: list[str]) -> np.ndarray:
        tokenizer, model = self._loaded()
        chunks = tokenizer(
            texts,
            truncation=True,
            max_length=_most_tokens(tokenizer, model, self.max_tokens),
            return_overflowing_tokens=True,
        )
        of_text = np.array(chunks.pop("overflow_to_sample_mapping", range(len(texts))))
        # chunks of like length side by side, so that little is padded
        order = np.argsort([len(ids) for ids in chunks["input_ids"]], kind="stable")
        sums, counts = [], []
        for some in np.array_split(order, -(-len(order) // self.batch_size)):
            padded = tokenizer.pad(
                {name: [chunks[name][k] for k in some] for name in ("input_ids", "attention_mask")},
                return_tensors="pt",
            ).to(self.device)
            total, n_tokens = _sum_of_states(model, padded)
            sums.append(total)
            counts.append(n_tokens)
        return _means_by_text(of_text[order], np.concatenate(sums), np.concatenate(counts), len(texts))

    def _loaded(self) -> tuple[Any, Any]:
        """Tokenizer and model, read when they are first needed."""
        if self._parts is None:
            transformers = _transformers()
            options = {"local_files_only": True, "trust_remote_code": False}
            try:
                tokenizer: Any = transformers.AutoTokenizer.from_pretrained(self.folder, **options)
                model = transformers.AutoModel.from_pretrained(self.folder, use_safetensors=True, **options)
            except (OSError, ValueError, KeyError) as error:
                reason = " ".join(str(error).split())[:200]
                raise DamagedFile(
                    f"{self.folder} must hold a transformers model with safetensors weights and its tokenizer; it "
                    f"cannot be read: {reason}"
                ) from error
            if tokenizer.pad_token is None:
                tokenizer.pad_token = tokenizer.eos_token
            self._parts = tokenizer, model.eval().to(self.device)
        return self._parts


def _transformers():
    try:
        import transformers
    except ImportError as error:
        raise InvalidInput(
            "embedding texts needs transformers, which is not installed: pip install 'interplay[vl]'. Or pass "
            "embeddings that you already have."
        ) from error
    return transformers


@torch.inference_mode()
def _sum_of_states(model: Any, batch: Any) -> tuple[np.ndarray, np.ndarray]:
    """Sums (c, D) of last hidden states over the tokens of each chunk, and how many these are (c,)."""
    states = model(**batch).last_hidden_state.double()
    mask = batch["attention_mask"].double()
    return torch.einsum("ctd,ct->cd", states, mask).cpu().numpy(), mask.sum(1).cpu().numpy()


def _means_by_text(of_text: np.ndarray, sums: np.ndarray, counts: np.ndarray, n: int) -> np.ndarray:
    """Means (n, D) float32 over all tokens of all chunks of each text."""
    totals, tokens = np.zeros((n, sums.shape[1])), np.zeros(n)
    np.add.at(totals, of_text, sums)
    np.add.at(tokens, of_text, counts)
    if (tokens == 0).any():
        raise InvalidInput("every text must have at least one token; the tokenizer gives none for some.")
    return (totals / tokens[:, None]).astype(np.float32)


def _most_tokens(tokenizer: Any, model: Any, most: int) -> int:
    """Tokens of a chunk: what was asked for, or what tokenizer and model can read if that is less."""
    of_model = getattr(model.config, "max_position_embeddings", None) or most
    return min(most, tokenizer.model_max_length, of_model)


def _digest(folder: Path, max_tokens: int) -> str:
    """SHA-256 sum of all files of a folder, by name, and of what changes embeddings."""
    total = hashlib.sha256(f"mean of last hidden states, {max_tokens} tokens".encode())
    for path in sorted(folder.iterdir()):
        if path.is_file():
            total.update(f"{path.name}\0{digest_of(path)}\0".encode())
    return total.hexdigest()
