"""EventResolved on events whose effect is known."""

from dataclasses import replace

import numpy as np
import pytest

import interplay as ip
from interplay.data import TargetBins
from interplay.errors import InvalidInput, NotFitted
from interplay.estimators.event_resolved import _beside, _with_source_of
from interplay.profile import InteractionProfile, stretches
from interplay.report.summary import summary_sentences

EFFECT = 1.2
"""Standard deviations that the level is higher from the third to the fourth step after an event."""


def steps_of(seed: int, *, effect: float = EFFECT, entities: int = 30, slow: float = 0.0) -> ip.data.Steps:
    """Entities with four events each among 120 steps; the level is noise, or a slow series, plus the effect."""
    rng = np.random.default_rng(seed)
    n = 120
    noise = rng.normal(size=(entities, n))
    level = noise.copy()
    for t in range(1, n):
        level[:, t] = slow * level[:, t - 1] + np.sqrt(1 - slow**2) * noise[:, t]
    drug = np.zeros((entities, n))
    for k in range(entities):
        begin = rng.choice(np.arange(5, n - 12, 12), 4, replace=False) + rng.integers(0, 4, 4)
        drug[k, begin] = 1
        level[k, begin + 3] += effect
        level[k, begin + 4] += effect
    mood = rng.normal(size=(entities, n))
    values = {
        name: x.reshape(-1, 1, 1).astype(np.float32)
        for name, x in (("drug", drug), ("level", level), ("mood", mood))
    }
    who = np.repeat(np.arange(entities), n)
    return ip.data.Steps(
        values=values,
        observed=np.ones((entities * n, 3), dtype=bool),
        target=np.full(entities * n, np.nan),
        segment=who,
        entity=who,
        time_s=np.tile(np.arange(1.0, n + 1), entities),
        entities=tuple(f"e{k:02d}" for k in range(entities)),
        classes=(),
        channels=dict.fromkeys(values, ("0",)),
        step_s=1.0,
    )


def around(seed: int, *, bins: int = 6, **options) -> ip.data.EventWindows:
    steps = steps_of(seed, **options)
    events = ip.Events.where(steps, "drug", above=0)
    return ip.windows_around(
        steps, events, bins_s=range(bins + 1), target="level", sources=["mood"], change=False, seed=seed
    )


@pytest.fixture(scope="module")
def profile():
    return ip.EventResolved(n_permutations=199).fit(around(0)).profile_


def test_the_stretch_is_that_of_the_effect_and_no_other(profile):
    rows = stretches(profile)
    clear = rows[rows["significant"]]
    assert {tuple(row) for row in clear[["atom", "source_i", "start_s", "stop_s"]].to_numpy()} == {
        ("mi", "drug", 2.0, 4.0),
        ("unique", "drug", 2.0, 4.0),
    }
    assert len(clear) == 2
    assert (clear["q_value"] == 1 / 200).all()


def test_bits_are_those_of_the_effect(profile):
    """Events and controls are equally many and differ by EFFECT deviations: of the level's variance a share of
    (EFFECT²/4) / (1 + EFFECT²/4) is told, which are 0.222 bit; 0 in the other bins."""
    truth = np.array([0, 0, 0.5 * np.log2(1 + EFFECT**2 / 4), 0.5 * np.log2(1 + EFFECT**2 / 4), 0, 0])
    d = profile.dataset.sel(source="drug")
    assert (np.abs(d["mi"].values - truth) <= 3 * d["mi_stderr"].values + 0.005).all()


def test_the_profile_speaks_of_time_since_the_event(profile):
    (sentence,) = profile.sentences()
    assert sentence.startswith("drug tells 0.")
    assert (
        "bits that mood does not, most 3 to 4 s after drug" in sentence
        or "most 2 to 3 s after drug" in sentence
    )
    assert sentence.endswith(", and clear of chance from 2 to 4 s (q = 0.005).")
    assert profile.top(1)["when"].item() in ("2 to 3 s after drug", "3 to 4 s after drug")
    assert profile.lag_s.tolist() == [1, 2, 3, 4, 5, 6]
    attrs = profile.dataset.attrs
    assert (attrs["n_events"], attrs["n_controls"], attrs["estimator"]) == (120, 120, "GaussianPID")


def test_the_summary_of_a_report_speaks_of_it_too(profile):
    redundancy, unique, _ = summary_sentences(profile)
    assert redundancy.startswith(
        "No evidence that two modalities tell the same: of 1 pair in 6 bins of time none"
    )
    assert "4 s after drug, clear in 2 of 6 bins of time." in unique or "3 s after drug, clear in 2" in unique


def test_figures_show_time_since_the_event(profile):
    ax = profile.plot_lags("drug", "mood")
    assert ax.get_xlabel() == "time since drug (s)"
    bars = [line for line in ax.lines if line.get_linewidth() == 3]
    assert [line.get_xdata().tolist() for line in bars] == [[2.0, 4.0]]
    assert profile.plot_heatmap("unique").get_title() == "unique, largest over time"
    assert profile.plot_heatmap("unique", lag_s=3.0).get_title() == "unique, 2 to 3 s after drug"


def test_the_profile_is_saved_whole(profile, tmp_path):
    again = InteractionProfile.load(profile.save(tmp_path / "profile.nc"))
    assert again == profile
    assert stretches(again).equals(stretches(profile))


def test_stretches_are_asked_of_profiles_around_events(profile):
    by_hand = InteractionProfile.from_arrays(
        "ab", redundancy=np.zeros((2, 2, 1)), unique=np.zeros((2, 2, 1)), synergy=np.zeros((2, 2, 1)), step_s=1.0,
        h_y_bits=1.0,
    )  # fmt: skip
    for of, atom in ((by_hand, None), (profile, "magic")):
        with pytest.raises(InvalidInput, match="stretches must be asked of a profile of EventResolved"):
            stretches(of, atom)


@pytest.mark.parametrize("estimator", [ip.GaussianPID(n_rotations=9), ip.DiscretePID(n_rotations=9)])
def test_draws_side_by_side_are_those_of_estimates_one_by_one(estimator):
    """All rearrangements are lags of one estimate; each must be what an estimate of its own finds."""
    windows = around(3, bins=1, entities=12)
    if not estimator.continuous_target:
        windows = windows.cut(TargetBins(edges=np.array([0.0])))
    (bin_,) = windows.bins
    # two levels are the same two cells however often each is shown
    bin_.steps.values["mood"][:] = np.sign(bin_.steps.values["mood"])
    moved = np.random.default_rng(0).permuted(np.tile(bin_.last, (3, 1)), axis=1)
    together = ip.TemporalRUS(estimator).fit(_beside(bin_, "mood", moved)).profile_.dataset
    for k, moments in enumerate((bin_.last, *moved)):
        alone = ip.TemporalRUS(estimator).fit(_with_source_of(bin_, "mood", moments)).profile_.dataset
        for name in ("redundancy", "unique", "synergy", "mi"):
            np.testing.assert_allclose(
                together[name].isel(lag=k).values, alone[name].isel(lag=0).values, atol=1e-6, err_msg=name
            )


@pytest.mark.slow
def test_classes_are_measured_by_posteriors_and_found_where_they_differ():
    windows = around(1, bins=5).cut(TargetBins(edges=np.array([0.0])))
    profile = ip.EventResolved("DiscretePID", n_permutations=79).fit(windows).profile_
    rows = stretches(profile, "mi")
    clear = rows[rows["significant"]]
    assert clear[["source_i", "start_s", "stop_s"]].to_numpy().tolist() == [["drug", 2.0, 4.0]]
    assert profile.dataset.attrs["classes"] == ["below 0", "from 0"]
    short = ip.EventResolved(n_permutations=19)._estimator(windows.bins[0])
    assert type(short).__name__ == "PosteriorPID"


@pytest.mark.slow
def test_one_entity_with_many_events_is_enough():
    """Its blocks are the folds, and its events are exchanged among themselves."""
    steps = steps_of(5, entities=40)
    zeros = np.zeros(len(steps), dtype=int)
    # steps of all entities as one long recording of the first
    steps = replace(steps, entity=zeros, segment=zeros, time_s=np.arange(1.0, len(steps) + 1))
    events = ip.Events.where(steps, "drug", above=0)
    windows = ip.windows_around(
        steps, events, bins_s=range(2, 6), target="level", sources=[], change=False, away_s=6.0
    )
    assert windows.entities == ("e00",)
    profile = ip.EventResolved(n_permutations=39).fit(windows).profile_
    rows = stretches(profile)
    clear = rows[rows["significant"]]
    assert clear[["atom", "source_i", "start_s", "stop_s"]].to_numpy().tolist() == [["mi", "drug", 2.0, 4.0]]


def test_the_same_seed_gives_the_same_profile():
    windows = around(2, bins=3, entities=10)
    one, other = (ip.EventResolved(n_permutations=19).fit(windows).profile_ for _ in range(2))
    assert one == other


def test_what_cannot_be_fitted_is_told():
    with pytest.raises(NotFitted, match="EventResolved must be fitted"):
        ip.EventResolved().profile_  # noqa: B018
    with pytest.raises(InvalidInput, match=r"fitted on the result of ip\.windows_around; got int"):
        ip.EventResolved().fit(1)
    with pytest.raises(InvalidInput, match="n_permutations must be a whole number of at least 19"):
        ip.EventResolved(n_permutations=5).fit(around(0, bins=1, entities=10))


def false_findings(seeds, **options) -> int:
    """Profiles with any significant stretch or sentence, where the event changes nothing."""
    count = 0
    for seed in seeds:
        windows = around(seed, effect=0.0, bins=4, **options)
        profile = ip.EventResolved(n_permutations=79, random_state=seed).fit(windows).profile_
        count += bool(stretches(profile)["significant"].any() or profile.sentences())
    return count


@pytest.mark.slow
def test_an_event_that_changes_nothing_is_not_found():
    # of 8 profiles at a rate of 5 % more than 2 come up once in 170 times
    assert false_findings(range(100, 108), entities=15) <= 2


@pytest.mark.long
@pytest.mark.parametrize("slow", [0.0, 0.9])
def test_of_a_hundred_without_an_effect_at_most_five_have_a_stretch(slow):
    assert false_findings(range(1000, 1100), slow=slow) <= 5


@pytest.mark.long
def test_beside_a_source_that_tells_much_an_event_without_an_effect_is_not_found():
    """How a level of noise changes is half told by the level before; the event adds nothing to it in any form."""
    count = 0
    for seed in range(2000, 2100):
        steps = steps_of(seed, effect=0.0)
        events = ip.Events.where(steps, "drug", above=0)
        windows = ip.windows_around(
            steps, events, bins_s=range(5), target="level", sources=["level"], seed=seed
        )
        profile = ip.EventResolved(n_permutations=79, random_state=seed).fit(windows).profile_
        rows = stretches(profile)
        of_drug = rows[
            (rows["source_i"] == "drug") | ((rows["source_j"] == "drug") & (rows["atom"] != "unique"))
        ]
        count += bool(of_drug["significant"].any())
    assert count <= 5


@pytest.mark.slow
def test_intervals_cover_the_bits_of_every_bin():
    """600 intervals of 100 profiles; 90 to 99 % is what the library promises of them."""
    truth = np.zeros(6)
    truth[2:4] = 0.5 * np.log2(1 + EFFECT**2 / 4)
    hits = []
    for seed in range(100):
        d = ip.EventResolved(n_permutations=19).fit(around(seed)).profile_.dataset.sel(source="drug")
        hits.append(np.abs(d["mi"].values - truth) <= 1.96 * d["mi_stderr"].values + 1e-4)
    assert 0.90 <= np.mean(hits) <= 0.99
    assert 0.90 <= np.mean(np.array(hits)[:, 2:4]) <= 0.99


@pytest.mark.slow
def test_the_stretch_is_exact_in_most_profiles():
    """An effect of 1.2 deviations is seen in all; a neighbour of the two bins joins them in 5 % each at most."""
    exact = 0
    for seed in range(40):
        rows = stretches(ip.EventResolved(n_permutations=99).fit(around(seed)).profile_, "mi")
        clear = rows[rows["significant"] & (rows["source_i"] == "drug")]
        exact += clear[["start_s", "stop_s"]].to_numpy().tolist() == [[2.0, 4.0]]
    assert exact >= 34
