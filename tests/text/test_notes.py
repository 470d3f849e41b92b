"""Notes are what a local encoder makes of them, made once, and at the times at which they could be read."""

import itertools

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import interplay as ip
from interplay.errors import DamagedFile, InvalidInput
from interplay.text import TextEncoder, note_stream
from shared_data import shared
from tiny_encoder import WORDS, tiny_encoder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    pytest.importorskip("transformers")
    return tiny_encoder(tmp_path_factory.mktemp("encoder"))


def states(folder, text):
    """(t, 8) last hidden states of a text that fits into one chunk, by the model alone."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    ids = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        return AutoModel.from_pretrained(folder).eval()(ids).last_hidden_state[0].numpy()


# one rounding of float32 in some hundred operations
ROUNDING = {"rtol": 1e-5, "atol": 1e-6}


def test_an_embedding_is_the_mean_state_whatever_stands_beside_it(folder):
    texts = ["patient reports pain", "calm", "patient sleeps no pain asks for water", "calm"]
    together = TextEncoder(folder, batch_size=2).embed(texts)
    for text, vector in zip(texts, together, strict=True):
        np.testing.assert_allclose(vector, states(folder, text).mean(0), **ROUNDING)
    np.testing.assert_array_equal(together[1], together[3])


def test_long_notes_are_read_to_their_end(folder):
    words = [WORDS[k % len(WORDS)] for k in range(40)]  # of 16 tokens a chunk
    chunks = [" ".join(words[k : k + 16]) for k in (0, 16, 32)]
    expected = np.concatenate([states(folder, chunk) for chunk in chunks]).mean(0)
    (vector,) = TextEncoder(folder).embed([" ".join(words)])
    np.testing.assert_allclose(vector, expected, **ROUNDING)


def test_a_text_is_embedded_once_and_by_another_encoder_anew(folder, tmp_path, monkeypatch):
    encoder = TextEncoder(folder, cache=tmp_path / "cache")
    first = encoder.embed(["calm", "pain"])
    again = TextEncoder(folder, cache=tmp_path / "cache")
    monkeypatch.setattr(again, "_embedded", lambda texts: pytest.fail(f"{texts} were embedded again"))
    np.testing.assert_array_equal(again.embed(["pain", "calm", "pain"]), first[[1, 0, 1]])
    other = TextEncoder(tiny_encoder(tmp_path / "other", seed=1), cache=tmp_path / "cache")
    assert not np.allclose(other.embed(["calm"]), first[:1])
    assert len(list((tmp_path / "cache").rglob("*.npy"))) == 3
    assert not any(b"calm" in path.read_bytes() for path in (tmp_path / "cache").rglob("*.npy"))


def test_a_damaged_embedding_is_made_anew(folder, tmp_path):
    encoder = TextEncoder(folder, cache=tmp_path)
    expected = encoder.embed(["calm"])
    path = encoder.cache.path("calm")
    path.write_bytes(path.read_bytes()[:-5])
    np.testing.assert_array_equal(encoder.embed(["calm"]), expected)
    np.testing.assert_array_equal(np.load(path), expected[0])


def test_a_note_is_known_from_when_it_was_filed():
    vectors = np.eye(4, dtype=np.float32)
    stream = note_stream(vectors, [10.0, 20.0, 30.0, 40.0], available_s=[100.0, 20.0, np.nan, 5.0])
    assert stream.times_s.tolist() == [20.0, 40.0, 100.0]  # one was never filed, none before it was written
    np.testing.assert_array_equal(stream.values, vectors[[1, 3, 0]])
    recording = ip.Recording(
        entity="a",
        streams={"notes": stream},
        target=ip.label_intervals([0, 1], [0.0, 50.0], [50.0, 120.0]),
        classes=("no", "yes"),
        span_s=(0.0, 120.0),
    )
    windows = ip.make_windows([recording], step_s=10.0, steps=3, fill="hold")
    ends = windows.steps.time_s[windows.last]
    tells_of_first = np.nan_to_num(windows.steps.values["notes"][windows.last][:, 0, 0]) == 1
    assert tells_of_first.any()
    assert ends[tells_of_first].min() >= 100.0


@pytest.mark.parametrize("blank", ["", "  \n"])
def test_blank_notes_and_recordings_without_any(folder, blank):
    encoder = TextEncoder(folder)
    stream = note_stream(["calm", blank], [2.0, 1.0], encoder=encoder)
    assert stream.times_s.tolist() == [2.0]
    assert note_stream([blank], [1.0], encoder=encoder).values.shape == (0, 8)
    with pytest.raises(InvalidInput, match="blank"):
        encoder.embed([blank])


def test_words_and_a_sensor_that_tell_only_together_are_synergy(folder):
    rng = np.random.default_rng(0)
    pain, fast = rng.integers(0, 2, (2, 600))
    texts = [("patient reports pain", "patient sleeps calm")[k] for k in pain]
    notes = TextEncoder(folder).embed(texts)
    windows = ip.windows_from_arrays(
        {"notes": notes, "pulse": fast[:, None].astype(float)},
        pain ^ fast,
        steps=1,
        entity=np.arange(600) % 30,
    )
    profile = ip.TemporalRUS(ip.DiscretePID(n_cells=2, n_bootstrap=5, n_rotations=9)).fit(windows).profile_
    best = profile.top(1).iloc[0]
    assert (best["atom"], {best["source_i"], best["source_j"]}) == ("synergy", {"notes", "pulse"})
    # exclusive or of 600 draws: what single bits seem to tell by chance is of the order of 1 / 600
    assert best["bits"] == pytest.approx(1.0, abs=0.02)


def test_vectors_of_opinions_tell_as_much_as_published():
    data = np.load(shared("cmu_mosi_utterance") / "mosi_utterance.npz", allow_pickle=False)
    starts = data["video_starts"]
    recordings = []
    for k, (start, stop) in enumerate(itertools.pairwise(starts)):
        ends = np.arange(1.0, stop - start + 1)
        recordings.append(
            ip.Recording(
                entity=f"{k:02d}",
                streams={"text": note_stream(data["text"][start:stop], ends - 0.5)},
                target=ip.label_intervals(data["label"][start:stop].astype(int), ends - 1.0, ends),
                classes=("negative", "positive"),
                span_s=(0.0, ends[-1]),
            )
        )
    windows = ip.make_windows(recordings, step_s=1.0, steps=1)
    x = windows.steps.values["text"][windows.last][:, 0]
    np.testing.assert_array_equal(x, data["text"])
    np.testing.assert_array_equal(windows.y, data["label"])
    test_video = np.array([data["split"][starts[int(name)]] for name in windows.steps.entities])
    tested = test_video[windows.entity] == 1
    model = LogisticRegression(max_iter=1000).fit(x[~tested], windows.y[~tested])
    # 0.757 in the README of the data, with a penalty that it does not tell: one standard error of 752 utterances
    assert model.score(x[tested], windows.y[tested]) == pytest.approx(0.757, abs=0.016)


def test_what_cannot_be_is_told(folder, tmp_path):
    with pytest.raises(InvalidInput, match=r"has no config\.json"):
        TextEncoder(tmp_path)
    with pytest.raises(InvalidInput, match="must come with an encoder"):
        note_stream(["calm"], [1.0])
    with pytest.raises(InvalidInput, match="a time written"):
        note_stream(["calm"], [1.0, 2.0], encoder=TextEncoder(folder))
    (tmp_path / "config.json").write_text("{}", "utf-8")
    with pytest.raises(DamagedFile, match="cannot be read"):
        TextEncoder(tmp_path).embed(["calm"])
