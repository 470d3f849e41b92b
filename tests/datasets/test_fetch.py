"""Fetching from a server of this machine: whole, resumed, changed, wrong, and not at all."""

import io
import threading
import zipfile
from collections import namedtuple
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from interplay.datasets import DATASETS, Card, fetch_dataset
from interplay.datasets.fetch import _check_way, instructions
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
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body) - begin))
        self.end_headers()
        self.wfile.write(body[begin:][: self.server.most])

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    server.files, server.asked, server.most, server.glues, server.to = {}, [], 10**9, False, ""
    threading.Thread(target=server.serve_forever, daemon=True).start()
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


def test_addresses_that_leave_the_folder_or_https_are_refused(server, tmp_path, monkeypatch):
    card = Card(**FACTS, downloads={f"{server.url}/..%2f..%2fowned.txt": ""})
    with pytest.raises(InvalidInput, match="must end in the name of a file"):
        fetch_dataset(card, tmp_path / "a" / "b")
    assert server.asked == []
    server.files, server.to = {"/toy.txt": b"x", "/landed": b"x"}, "file:///etc/hostname"
    with pytest.raises(FetchFailed, match="InvalidSchema"):
        fetch_dataset(card_of(server, "toy.txt"), tmp_path / "c")
    answer = requests.Response()
    answer.url = "http://elsewhere/toy.txt"
    with pytest.raises(FetchFailed, match=r"by https all the way; it leads to http://elsewhere/toy\.txt"):
        _check_way("https://here/toy.txt", answer)


def test_what_the_disk_cannot_hold_is_refused_before_it_is_full(server, tmp_path, monkeypatch):
    server.files = {"/toy.zip": archive(inner_dot_csv="x" * 5000)}
    for free in (10, 2000):  # too little for the archive, and for what it holds
        monkeypatch.setattr("interplay.datasets.fetch.shutil.disk_usage", lambda _, free=free: Free(free))
        with pytest.raises(FetchFailed, match="of free space for what comes"):
            fetch_dataset(card_of(server, "toy.zip"), tmp_path / f"{free}")


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
