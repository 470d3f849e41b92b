"""Downloading openly licensed data sets: only when asked, resumed after an interruption, checked, unpacked."""

import logging
import os
import shutil
import zipfile
import zlib
from datetime import date
from hashlib import file_digest
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import pooch
import requests

from interplay.datasets.card import Card
from interplay.errors import DamagedFile, FetchFailed, InvalidInput
from interplay.files import json_text, whole_file
from interplay.progress import Progress, silent

RECORD = "fetched.json"
"""Written last: a folder that holds it is whole."""
WAIT_S = 30.0
CHUNK = 1 << 18


def fetch_dataset(card: Card, folder: str | Path, *, progress: Progress = silent) -> Path:
    """Download the official files of a data set and unpack them.

    An interrupted download goes on where it stopped when this is called again with the same folder. Checksums are
    those of the card; where the publisher names none, those of what came are kept in ``fetched.json``.

    Parameters
    ----------
    card : Card
    folder : str or Path
        Where the files go: new, empty, or of an earlier, unfinished call.
    progress : callable, optional
        Told the share that is done.

    Returns
    -------
    Path
        `folder`, to be passed as `root` of `interplay.load_dataset`.

    Raises
    ------
    InvalidInput
        If the data set cannot be had by a download alone, with what to do instead; or if the folder holds other files.
    FetchFailed
        If the server cannot be reached or breaks off.
    DamagedFile
        If what came is not what the card promises.
    """
    folder = Path(folder)
    if card.bundled or not card.downloads:
        raise InvalidInput(instructions(card))
    if (folder / RECORD).is_file():
        progress(1.0)
        return folder
    parts = folder / ".downloads"
    if folder.exists() and not parts.is_dir() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput(f"{folder} must be new or empty; it holds other files. Choose another place.")
    parts.mkdir(parents=True, exist_ok=True)
    files, n = [], len(card.downloads)
    for k, (url, sha256) in enumerate(card.downloads.items()):
        files.append(_download(url, sha256, parts, lambda done, k=k: progress((k + done) / n)))
    _unpack(files, folder, parts / "unpacked")
    record = {"name": card.name, "licence": card.licence, "fetched": str(date.today()),
            "sha256": dict(zip(card.downloads, map(_sha256, files), strict=True))}  # fmt: skip
    with whole_file(folder / RECORD) as part:
        part.write_text(json_text(record), "utf-8")
    shutil.rmtree(parts)
    return folder


def instructions(card: Card) -> str:
    """What to do for a data set that cannot be had by a download alone."""
    if card.bundled:
        return f"{card.name} comes with the package; there is nothing to fetch."
    how = card.access or f"Get it from {card.source}, under its terms ({card.licence})."
    return f"{card.name} cannot be fetched for you. {how} Then pass, as --root, the folder that holds {card.files}."


def _download(url: str, sha256: str, parts: Path, progress: Progress) -> Path:
    name = unquote_plus(Path(urlsplit(url).path).name)
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise InvalidInput(f"a download must end in the name of a file; {url} ends in {name!r}.")
    pooch.get_logger().setLevel(logging.ERROR)
    try:
        known = f"sha256:{sha256}" if sha256 else None
        # pooch calls it by place; the names in its protocol are others
        resuming: Any = _Resuming(parts / name, progress)
        return Path(pooch.retrieve(url, known, fname=name, path=parts, downloader=resuming))
    except FetchFailed:
        raise
    except (requests.RequestException, OSError) as error:
        raise FetchFailed(
            f"{url} cannot be downloaded ({_reason(error)}). What came is kept in {parts}; the same "
            "command goes on there."
        ) from error
    except ValueError as error:
        (parts / name).unlink(missing_ok=True)
        raise DamagedFile(
            f"{url} must have the SHA-256 sum {sha256}, and has another one. Fetch it again; if that does "
            "not help, the publisher has changed the file."
        ) from error


def _reason(error: Exception) -> str:
    response = getattr(error, "response", None)
    return f"the server says {response.status_code}" if response is not None else type(error).__name__


class _Resuming:
    """A downloader for pooch that keeps what came of a file, and asks only for the rest when the file is unchanged."""

    def __init__(self, target: Path, progress: Progress) -> None:
        self.part, self.tag = target.with_name(target.name + ".part"), target.with_name(target.name + ".tag")
        self.progress = progress

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        have = self.part.stat().st_size if self.part.is_file() and self.tag.is_file() else 0
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": self.tag.read_text("utf-8")}
        with requests.get(url, headers=headers, stream=True, timeout=WAIT_S) as response:
            _check_way(url, response)
            # all of it came before, and the process ended before it was renamed
            if not (have and response.headers.get("Content-Range") == f"bytes */{have}"):
                response.raise_for_status()
                # 200 in answer to a range: the file has changed, or the server knows no ranges
                have = have if response.status_code == requests.codes.partial_content else 0
                self._keep(response, have)
        os.replace(self.part, output_file)
        self.tag.unlink(missing_ok=True)

    def _keep(self, response: requests.Response, have: int) -> None:
        tag = response.headers.get("ETag") or response.headers.get("Last-Modified")
        begins = response.headers.get("Content-Range", f"bytes {have}-").startswith(f"bytes {have}-")
        if have and (tag != self.tag.read_text("utf-8") or not begins):
            self.part.unlink()
            raise requests.ConnectionError("the file changed meanwhile")
        self.tag.write_text(tag, "utf-8") if tag else self.tag.unlink(missing_ok=True)
        total = have + int(response.headers.get("Content-Length", 0))
        _check_space(total - have, self.part.parent)
        with self.part.open("ab" if have else "wb") as out:
            for chunk in response.iter_content(CHUNK):
                out.write(chunk)
                self.progress(min(1.0, out.tell() / total) if total else 0.0)
        if total and self.part.stat().st_size < total:
            raise requests.ConnectionError("the connection ended early")


def _check_way(url: str, response: requests.Response) -> None:
    """Refuse an answer that came by a way less safe than the address."""
    for step in (*response.history, response):
        if url.startswith("https:") and not step.url.startswith("https:"):
            raise FetchFailed(f"{url} must be fetched by https all the way; it leads to {step.url}.")


def _check_space(size: int, folder: Path) -> None:
    """Refuse what the disk cannot hold, before it is full."""
    free = shutil.disk_usage(folder).free
    if size > free:
        raise FetchFailed(
            f"{folder} must have {size / 1e9:.1f} GB of free space for what comes; it has {free / 1e9:.1f} GB. Make "
            "room, or choose another place."
        )


def _unpack(files: list[Path], folder: Path, scratch: Path) -> None:
    """Archives, and archives in them, into `folder`; other files as they are."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    for file in files:
        _extract(file, scratch) if file.suffix == ".zip" else shutil.copy2(file, scratch)
    for inner in sorted(scratch.rglob("*.zip")):
        _extract(inner, inner.parent)
        inner.unlink()
    for path in sorted(scratch.iterdir()):
        os.replace(path, folder / path.name)


def _extract(archive: Path, into: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as file:
            _check_space(sum(member.file_size for member in file.infolist()), into)
            file.extractall(into)
    except FetchFailed:
        raise
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError) as error:
        raise DamagedFile(
            f"{archive} is not a whole archive ({error}). Delete it and fetch again."
        ) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
