"""Fetching from a server of this machine: whole, resumed, changed, wrong, and not at all."""

import io
import threading
import zipfile
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from interplay.datasets import DATASETS, Card, fetch_dataset
from interplay.datasets.fetch import instructions
from interplay.errors import DamagedFile, FetchFailed, InvalidInput

FACTS = {"name": "toy", "title": "Toy", "source": "a server", "licence": "CC0", "citation": "none", "entities": "1",
         "modalities": {}, "target": "none", "step_s": 1.0, "steps": 1, "files": "inner.csv"}  # fmt: skip


class Files(BaseHTTPRequestHandler):
    """Serves `server.files`, with ranges; breaks off after `server.most` bytes of an answer."""

    def do_GET(self):
        body = self.server.files.get(self.path)
        self.server.asked.append(self.headers.get("Range"))
        if body is None:
            self.send_error(404)
            return
        tag, begin = f'"{sha256(body).hexdigest()[:8]}"', 0
        if self.headers.get("Range") and self.headers.get("If-Range") == tag:
            begin = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
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
    server.files, server.asked, server.most = {}, [], 10**9
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
