"""Fetching from a server of this machine: whole, resumed, changed, wrong, and not at all."""

import gzip
import io
import os
import subprocess
import sys
import threading
import zipfile
from collections import namedtuple
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from interplay.datasets import DATASETS, Card, fetch_dataset
from interplay.datasets.download import _Session
from interplay.datasets.fetch import RECORD, instructions
from interplay.errors import DamagedFile, FetchFailed, InvalidInput

FACTS = {"name": "toy", "title": "Toy", "source": "a server", "licence": "CC0", "citation": "none", "entities": "1",
         "modalities": {}, "target": "none", "step_s": 1.0, "steps": 1, "files": "inner.csv"}  # fmt: skip


Free = namedtuple("Free", ["free"])


class Files(BaseHTTPRequestHandler):
    """Serves `server.files`, with ranges; breaks off after `server.most` bytes of an answer."""

    def do_GET(self):
        body = self.server.files.get(self.path)
        self.server.asked.append(self.headers.get("Range"))
        if body is None:
            self.send_error(404)
            return
        tag, begin = f'"{sha256(body).hexdigest()[:8]}"', 0
        if self.server.to and self.path != "/landed":
            self.send_response(302)
            self.send_header("Location", self.server.to)
            self.end_headers()
            return
        if self.headers.get("Range") and (self.headers.get("If-Range") == tag or self.server.glues):
            begin = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
            if begin == len(body):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(body)}")
                self.end_headers()
                return
            self.send_response(206)
        else:
            self.send_response(200)
        self.send_header("ETag", self.server.weak + tag)
        if self.server.says_length:
            self.send_header("Content-Length", str(len(body) - begin))
        if self.server.packs:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body[begin:][: self.server.most])

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    server.files, server.asked, server.most, server.glues, server.to = {}, [], 10**9, False, ""
    server.says_length, server.packs, server.weak = True, False, ""
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()


def archive(**files):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        for name, content in files.items():
            file.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return held.getvalue()


def card_of(server, *names, sums=None):
    return Card(**FACTS, downloads={f"{server.url}/{name}": (sums or {}).get(name, "") for name in names})


def test_archives_in_archives_are_unpacked_and_the_record_comes_last(server, tmp_path):
    body = archive(data__deep_dot_zip=archive(inner_dot_csv="a,b\n1,2\n"), readme_dot_txt="hello")
    server.files = {"/toy+data.zip": body, "/labels.txt": b"1 2 3"}
    shares = []
    card = card_of(server, "toy+data.zip", "labels.txt", sums={"toy+data.zip": sha256(body).hexdigest()})
    folder = fetch_dataset(card, tmp_path / "new", progress=shares.append)
    assert {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} == {
        "data/inner.csv", "readme.txt", "labels.txt", "fetched.json"}  # fmt: skip
    assert (folder / "data" / "inner.csv").read_text() == "a,b\n1,2\n"
    assert sha256(b"1 2 3").hexdigest() in (folder / "fetched.json").read_text()
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    # once whole, nothing is asked of the server again
    asked = len(server.asked)
    fetch_dataset(card, folder)
    assert len(server.asked) == asked


def test_an_interrupted_download_goes_on_where_it_stopped(server, tmp_path):
    body = archive(inner_dot_csv="x" * 3_000_000)
    server.files, server.most = {"/toy.zip": body}, 1_000_000
    card = card_of(server, "toy.zip", sums={"toy.zip": sha256(body).hexdigest()})
    with pytest.raises(FetchFailed, match=r"cannot be downloaded .* the same command goes on there"):
        fetch_dataset(card, tmp_path / "new")
    assert [p.name for p in (tmp_path / "new").iterdir()] == [".downloads"]
    size = (tmp_path / "new" / ".downloads" / "toy.zip.part").stat().st_size
    assert 0 < size <= 1_000_000
    server.most = 10**9
    folder = fetch_dataset(card, tmp_path / "new")
    assert server.asked == [None, f"bytes={size}-"]
    assert len((folder / "inner.csv").read_text()) == 3_000_000
    assert not (folder / ".downloads").exists()


def test_a_file_that_changed_meanwhile_is_fetched_anew(server, tmp_path):
    server.files, server.most = {"/toy.zip": archive(inner_dot_csv="x" * 600_000)}, 300_000
    card = card_of(server, "toy.zip")
    with pytest.raises(FetchFailed):
        fetch_dataset(card, tmp_path)
    server.files, server.most = {"/toy.zip": archive(inner_dot_csv="y" * 600_000)}, 10**9
    assert (fetch_dataset(card, tmp_path) / "inner.csv").read_text() == "y" * 600_000


def test_a_file_that_came_whole_before_the_process_ended_is_not_fetched_again(server, tmp_path):
    body = archive(inner_dot_csv="x")
    server.files = {"/toy.zip": body}
    parts = tmp_path / "new" / ".downloads"
    parts.mkdir(parents=True)
    (parts / "toy.zip.part").write_bytes(body)
    (parts / "toy.zip.tag").write_text(f'"{sha256(body).hexdigest()[:8]}"')
    assert (fetch_dataset(card_of(server, "toy.zip"), tmp_path / "new") / "inner.csv").read_text() == "x"
    assert server.asked == [f"bytes={len(body)}-"]


def test_halves_of_two_files_are_not_glued(server, tmp_path):
    server.files, server.most = {"/toy.zip": archive(inner_dot_csv="x" * 600_000)}, 300_000
    card = card_of(server, "toy.zip")
    with pytest.raises(FetchFailed):
        fetch_dataset(card, tmp_path)
    # a server that heeds no If-Range
    server.files, server.most, server.glues = {"/toy.zip": archive(inner_dot_csv="y" * 600_000)}, 10**9, True
    with pytest.raises(FetchFailed, match="ConnectionError"):
        fetch_dataset(card, tmp_path)
    assert (fetch_dataset(card, tmp_path) / "inner.csv").read_text() == "y" * 600_000


def test_addresses_that_leave_the_folder_or_https_are_refused(server, tmp_path):
    for name in ("..%2f..%2fowned.txt", "..", "%2e%2e", "a%00b", "c:d", "..%5cowned.txt"):
        card = Card(**FACTS, downloads={f"{server.url}/{name}": ""})
        with pytest.raises(InvalidInput, match="must end in the name of a file"):
            fetch_dataset(card, tmp_path / "a" / "b")
    assert server.asked == []
    server.files, server.to = {"/toy.txt": b"x", "/landed": b"x"}, "file:///etc/hostname"
    with pytest.raises(FetchFailed, match="by https all the way; it leads to file:///etc/hostname"):
        fetch_dataset(card_of(server, "toy.txt"), tmp_path / "c")
    answer = requests.Response()
    answer.url, answer.status_code = "https://here/toy.txt", 302
    # said before anybody goes there
    for worse in ("http://elsewhere/toy.txt", "file:///etc/hostname", "ftp://elsewhere/toy.txt"):
        answer.headers["Location"] = worse
        with pytest.raises(FetchFailed, match=f"by https all the way; it leads to {worse}"):
            _Session().get_redirect_target(answer)
    answer.headers["Location"] = "/other.txt"
    assert _Session().get_redirect_target(answer) == "/other.txt"


def test_what_the_disk_cannot_hold_is_refused_before_it_is_full(server, tmp_path, monkeypatch):
    server.files = {"/toy.zip": archive(inner_dot_csv="x" * 5000)}
    for free in (10, 2000):  # too little for the archive, and for what it holds
        monkeypatch.setattr("interplay.datasets.download.shutil.disk_usage", lambda _, free=free: Free(free))
        with pytest.raises(FetchFailed, match="of free space for what comes"):
            fetch_dataset(card_of(server, "toy.zip"), tmp_path / f"{free}")


def listed(server, name, **files):
    """A card whose publisher lists sums, as PhysioNet does; without any it lists those of what it serves."""
    lines = [f"{files.get(path, sha256(body).hexdigest())} {path[1:]}" for path, body in server.files.items()]
    server.files["/SHA256SUMS.txt"] = ("\n".join(lines) + "\n").encode()
    return Card(**FACTS, downloads={f"{server.url}/{name}": ""}, sums=f"{server.url}/SHA256SUMS.txt")


def test_files_are_held_to_the_sums_that_their_publisher_lists(server, tmp_path):
    server.files = {"/toy.zip": archive(inner_dot_csv="x")}
    assert (fetch_dataset(listed(server, "toy.zip"), tmp_path / "a") / "inner.csv").read_text() == "x"
    server.files = {"/toy.zip": archive(inner_dot_csv="x")}
    card = listed(server, "toy.zip", **{"/toy.zip": "0" * 64})
    with pytest.raises(DamagedFile, match=r"must have the SHA-256 sum 0000.* and has another one"):
        fetch_dataset(card, tmp_path / "b")
    # a list that is made right is read anew
    server.files = {"/toy.zip": archive(inner_dot_csv="x")}
    fetch_dataset(listed(server, "toy.zip"), tmp_path / "b")
    server.files = {"/other.zip": b"x"}
    card = listed(server, "toy.zip")
    with pytest.raises(DamagedFile, match=r"must list the sum of .*toy\.zip; it does not"):
        fetch_dataset(card, tmp_path / "c")
    server.files["/SHA256SUMS.txt"] = b"nonsense"
    with pytest.raises(DamagedFile, match="is not a list of SHA-256 sums"):
        fetch_dataset(card, tmp_path / "c")


def test_files_of_an_archive_are_held_to_the_list_in_it(server, tmp_path):
    def project(content):
        files = {
            "toy/deep/inner.csv": content,
            "toy/SHA256SUMS.txt": f"{sha256(b'x').hexdigest()} deep/inner.csv\n",
        }
        held_bytes = io.BytesIO()
        with zipfile.ZipFile(held_bytes, "w") as file:
            for name, text in files.items():
                file.writestr(name, text)
        return held_bytes.getvalue()

    server.files = {"/toy.zip": project("y")}
    with pytest.raises(
        DamagedFile, match=r"deep/inner\.csv must have the SHA-256 sum that SHA256SUMS\.txt beside it"
    ):
        fetch_dataset(card_of(server, "toy.zip"), tmp_path / "a")
    server.files = {"/toy.zip": project("x")}
    assert (
        fetch_dataset(card_of(server, "toy.zip"), tmp_path / "b") / "toy" / "deep" / "inner.csv"
    ).is_file()


@pytest.mark.parametrize("says_length", [True, False])
def test_a_file_larger_than_its_data_set_says_is_refused(server, tmp_path, says_length):
    server.files, server.says_length = {"/toy.txt": b"x" * 3_000_000}, says_length
    card = Card(**FACTS, downloads={f"{server.url}/toy.txt": ""}, most_gb=0.001)
    with pytest.raises(FetchFailed, match=r"toy\.txt must have at most 0\.001 GB"):
        fetch_dataset(card, tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) <= 1_000_000 + (1 << 18)


def test_a_server_that_packs_or_tells_versions_apart_loosely_is_asked_for_all_again(server, tmp_path):
    server.files, server.packs = {"/toy.txt": gzip.compress(b"1 2 3")}, True
    assert (fetch_dataset(card_of(server, "toy.txt"), tmp_path / "a") / "toy.txt").read_bytes() == b"1 2 3"
    server.files, server.most = {"/toy.txt": gzip.compress(b"1 2 3" * 1000), "/bad.txt": b"no gzip"}, 20
    for name in ("toy.txt", "bad.txt"):
        with pytest.raises(FetchFailed, match="cannot be downloaded"):
            fetch_dataset(card_of(server, name), tmp_path / f"b {name}")
    server.packs, server.weak, server.most = False, "W/", 1_000_000
    server.files = {"/toy.txt": b"x" * 2_000_000}
    for _ in range(2):
        with pytest.raises(FetchFailed):
            fetch_dataset(card_of(server, "toy.txt"), tmp_path / "c")
    assert server.asked[-2:] == [None, None]


def test_damage_within_an_archive_is_told(server, tmp_path):
    body = bytearray(archive_of(b"x" * 100_000))
    body[60:70] = b"\xff" * 10
    server.files = {"/toy.zip": bytes(body)}
    with pytest.raises(DamagedFile, match="is not a whole archive"):
        fetch_dataset(card_of(server, "toy.zip"), tmp_path)


def archive_of(content):
    """A packed archive of one file."""
    held_bytes = io.BytesIO()
    with zipfile.ZipFile(held_bytes, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("inner.csv", content)
    return held_bytes.getvalue()


def test_an_archive_that_stands_for_gigabytes_is_refused(server, tmp_path):
    inner = archive_of(b" " * 70_000_000)
    server.files = {"/toy.zip": archive(a_dot_zip=inner, b_dot_zip=inner)}
    with pytest.raises(DamagedFile, match="must not unpack to more than 100 times its size"):
        fetch_dataset(card_of(server, "toy.zip"), tmp_path)


def test_a_process_that_was_killed_while_it_moved_files_has_them_moved_again(server, tmp_path, monkeypatch):
    body = archive(data__a_dot_csv="1", other_dot_csv="2")
    server.files = {"/toy.zip": body}
    replace = os.replace

    def killed(source, target):
        replace(source, target)
        if str(target).endswith("data"):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("interplay.datasets.fetch.os.replace", killed)
        with pytest.raises(KeyboardInterrupt):
            fetch_dataset(card_of(server, "toy.zip"), tmp_path / "new")
    folder = fetch_dataset(card_of(server, "toy.zip"), tmp_path / "new")
    assert (folder / "data" / "a.csv").read_text() + (folder / "other.csv").read_text() == "12"
    assert (folder / RECORD).is_file()


def test_two_processes_do_not_fetch_into_one_folder(server, tmp_path):
    parts = tmp_path / "new" / ".downloads"
    parts.mkdir(parents=True)
    code = f"from filelock import FileLock\nlock = FileLock({str(parts / 'lock')!r})\nlock.acquire()\n"
    code += "print(flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        other.stdout.readline()
        with pytest.raises(InvalidInput, match="must be fetched by one process at a time"):
            fetch_dataset(card_of(server, "toy.zip"), tmp_path / "new")
        other.communicate("\n")
    assert server.asked == []


def test_a_wrong_checksum_leaves_nothing_that_looks_whole(server, tmp_path):
    server.files = {"/toy.zip": archive(inner_dot_csv="other")}
    card = card_of(server, "toy.zip", sums={"toy.zip": "0" * 64})
    with pytest.raises(DamagedFile, match=r"must have the SHA-256 sum 0000.* and has another one"):
        fetch_dataset(card, tmp_path)
    assert not (tmp_path / "inner.csv").exists()
    assert not (tmp_path / "fetched.json").exists()


def test_what_is_no_archive_is_told(server, tmp_path):
    server.files = {"/toy.zip": b"<html>sorry</html>"}
    with pytest.raises(DamagedFile, match="is not a whole archive"):
        fetch_dataset(card_of(server, "toy.zip"), tmp_path)


def test_a_server_that_has_no_such_file_or_is_not_there(server, tmp_path):
    with pytest.raises(FetchFailed, match="the server says 404"):
        fetch_dataset(card_of(server, "toy.zip"), tmp_path / "a")
    gone = Card(**FACTS, downloads={"http://127.0.0.1:9/toy.zip": ""})
    with pytest.raises(FetchFailed, match="ConnectionError"):
        fetch_dataset(gone, tmp_path / "b")


def test_a_folder_of_other_files_is_kept(server, tmp_path):
    (tmp_path / "precious.txt").write_text("data")
    with pytest.raises(InvalidInput, match="must be new or empty; it holds other files"):
        fetch_dataset(card_of(server, "toy.zip"), tmp_path)
    assert server.asked == []


def test_every_data_set_can_be_fetched_or_says_how_to_get_it():
    for card in (dataset.card for dataset in DATASETS.values()):
        assert card.bundled or card.downloads or card.access, card.name
    text = instructions(DATASETS["mimic4_mortality"].card)
    for step in ("credentialed", "citiprogram.org", "agreement", "wget", "--root"):
        assert step in text


def test_data_with_terms_get_instructions(tmp_path):
    card = Card(**FACTS, access="Apply at physionet.org and sign the agreement.")
    with pytest.raises(
        InvalidInput,
        match=r"toy cannot be fetched for you. Apply at .* as --root, the folder that holds inner.csv\.$",
    ):
        fetch_dataset(card, tmp_path / "x")
    with pytest.raises(InvalidInput, match="comes with the package"):
        fetch_dataset(DATASETS["hapt_sample"].card, tmp_path / "x")
    assert not (tmp_path / "x").exists()
