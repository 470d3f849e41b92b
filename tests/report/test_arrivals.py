"""The report on when information arrives, and on rates over all lags together."""

from dataclasses import replace

import numpy as np

import interplay as ip
from interplay.nn.context import interaction_context
from interplay.report import write_report
from interplay.report.script import repeat_script
from report_pages import Page
from report_runs import after_an_event, drawn_run


def page_of(run, tmp_path) -> Page:
    return Page(write_report(run, tmp_path / "report.html", overwrite=True).read_text("utf-8"))


def with_news(run):
    """The run with news of its second modality at lag 2, and of no other."""
    d = run.profile.dataset.copy()
    none = np.zeros((len(run.profile.modalities), 4))
    news, p = none.copy(), none + 1.0
    news[1, 2], p[1, 2] = 0.3, 1e-4
    parts = {"novel": news, "novel_stderr": none + 0.02, "novel_p_value": p, "novel_q_value": p}
    return replace(
        run, profile=ip.InteractionProfile(d.assign({k: (("source", "lag"), v) for k, v in parts.items()}))
    )


def test_news_have_a_section_with_sentences_and_a_chart(tmp_path):
    page = page_of(with_news(drawn_run(3, 4)), tmp_path)
    assert "When does the information arrive?" in page.words
    assert (
        "hand_1 tells 0.30 ± 0.04 bits at a lag of 2 s that it does not tell more recently (q = 0.0001)."
        in page.words
    )
    shown = page.data["sections"]["arrives"]
    assert np.argwhere(shown["clear"]).tolist() == [[1, 2]]
    assert shown["bits"][1][2] == 0.3
    assert "arrives-host" in page.ids


def test_what_was_not_measured_is_not_drawn(tmp_path):
    page = page_of(drawn_run(3, 4), tmp_path)
    assert "Not measured for this run." in page.words
    assert page.data["sections"]["arrives"] == {}
    assert "arrives-host" not in page.ids


def with_pairs(run, *pairs):
    """The same with pairs: those that are named add 0.4 bit at lag 3, beyond what their modalities add."""
    d = run.profile.dataset
    joint = (d["novel"].values[:, None] + d["novel"].values[None]).copy()
    p = np.full(joint.shape, 0.9)
    for i, j in pairs:
        for a, b in ((i, j), (j, i)):
            joint[a, b, 3] += 0.4
            p[a, b, 3] = 1e-4
    parts = {"novel_joint": joint, "novel_joint_stderr": joint * 0 + 0.02, "novel_joint_p_value": p,
             "novel_joint_q_value": p}  # fmt: skip
    dims = ("source_i", "source_j", "lag")
    return replace(run, profile=ip.InteractionProfile(d.assign({k: (dims, v) for k, v in parts.items()})))


def test_pairs_are_said_where_they_add_more_than_their_modalities(tmp_path):
    run = with_news(drawn_run(5, 4))
    said = "hand_0 and hand_3 together tell 0.40 ± 0.07 bits at a lag of 3 s that they do not tell more recently,"
    one, none = page_of(with_pairs(run, (0, 3)), tmp_path), page_of(with_pairs(run), tmp_path)
    assert said in one.words
    assert one.words.count("beyond what each brings there alone") == 1
    assert "No evidence that two modalities together bring more than each alone" in none.words
    assert "together" not in page_of(run, tmp_path).words.partition("arrive?")[2].partition("How sure")[0]
    many = with_pairs(run, *((i, j) for i in range(5) for j in range(i)))
    assert len([s for s in many.profile.novel_sentences(9) if "together" in s]) == 3


def as_rate(run):
    """The run guided by a rate over all lags together, given the last two labels."""
    d = run.profile.dataset.isel(lag=[0])
    d.attrs |= {"kind": "rate", "target_history": 2, "classes": ["no", "yes"],
                "lags_s": {name: [0.0, 2.0] for name in run.profile.modalities}}  # fmt: skip
    return replace(run, profile=ip.InteractionProfile(d))


def test_a_rate_is_told_as_one(tmp_path):
    run = as_rate(drawn_run(3, 4))
    page = page_of(run, tmp_path)
    assert "per step, over all lags together, given the last 2 labels." in page.words
    assert "These are bits per step, over all lags together." in page.words
    assert (
        "bits per step over all lags together; lags of hand_0: 0, 2 s; hand_1: 0, 2 s; hand_2: 0, 2 s"
        in page.words
    )
    assert page.data["profile"]["time"]["points"] == ["all lags together"]
    assert page.data["profile"]["time"]["heads"] == []
    assert "lag of 0 s" not in page.words


def test_the_lines_to_repeat_a_run_say_what_was_measured():
    used = {"estimator": "PosteriorPID", "parameters": ip.PosteriorPID(target_history=2).get_params()}
    news, rate = with_news(drawn_run(3, 4)), as_rate(drawn_run(3, 4))
    for run in (news, rate):
        run.profile.dataset.attrs.update(used)
    estimator = "ip.PosteriorPID(target_history=2)"
    assert f"ip.TemporalRUS({estimator}, lags_s=[0, 1, 2, 3], novel=True).fit" in repeat_script(news)
    lags_s = {name: [0.0, 2.0] for name in rate.profile.modalities}
    assert f"ip.DirectedInformation({estimator}, lags_s={lags_s}).fit" in repeat_script(rate)


def test_a_rate_guides_every_step():
    profile = as_rate(drawn_run(3, 4)).profile
    context = interaction_context(profile, profile.modalities, steps=4, step_s=1.0)
    clear = profile.significant("redundancy")[..., 0]
    expected = np.where(clear, profile.dataset["redundancy"].values[..., 0], 0.0) / profile.h_y_bits
    assert clear.any()
    for step in range(4):
        assert np.allclose(context.redundancy[0, :, :, step].numpy(), expected, atol=1e-6)


def test_a_profile_of_time_since_an_event_is_told_as_one(tmp_path):
    run = after_an_event(drawn_run(3, 4))
    page = page_of(run, tmp_path)
    time = page.data["profile"]["time"]
    assert time["title"] == "time since dose (h)"
    assert (time["at"], time["ticks"]) == ([0.5, 1.5, 3.0, 5.5], [0, 1, 2, 4, 7])
    assert time["labels"] == ["0 to 1 h", "1 to 2 h", "2 to 4 h", "4 to 7 h"]
    assert time["when"][2] == time["points"][2] == "2 to 4 h after dose"
    assert dict(zip(time["heads"], zip(*time["cells"], strict=True), strict=True)) == {
        "from (h after dose)": (0, 1, 2, 4),
        "to (h after dose)": (1, 2, 4, 7),
    }
    assert "How long after dose the target is asked for." in page.words
    assert "bits 0 to 7 h after dose, of 40 events and 40 controls" in page.words
    assert "q: the same, adjusted over all pairs and bins" in page.words
    assert "at a lag of" not in page.words
    run.profile.dataset.attrs["estimator"] = "GaussianPID"
    assert 'load("profile.nc")  # of time since dose, by ip.EventResolved' in repeat_script(run)


def test_a_profile_over_lags_is_told_as_one(tmp_path):
    time = page_of(drawn_run(3, 4), tmp_path).data["profile"]["time"]
    assert time["title"] == "lag (s)"
    assert time["at"] == time["ticks"] == [0, 1, 2, 3]
    assert (time["points"][1], time["when"][1], time["labels"][1]) == ("lag 1 s", "at a lag of 1 s", "1 s")
    assert (time["heads"], time["cells"]) == (["lag (s)"], [[0], [1], [2], [3]])
