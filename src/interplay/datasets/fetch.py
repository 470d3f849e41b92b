"""Downloading openly licensed data sets: only when asked, resumed after an interruption, checked, unpacked."""

import os
import shutil
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from interplay.datasets.card import Card
from interplay.datasets.download import check_space, download
from interplay.errors import DamagedFile, FetchFailed, InvalidInput
from interplay.files import digest_of, json_text, whole_file
from interplay.files.lock import Busy, held
from interplay.files.parts import LOCK
from interplay.files.reading import RAISED, whole
from interplay.files.unpacked import check_unpacked
from interplay.progress import Progress, silent

RECORD = "fetched.json"
"""Written last: a folder that holds it is whole."""
SUMS = "SHA256SUMS.txt"
"""What PhysioNet calls its list of sums, which its archives hold, too."""
SUMS_BYTES = 10**8
AGAIN = "Delete it and fetch again."


def fetch_dataset(card: Card, folder: str | Path, *, progress: Progress = silent) -> Path:
    """Download the official files of a data set and unpack them.

    An interrupted download goes on where it stopped when this is called again with the same folder. What came is held
    to the sums of the card and to those that its publisher lists; where there are none, those of what came are kept in
    ``fetched.json``.

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
        If the data set cannot be had by a download alone, with what to do instead; if the folder holds other files; or
        if another process is fetching into it.
    FetchFailed
        If the server cannot be reached, breaks off, sends more than the card says, or leads away from https.
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
    try:
        with held(parts / LOCK):
            _fetch(card, folder, parts, progress)
    except Busy:
        raise InvalidInput(
            f"{folder} must be fetched by one process at a time; another one is at it now. Wait until it is done."
        ) from None
    shutil.rmtree(parts)
    return folder


def _fetch(card: Card, folder: Path, parts: Path, progress: Progress) -> None:
    n, most_bytes = len(card.downloads), int(card.most_gb * 1e9)
    sums = _published_sums(card, parts)
    files = [
        download(
            url, sha256 or sums.get(url, ""), parts, most_bytes, lambda done, k=k: progress((k + done) / n)
        )
        for k, (url, sha256) in enumerate(card.downloads.items())
    ]
    _unpack(files, folder, parts / "unpacked")
    record = {"name": card.name, "licence": card.licence, "fetched": str(date.today()),
            "sha256": dict(zip(card.downloads, map(digest_of, files), strict=True))}  # fmt: skip
    with whole_file(folder / RECORD) as part:
        part.write_text(json_text(record), "utf-8")


def _published_sums(card: Card, parts: Path) -> Mapping[str, str]:
    """Address -> sum of each download that the publisher lists.

    Raises
    ------
    DamagedFile
        If the list lacks one.
    """
    if not card.sums:
        return {}
    path = parts / SUMS
    # the list is small, and a file that was replaced has a new one
    path.unlink(missing_ok=True)
    listed = _read_sums(download(card.sums, "", parts, SUMS_BYTES, silent))
    base = card.sums.rpartition("/")[0] + "/"
    sums = {url: listed.get(url.removeprefix(base), "") for url in card.downloads}
    missing = [url for url, sha256 in sums.items() if not sha256]
    if missing:
        raise DamagedFile(
            f"{card.sums} must list the sum of {missing[0]}; it does not. Look at both in a browser."
        )
    return sums


def _read_sums(path: Path) -> dict[str, str]:
    """File -> sum, of lines such as ``<64 digits> <file>``."""
    with whole(path, "a list of SHA-256 sums", AGAIN):
        rows = [line.split(maxsplit=1) for line in path.read_text("utf-8").splitlines() if line.strip()]
        return {name.lstrip("*"): sha256.lower() for sha256, name in rows}


def instructions(card: Card) -> str:
    """What to do for a data set that cannot be had by a download alone."""
    if card.bundled:
        return f"{card.name} comes with the package; there is nothing to fetch."
    how = card.access or f"Get it from {card.source}, under its terms ({card.licence})."
    return f"{card.name} cannot be fetched for you. {how} Then pass, as --root, the folder that holds {card.files}."


def _unpack(files: list[Path], folder: Path, scratch: Path) -> None:
    """Archives, and archives in them, into `folder`; other files as they are."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    for file in files:
        size = 0
        if file.suffix == ".zip":
            size = _extract(file, scratch, of=file)
            _check_listed(scratch)
        else:
            shutil.copy2(file, scratch)
        for inner in sorted(scratch.rglob("*.zip")):
            size += _extract(inner, inner.parent, of=file, beside=size)
            inner.unlink()
    for path in sorted(scratch.iterdir()):
        # of a process that was killed while it moved them
        if (folder / path.name).is_dir():
            shutil.rmtree(folder / path.name)
        os.replace(path, folder / path.name)


def _extract(archive: Path, into: Path, *, of: Path, beside: int = 0) -> int:
    """Bytes that an archive unpacked to; it is in the file `of`, as others are that unpacked to so many `beside`."""
    try:
        with zipfile.ZipFile(archive) as file:
            size = sum(member.file_size for member in file.infolist())
            check_unpacked(of, beside + size)
            check_space(size, into)
            file.extractall(into)
            return size
    except (DamagedFile, FetchFailed):
        raise
    except RAISED as error:
        raise DamagedFile(
            f"{archive} is not a whole archive ({error}). Delete it and fetch again."
        ) from error


def _check_listed(folder: Path) -> None:
    """Refuse files that are not those of the list of sums that came with them."""
    for listing in sorted(folder.rglob(SUMS)):
        for name, sha256 in _read_sums(listing).items():
            path = (listing.parent / name).resolve()
            # a list may name files elsewhere, which are none of its business
            ours = path.is_relative_to(folder.resolve()) and path.is_file()
            if ours and digest_of(path) != sha256:
                raise DamagedFile(
                    f"{name} must have the SHA-256 sum that {SUMS} beside it lists, and has another one. {AGAIN}"
                )
