"""The documentation names only commands and options that the command line has."""

import re
import shlex
from pathlib import Path

import pytest
from jsonargparse import ArgumentParser

from documented_files import stand_with_files_of
from interplay.cli import make_parser
from interplay.cli.usage import named_parser

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
FENCE = re.compile(r"^```.*?\n(.*?)^```", re.DOTALL | re.MULTILINE)


def whole_lines(text: str) -> list[str]:
    """Command lines of fenced blocks; they must work as they stand."""
    blocks = "\n".join(FENCE.findall(text)).replace("\\\n", " ")
    return [line.strip().removeprefix("$ ") for line in blocks.splitlines() if _is_command(line)]


def mentions(text: str) -> list[str]:
    """Inline code that begins with the command; it may be a part of a command line."""
    return [code for code in re.findall(r"`([^`]+)`", FENCE.sub("", text)) if _is_command(code)]


def _is_command(line: str) -> bool:
    return re.match(r"\s*(\$ )?interplay( |$)", line) is not None


def words_of(line: str) -> list[str]:
    words = shlex.split(line, comments=True)[1:]
    return words[
        : next((k for k, word in enumerate(words) if word in (">", ">>", "<", "|", "&&")), len(words))
    ]


def unknown(words: list[str]) -> list[str]:
    """Commands and options among the words that do not exist."""
    parser = make_parser(words)
    part = named_parser(parser, words)
    wrong = [] if not words or words[0].startswith("-") or part is not parser else words[:1]
    if part._subcommands_action is not None and part is not parser:
        wrong += [word for word in words[1:2] if not word.startswith("-")]
    return wrong + [word for word in words if word.startswith("-") and not _has_option(part, word)]


def _has_option(part: ArgumentParser, word: str) -> bool:
    name = word.split("=")[0]
    # arguments of a class that is named on the command line, such as --estimator.epochs
    of_class = name.startswith("--estimator.") and "--estimator" in part._option_string_actions
    return name in part._option_string_actions or of_class


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_name_only_what_exists(page, tmp_path, monkeypatch):
    stand_with_files_of(page, tmp_path, monkeypatch)
    text = page.read_text("utf-8")
    for line in whole_lines(text) + mentions(text):
        assert unknown(words_of(line)) == [], line
    for line in whole_lines(text):
        words = words_of(line)
        assert make_parser(words).parse_args(words), line


def test_there_is_something_to_look_at():
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(whole_lines(text)) >= 3


def test_what_does_not_exist_is_seen():
    assert unknown(["trian", "--data", "x"]) == ["trian", "--data"]
    assert unknown(["train", "--data", "x", "--modle.width", "3"]) == ["--modle.width"]
    assert unknown(["datasets", "lst"]) == ["lst"]
    assert unknown(["train", "--recipe", "default", "--model.width=128"]) == []
    assert unknown(["estimate", "x", "--estimator.epochs", "3"]) == []
    assert unknown(["--version"]) == []
    page = "Run `interplay demo` and\n```sh\n$ interplay train \\\n  --data x  # now\nother\n```\n"
    assert whole_lines(page) == ["interplay train    --data x  # now"]
    assert words_of(whole_lines(page)[0]) == ["train", "--data", "x"]
    assert mentions(page) == ["interplay demo"]
