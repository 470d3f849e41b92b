"""One file from a server: resumed, never glued of two, no larger than its data set says, by https all the way."""

import os
import shutil
from pathlib import Path
from urllib.parse import unquote_plus, urljoin, urlsplit

import requests

from interplay.errors import DamagedFile, FetchFailed, InvalidInput
from interplay.files import digest_of
from interplay.progress import Progress

WAIT_S = 30.0
CHUNK = 1 << 18


def download(url: str, sha256: str, folder: Path, most_bytes: int, progress: Progress) -> Path:
    """Bring a file into a folder, where an earlier call may have left some of it.

    Parameters
    ----------
    url : str
    sha256 : str
        Its sum; "" where none is known.
    folder : Path
    most_bytes : int
        Size from which it is refused.
    progress : callable

    Raises
    ------
    InvalidInput
        If the address does not end in the name of a file.
    FetchFailed
        If it cannot be had; what came is kept.
    DamagedFile
        If it has another sum; it is removed.
    """
    path = folder / _name(url)
    if not path.is_file():
        try:
            _Resumed(path, most_bytes, progress).get(url)
        except FetchFailed:
            raise
        except (requests.RequestException, OSError, UnicodeError) as error:
            raise FetchFailed(
                f"{url} cannot be downloaded ({_reason(error)}). What came is kept in {folder}; the same "
                "command goes on there."
            ) from error
    if sha256 and digest_of(path) != sha256:
        path.unlink()
        raise DamagedFile(
            f"{url} must have the SHA-256 sum {sha256}, and has another one. Fetch it again; if that does "
            "not help, the publisher has changed the file."
        )
    return path


def check_space(size: int, folder: Path) -> None:
    """Refuse what the disk cannot hold, before it is full."""
    free = shutil.disk_usage(folder).free
    if size > free:
        raise FetchFailed(
            f"{folder} must have {size / 1e9:.1f} GB of free space for what comes; it has {free / 1e9:.1f} GB. Make "
            "room, or choose another place."
        )


def _name(url: str) -> str:
    name = unquote_plus(Path(urlsplit(url).path).name)
    if name in ("", ".", "..") or not name.isprintable() or any(mark in name for mark in "/\\:"):
        raise InvalidInput(f"a download must end in the name of a file; {url} ends in {name!r}.")
    return name


def _reason(error: Exception) -> str:
    response = getattr(error, "response", None)
    return f"the server says {response.status_code}" if response is not None else type(error).__name__


class _Session(requests.Session):
    """Follows a redirect only by a way as safe as the address."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Where an answer leads, before anyone goes there."""
        target = super().get_redirect_target(resp)
        if target is not None:
            here, there = resp.url, urljoin(resp.url, target)
            if urlsplit(there).scheme not in ("https", urlsplit(here).scheme):
                raise FetchFailed(f"{here} must be fetched by https all the way; it leads to {there[:200]}.")
        return target


class _Resumed:
    """Keeps what came of a file, and asks only for the rest while the server says that it is the same file."""

    def __init__(self, path: Path, most_bytes: int, progress: Progress) -> None:
        self.path, self.most_bytes, self.progress = path, most_bytes, progress
        self.part, self.tag = path.with_name(path.name + ".part"), path.with_name(path.name + ".tag")

    def get(self, url: str) -> None:
        have = self.part.stat().st_size if self.part.is_file() and self.tag.is_file() else 0
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": self.tag.read_text("utf-8")}
        with _Session() as session, session.get(url, headers=headers, stream=True, timeout=WAIT_S) as answer:
            # all of it came before, and the process ended before it was renamed
            if not (have and answer.headers.get("Content-Range") == f"bytes */{have}"):
                answer.raise_for_status()
                # 200 in answer to a range: the file has changed, or the server knows no ranges
                self._keep(answer, have if answer.status_code == requests.codes.partial_content else 0)
        os.replace(self.part, self.path)
        self.tag.unlink(missing_ok=True)

    def _keep(self, answer: requests.Response, have: int) -> None:
        tag = _tag(answer)
        begins = answer.headers.get("Content-Range", f"bytes {have}-").startswith(f"bytes {have}-")
        if have and (tag != self.tag.read_text("utf-8") or not begins):
            self.part.unlink()
            raise requests.ConnectionError("the file changed meanwhile")
        self.tag.write_text(tag, "utf-8") if tag else self.tag.unlink(missing_ok=True)
        # what is packed on the way has another length
        length = 0 if _is_packed(answer) else int(answer.headers.get("Content-Length", 0))
        total = have + length if length else 0
        self._check_size(total)
        check_space(length, self.part.parent)
        with self.part.open("ab" if have else "wb") as out:
            for chunk in answer.iter_content(CHUNK):
                self._check_size(out.tell() + len(chunk))
                out.write(chunk)
                self.progress(min(1.0, out.tell() / total) if total else 0.0)
        if self.part.stat().st_size < total:
            raise requests.ConnectionError("the connection ended early")

    def _check_size(self, size: int) -> None:
        if size > self.most_bytes:
            raise FetchFailed(
                f"{self.path.name} must have at most {self.most_bytes / 1e9:g} GB, as its data set says; the server "
                "sends more. Look at its address in a browser."
            )


def _tag(answer: requests.Response) -> str:
    """What tells this file from every other; "" where the server says nothing of the kind."""
    tag = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
    return "" if tag.startswith("W/") or _is_packed(answer) else tag


def _is_packed(answer: requests.Response) -> bool:
    return answer.headers.get("Content-Encoding", "identity") != "identity"
