"""What README.md shows works in an empty folder as written, and prints what is shown."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from printed import differs

README = Path(__file__).parents[1] / "README.md"


def shown(language: str) -> list[tuple[str, str]]:
    """Blocks of a language in README, each with the text block that follows it, or "" if none does."""
    text = README.read_text("utf-8")
    found = re.findall(
        rf"^```{language}\n(.*?)^```(?:\n\n```text\n(.*?)^```)?", text, flags=re.DOTALL | re.MULTILINE
    )
    return [(code, output) for code, output in found]


def in_words(line: str) -> str:
    """A command line as a shell runs it, with this Python's interplay."""
    return re.sub(r"^interplay\b", f"{sys.executable} -m interplay", line)


def run(script: str, folder: Path) -> str:
    done = subprocess.run(["bash", "-ec", script], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_is_something_to_run():
    assert len(shown("python")) >= 1
    assert len(shown("sh")) >= 2
    assert any(output for _, output in shown("sh"))
    assert any(output for _, output in shown("python"))


def test_differences_of_words_and_of_numbers_are_seen():
    assert differs("macro-F1  0.90 of 8\n", "macro-F1 0.93 of 8") is None
    assert differs("macro-F1 0.70", "macro-F1 0.93") is not None
    assert differs("macro-F1 of 1000", "macro-F1 of 1050") is None
    assert differs("macro-F1 of 1000", "macro-F1 of 1200") is not None
    assert differs("AUROC 0.93", "macro-F1 0.93") is not None
    assert differs("a\nb", "a") is not None


@pytest.mark.long
def test_commands_work_in_an_empty_folder_and_print_what_is_shown(tmp_path):
    for block, output in shown("sh"):
        for line in block.splitlines():
            if line.startswith("make "):
                continue  # a checkout is needed, and the suite would start itself
            printed = run(in_words(line), tmp_path)
            if output and line == block.splitlines()[-1]:
                assert differs(printed, output) is None


@pytest.mark.long
def test_python_works_in_an_empty_folder_and_prints_what_is_shown(tmp_path):
    (block, output), *_ = shown("python")
    (tmp_path / "ten.py").write_text(block, "utf-8")
    printed = run(f"{sys.executable} ten.py", tmp_path)
    assert differs(printed, output) is None
    assert (tmp_path / "runs" / "hapt" / "report.html").is_file()
