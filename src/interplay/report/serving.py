"""The page of all runs on this machine alone, made anew whenever it is loaded."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from interplay.comparison import list_runs
from interplay.errors import InterplayError
from interplay.report.runs_page import runs_page

HERE = "127.0.0.1"
NAMES_OF_HERE = (HERE, "localhost")


def runs_server(folder: str | Path, *, port: int = 0) -> ThreadingHTTPServer:
    """A server of the page of all runs in a folder, for this machine alone; `serve_forever` starts it.

    Parameters
    ----------
    folder : str or Path
    port : int
        0 takes any that is free; see `server_port` of what is returned.

    Returns
    -------
    http.server.ThreadingHTTPServer
        It answers with the page at ``/`` and with reports of runs that are there now, and with no other file.
    """
    folder = Path(folder)
    list_runs(folder)

    class Handler(RunsHandler):
        runs_folder = folder

    return ThreadingHTTPServer((HERE, port), Handler)


class RunsHandler(BaseHTTPRequestHandler):
    """Answers with the page, and with reports that it links to."""

    runs_folder: Path

    def do_GET(self) -> None:
        """Send what the address stands for."""
        # another site's name that was made to lead here must not read pages
        if self.headers.get("Host", "").rsplit(":", 1)[0] not in NAMES_OF_HERE:
            self.send_error(403)
            return
        try:
            page = self._page(unquote(urlsplit(self.path).path).lstrip("/"))
        except (InterplayError, OSError):
            page = None
        if page is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(page)

    def _page(self, name: str) -> bytes | None:
        runs = list_runs(self.runs_folder)
        if not name:
            return runs_page(runs, self.runs_folder / "runs.html").encode()
        reports = (run.report for run in runs.runs if run.report is not None)
        known = {path.relative_to(self.runs_folder).as_posix(): path for path in reports}
        return known[name].read_bytes() if name in known else None

    def log_message(self, format: str, *args) -> None:  # noqa: A002
        """Say nothing: the terminal is the user's."""
