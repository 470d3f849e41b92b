"""Notes as a modality: embeddings of texts by a local encoder, at the times at which they could be read."""

from interplay.text.cache import EmbeddingCache
from interplay.text.encoder import TextEncoder
from interplay.text.notes import note_stream

__all__ = ["EmbeddingCache", "TextEncoder", "note_stream"]
