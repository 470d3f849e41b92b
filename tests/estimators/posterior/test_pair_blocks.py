"""Blocks of pairs: the same findings, in several processes too, and after an interruption."""

import numpy as np
import pytest

import interplay as ip
from interplay.errors import InterplayWarning
from interplay.estimators.posterior import store
from interplay.estimators.posterior.blocks import BlockTask
from interplay.files.state import read_state

QUICK = {"folds": 2, "epochs": 8, "n_bootstrap": 20, "n_rotations": 19}
ATOMS = ("redundancy", "unique", "synergy", "joint_mi", "p_value", "gap_bits")


@pytest.fixture(scope="module")
def windows():
    """Three exclusive ors, of two modalities each."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (6, 1000))
    y = (bits[0] ^ bits[1]) + 2 * (bits[2] ^ bits[3]) + 4 * (bits[4] ^ bits[5])
    shown = {f"m{k}": 2.0 * bit[:, None] + 0.1 * rng.normal(size=(1000, 1)) for k, bit in enumerate(bits)}
    return ip.windows_from_arrays(shown, y, steps=1)


def small_blocks(**more):
    # 3 copies x 3 sides x 1 lag x 1,000 windows x 8 classes x 4 bytes is 0.29 MB a screened pair; three are
    return ip.PosteriorPID(block_bytes=3.5e5, **QUICK | more)


def untrained_blocks(**more):
    """For what is about files alone."""
    return small_blocks(epochs=1, **more)


@pytest.fixture(scope="module")
def in_blocks(windows):
    return ip.TemporalRUS(small_blocks()).fit(windows).profile_


@pytest.mark.slow
def test_blocks_find_what_one_block_finds(windows, in_blocks):
    whole = ip.TemporalRUS(ip.PosteriorPID(**QUICK)).fit(windows).profile_
    assert len(in_blocks.probe.blocks) == 3
    assert len(whole.probe.blocks) == 1
    off = ~np.eye(6, dtype=bool)
    for name in ("redundancy", "unique", "synergy"):
        # other probes, the same held-out windows: within three standard errors of an or of 1 bit at 1,000 steps
        np.testing.assert_allclose(
            in_blocks.dataset[name].values[off], whole.dataset[name].values[off], atol=0.025
        )


@pytest.mark.slow
def test_several_processes_change_nothing(windows, in_blocks):
    both = ip.TemporalRUS(small_blocks(n_jobs=2)).fit(windows).profile_
    for name in ATOMS:
        np.testing.assert_allclose(both.dataset[name], in_blocks.dataset[name], atol=1e-6)


def test_an_interrupted_run_continues(windows, in_blocks, tmp_path, monkeypatch):
    folder = str(tmp_path / "work")
    run, calls = BlockTask.run, []

    def fails_at_third(self, *args):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return run(self, *args)

    monkeypatch.setattr(BlockTask, "run", fails_at_third)
    with pytest.raises(KeyboardInterrupt):
        ip.TemporalRUS(small_blocks(resume=folder)).fit(windows)
    monkeypatch.undo()
    monkeypatch.setattr(BlockTask, "run", lambda self, *args: calls.append(2) or run(self, *args))
    again = ip.TemporalRUS(small_blocks(resume=folder)).fit(windows).profile_
    assert calls.count(2) == 1
    for name in ATOMS:
        np.testing.assert_array_equal(again.dataset[name], in_blocks.dataset[name])


def test_other_data_do_not_take_up_old_work(windows, tmp_path):
    folder = tmp_path / "work"
    ip.TemporalRUS(untrained_blocks(resume=str(folder))).fit(windows)
    before = {file.name for file in folder.iterdir()}
    ip.TemporalRUS(untrained_blocks(resume=str(folder))).fit(windows.select(np.arange(900)))
    after = {file.name for file in folder.iterdir()}
    assert before < after


def test_blocks_of_another_format_are_not_taken_up(windows, tmp_path, monkeypatch):
    folder = tmp_path / "work"
    ip.TemporalRUS(untrained_blocks(resume=str(folder))).fit(windows)
    before = {file.name for file in folder.iterdir()}
    monkeypatch.setattr(store, "FORMAT", store.FORMAT + 1)
    ip.TemporalRUS(untrained_blocks(resume=str(folder))).fit(windows)
    assert len({file.name for file in folder.iterdir()}) == 2 * len(before)


def test_a_damaged_block_is_named_and_done_again(windows, tmp_path):
    folder = tmp_path / "work"
    whole = ip.TemporalRUS(untrained_blocks(resume=str(folder))).fit(windows).profile_
    (block,) = folder.glob("*block-1*")
    content = block.read_bytes()
    # one bit of one number, which its format does not notice
    block.write_bytes(content[:-3] + bytes([content[-3] ^ 16]) + content[-2:])
    with pytest.warns(
        InterplayWarning, match=r"block-1.* must be as it was kept, and is damaged .* done again"
    ):
        again = ip.TemporalRUS(untrained_blocks(resume=str(folder))).fit(windows).profile_
    assert again == whole
    assert read_state(block) is not None


def test_work_of_another_version_is_not_taken_up(windows, tmp_path, monkeypatch):
    folder = tmp_path / "work"
    ip.TemporalRUS(untrained_blocks(resume=str(folder))).fit(windows)
    blocks = len(list(folder.iterdir()))
    monkeypatch.setattr("interplay.estimators.posterior.blocks.version", lambda name: "another")
    ip.TemporalRUS(untrained_blocks(resume=str(folder))).fit(windows)
    assert len(list(folder.iterdir())) == 2 * blocks
