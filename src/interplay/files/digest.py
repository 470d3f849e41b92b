"""What a file holds, as a number that tells a changed or another one."""

import hashlib
from pathlib import Path


def digest_of(path: Path) -> str:
    """SHA-256 sum of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
