"""A text encoder with random weights, as small as one can be, written as any other is."""

from pathlib import Path

import torch

WORDS = ("calm", "pain", "patient", "sleeps", "reports", "no", "asks", "for", "water")


def tiny_encoder(folder: Path, *, seed: int = 0, positions: int = 16) -> Path:
    """BERT of one layer and eight dimensions, with a tokenizer of a dozen words."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    known = {word: k for k, word in enumerate(("[PAD]", "[UNK]", *WORDS))}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", model_max_length=positions
    )
    fast.save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(known),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=positions,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        BertModel(config).save_pretrained(folder)
    return folder
