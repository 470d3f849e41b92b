"""One sentence for whatever a reader of files can raise."""

import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import yaml
from safetensors import SafetensorError

from interplay.errors import DamagedFile, UntrustedPart

RAISED = (
    OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, ArithmeticError, AssertionError,
    EOFError, MemoryError, SyntaxError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    tokenize.TokenError, yaml.YAMLError, SafetensorError, pa.ArrowException,
)  # fmt: skip
"""By readers of this library's formats: of JSON, YAML, NetCDF, safetensors, Parquet and NPZ."""


@contextmanager
def whole(path: Path, what: str, advice: str) -> Iterator[None]:
    """A block that reads `path`: what it raises becomes one sentence that says it is not `what`, and the advice.

    Raises
    ------
    DamagedFile
    """
    try:
        yield
    except (DamagedFile, UntrustedPart):
        raise
    except RAISED as error:
        reason = " ".join(str(error).split())[:200]
        raise DamagedFile(f"{path} is not {what} ({type(error).__name__}: {reason}). {advice}") from error
