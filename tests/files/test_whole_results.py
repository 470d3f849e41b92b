"""Results appear whole or not at all, as private as the umask says, and nothing of a dead process stays."""

import os
import subprocess
import sys
import textwrap

import pytest
from filelock import FileLock

from interplay.errors import InterplayWarning, InvalidInput
from interplay.files import (
    check_writable,
    finish_files,
    part_of,
    parts,
    unfinished_work,
    whole,
    whole_file,
    whole_files,
    whole_folder,
)
from interplay.files.lock import Busy, held
from interplay.files.parts import remove_leftovers
from interplay.files.scratch import Scratch


class Killed(BaseException):
    """Ends a block as if the process had been killed: nothing is cleaned."""


def elsewhere(code: str) -> subprocess.Popen:
    """Another process; it says a line when it is where it should be, and waits there."""
    lines = "from interplay.files import *\nimport sys, time, os, signal\nfrom pathlib import Path\n"
    lines += "def wait():\n    print('there', flush=True)\n    time.sleep(60)\n" + textwrap.dedent(code)
    process = subprocess.Popen([sys.executable, "-c", lines], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    return process


def kill(process: subprocess.Popen) -> None:
    process.kill()
    process.communicate()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("umask", "rights"), [(0o077, 0o600), (0o027, 0o640), (0o002, 0o664)])
def test_files_and_folders_follow_the_umask(tmp_path, umask, rights):
    before = os.umask(umask)
    try:
        with whole_file(tmp_path / "file") as part:
            part.write_text("x")
        with whole_files(tmp_path / "main") as part:
            (part / "main").write_text("x")
        with whole_folder(tmp_path / "folder") as part:
            (part / "inner").write_text("x")
            (part / "inner").chmod(0o600)  # as safetensors leaves its files
    finally:
        os.umask(before)
    for name in ("file", "main", "folder/inner"):
        assert (tmp_path / name).stat().st_mode & 0o777 == rights
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o777 & ~umask


@pytest.mark.parametrize("write", ["whole_file(out)", "whole_files(out)", "whole_folder(out)"])
def test_what_a_killed_process_left_goes_at_the_next_start_and_what_a_living_one_writes_stays(
    tmp_path, write
):
    out = tmp_path / "out"
    living = elsewhere(f"out = Path({str(out)!r})\nwith {write}:\n    wait()")
    dead = elsewhere(f"out = Path({str(out)!r})\nwith {write}:\n    wait()")
    kill(dead)
    assert len(names(tmp_path)) == 2
    with whole_file(out) as part:
        part.write_text("mine")
    assert len(names(tmp_path)) == 2  # the file, and what the living process writes
    kill(living)
    with whole_file(out, overwrite=True) as part:
        part.write_text("mine")
    assert names(tmp_path) == ["out"]


def test_several_files_are_published_by_one_rename(tmp_path, monkeypatch):
    main = tmp_path / "main"

    def save(text):
        with whole_files(main, overwrite=True) as part:
            for name in ("main", "beside"):
                (part / name).write_text(text)

    def read():
        finish_files(main)
        return (main.read_text(), (tmp_path / "beside").read_text())

    save("old")
    # killed at any step of the publication, both are old or both are new
    seen = set()
    for step in range(1, 10):
        save("old")
        calls = []

        def at_step(call, step=step, calls=calls):
            def counted(*values):
                calls.append(call)
                if len(calls) == step:
                    raise Killed
                return call(*values)

            return counted

        with monkeypatch.context() as patch:
            patch.setattr(whole.os, "replace", at_step(os.replace))
            patch.setattr(whole, "sync", at_step(whole.sync))
            patch.setattr(whole, "settle", at_step(whole.settle))
            try:
                save("new")
            except Killed:
                pass
            else:
                break
        seen.add(read())
    assert step > 4
    assert seen == {("old", "old"), ("new", "new")}
    assert names(tmp_path) == ["beside", "main"]


def test_processes_that_publish_the_same_files_take_turns(tmp_path):
    main = tmp_path / "main"
    code = f"""
        main = Path({str(main)!r})
        def save(text):
            with whole_files(main, overwrite=True) as part:
                for name in ("main", "beside"):
                    (part / name).write_text(text)
        print("there", flush=True)
        for k in range(40):
            save(f"{{os.getpid()}} {{k}}")
    """
    processes = [elsewhere(code) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert main.read_text() == (tmp_path / "beside").read_text()
    assert main.read_text().endswith(" 39")
    assert names(tmp_path) == ["beside", "main"]


@pytest.mark.parametrize("error", [FileExistsError, FileNotFoundError])
def test_a_part_that_goes_while_it_is_looked_at_is_nobodys_fault(tmp_path, monkeypatch, error):
    def gone(self, **_):
        raise error(self.lock_file)

    part = tmp_path / ".main.0123abcd.writing"
    part.mkdir()
    (part / "lock").touch()
    monkeypatch.setattr(FileLock, "acquire", gone)
    remove_leftovers(tmp_path / "main")
    with pytest.raises(error), held(part / "lock"):
        pass


def test_a_folder_is_replaced_in_one_step_or_put_back(tmp_path, monkeypatch):
    out = tmp_path / "out"

    def save(text):
        with whole_folder(out, overwrite=True) as part:
            (part / "x").write_text(text)

    save("first")
    missing = []
    if sys.platform == "linux":
        with monkeypatch.context() as patch:
            patch.setattr(whole.Path, "rename", lambda *_: missing.append("a moment without"))
            save("second")
        assert (missing, (out / "x").read_text()) == ([], "second")
    # a system that cannot exchange folders, and a process killed between its two renames
    killed = elsewhere(f"""
        from interplay.files import whole
        whole._exchanged = lambda *_: False
        out, rename = Path({str(out)!r}), Path.rename
        Path.rename = lambda self, to: rename(self, to) if self == out else wait()
        with whole_folder(out, overwrite=True) as part:
            (part / "x").write_text("third")
    """)
    assert not out.exists()
    kill(killed)
    with pytest.raises(InvalidInput, match="must not exist yet"), whole_folder(out):
        pass
    assert (out / "x").read_text() == "third"


def test_a_second_process_is_told_that_another_is_at_work(tmp_path):
    out = tmp_path / "run"
    first = elsewhere(
        f"with unfinished_work({str(out)!r}) as folder:\n    (folder / 'x').touch()\n    wait()"
    )
    with (
        pytest.raises(
            InvalidInput, match=r"run must be made by one process at a time; another one is at work"
        ),
        unfinished_work(out),
    ):
        pass
    kill(first)
    assert (part_of(out) / "x").exists()
    with unfinished_work(out) as folder:
        assert (folder / "x").exists()  # what was kept is gone on from
        with unfinished_work(out) as again:
            assert again == folder
        assert folder.is_dir()
    assert names(tmp_path) == []


def test_work_goes_when_its_result_is_there_even_if_the_process_was_killed_in_between(tmp_path):
    out = tmp_path / "run"
    killed = elsewhere(f"""
        with unfinished_work({str(out)!r}) as folder:
            (folder / "state").touch()
            with whole_folder({str(out)!r}) as part:
                (part / "x").touch()
            wait()
    """)
    with pytest.raises(InvalidInput, match="must not exist yet"):
        check_writable(out, overwrite=False)
    assert part_of(out).is_dir()  # the process lives
    kill(killed)
    with pytest.raises(InvalidInput, match="must not exist yet"):
        check_writable(out, overwrite=False)
    assert names(tmp_path) == ["run"]
    # work that became nothing yet stays, whatever is there
    part_of(out).mkdir()
    (part_of(out) / "state").touch()
    with pytest.raises(InvalidInput, match="must not exist yet"):
        check_writable(out, overwrite=False)
    assert names(part_of(out)) == ["state"]


def test_work_that_failed_is_kept_without_its_lock_and_none_leaves_nothing(tmp_path):
    def fail(name, file):
        with unfinished_work(tmp_path / name) as folder:
            if file:
                (folder / file).touch()
            raise KeyboardInterrupt

    for name, file in (("empty", None), ("run", "state")):
        with pytest.raises(KeyboardInterrupt):
            fail(name, file)
    assert names(tmp_path) == [".run.part"]
    assert names(tmp_path / ".run.part") == ["state"]


def test_what_came_to_be_meanwhile_is_not_replaced(tmp_path):
    def write(kind, out):
        with kind(out) as part:
            (part if kind is whole_file else part / "x").write_text("mine")
            out.mkdir() if kind is whole_folder else out.write_text("of another")

    for kind in (whole_file, whole_files, whole_folder):
        with pytest.raises(InvalidInput, match="must not exist yet, and does"):
            write(kind, tmp_path / kind.__name__)
    assert (tmp_path / "whole_file").read_text() == "of another"


def test_a_place_that_cannot_be_written_is_refused_before_the_work(tmp_path):
    with pytest.raises(
        InvalidInput, match=r"must be a place that can be written; the system refuses \(File name too"
    ):
        check_writable(tmp_path / ("x" * 250), overwrite=False)


def test_temporary_folders_of_dead_processes_go_and_those_of_the_living_stay(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    code = "from interplay.files.scratch import Scratch\nscratch = Scratch()\nwait()"
    dead, living = elsewhere(code), elsewhere(code)
    kill(dead)
    (tmp_path / "interplay-of-somebody").mkdir()
    mine, ours = Scratch(), Scratch()
    assert mine.path.is_dir()
    assert ours.path.is_dir()
    assert len(names(tmp_path)) == 4
    del mine, ours
    assert len(names(tmp_path)) == 2
    kill(living)


def test_read_state_is_not_believed_when_a_bit_of_it_changed(tmp_path):
    import torch

    from interplay.files.state import read_state, write_state

    path, tensors = tmp_path / "x.safetensors", {"a": torch.arange(4.0), "none": torch.zeros(0, 2)}
    write_state(path, tensors, "text")
    again, text = read_state(path)
    assert text == "text"
    assert torch.equal(again["a"], tensors["a"])
    whole_content = path.read_bytes()
    for place in (
        len(whole_content) - 1,
        whole_content.index(b"text") + 8,
        whole_content.index(b'"a"') + 1,
        3,
        20,
    ):
        changed = bytearray(whole_content)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.warns(InterplayWarning, match=r"x\.safetensors must be as it was kept, and is damaged"):
            assert read_state(path) is None
        assert not path.exists()
    assert read_state(path) is None


def test_a_folder_that_another_process_takes_for_a_leftover_is_made_anew(tmp_path, monkeypatch):
    held, asked = parts.held, []

    def taken_once(path, **options):
        asked.append(path)
        if len(asked) == 1:
            raise Busy(path)
        return held(path, **options)

    monkeypatch.setattr(parts, "held", taken_once)
    with parts.part_beside(tmp_path / "main") as part:
        assert part.is_dir()
    assert len({path.parent for path in asked}) == 2
    assert names(tmp_path) == []
