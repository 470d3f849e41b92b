"""The page of all runs served: to this machine alone, always current, and no other file."""

import shutil
from http.client import HTTPConnection
from threading import Thread

import pytest

from interplay.errors import InvalidInput
from interplay.report import runs_server
from report_runs import drawn_run


@pytest.fixture
def served(tmp_path):
    """A folder of one run with a report, and its server."""
    folder = tmp_path / "runs"
    drawn_run(2, 3).save(folder / "a run")
    (folder / "a run" / "report.html").write_text("the report", "utf-8")
    (folder / "secret.txt").write_text("secret", "utf-8")
    with runs_server(folder) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield folder, server
        server.shutdown()
        thread.join(5)


def get(server, path: str, host: str | None = None) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request("GET", path, headers={} if host is None else {"Host": host})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_the_page_is_current_and_leads_to_reports(served):
    folder, server = served
    status, page = get(server, "/")
    assert status == 200
    assert 'href="./a%20run/report.html"' in page
    assert get(server, "/a%20run/report.html") == (200, "the report")
    shutil.copytree(folder / "a run", folder / "another")
    assert "another" in get(server, "/")[1]


@pytest.mark.parametrize(
    "path",
    [
        "/secret.txt",
        "/a%20run/config.yaml",
        "/../secret.txt",
        "/a%20run/../secret.txt",
        "/%2e%2e/runs/secret.txt",
    ],
)
def test_no_other_file_is_given(served, path):
    status, text = get(served[1], path)
    assert status == 404
    assert "secret\n" not in text


def test_it_listens_here_and_to_the_names_of_here_alone(served):
    server = served[1]
    assert server.server_address[0] == "127.0.0.1"
    assert get(server, "/", "localhost:80")[0] == 200
    assert get(server, "/", "elsewhere.example")[0] == 403


def test_a_folder_without_runs_is_refused_before_serving(tmp_path):
    with pytest.raises(InvalidInput, match="has none"):
        runs_server(tmp_path)
