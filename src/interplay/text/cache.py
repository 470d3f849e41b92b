"""Embeddings on disk, found by what they are of: the text, the weights and the settings."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from interplay.files import whole_file


class EmbeddingCache:
    """A folder of embeddings, a file each, named by the SHA-256 sum of encoder and text.

    The same text is embedded once, whichever recording it stands in and whoever asks; another encoder, or the same with
    other weights or settings, finds nothing of it. Texts themselves are not written down.

    Parameters
    ----------
    folder : str or Path
        Made when the first embedding is kept.
    encoder : str
        What tells encoders apart, as `TextEncoder.digest`.
    """

    def __init__(self, folder: str | Path, encoder: str) -> None:
        self.folder, self.encoder = Path(folder), encoder

    def path(self, text: str) -> Path:
        """Where the embedding of a text lies, or would."""
        name = hashlib.sha256(f"{self.encoder}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()
        return self.folder / name[:2] / f"{name}.npy"

    def embeddings(
        self, texts: Sequence[str], embed: Callable[[list[str]], np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Embeddings (D,) of different texts, those that are not here made by `embed` and kept.

        Parameters
        ----------
        texts : sequence of str
        embed : callable
            From n texts to (n, D) float32.
        """
        known = {text: self._read(self.path(text)) for text in texts}
        vectors = {text: vector for text, vector in known.items() if vector is not None}
        missing = [text for text in known if text not in vectors]
        if missing:
            for text, vector in zip(missing, embed(missing), strict=True):
                vectors[text] = vector
                self._write(self.path(text), vector)
        return vectors

    def _read(self, path: Path) -> np.ndarray | None:
        """An embedding; None if there is none, or it cannot be read and must be made again."""
        try:
            vector = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return vector if vector.ndim == 1 and vector.dtype == np.float32 else None

    def _write(self, path: Path, vector: np.ndarray) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path, overwrite=True) as part, part.open("wb") as file:
            np.save(file, vector)
