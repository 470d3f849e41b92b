"""What the time of a profile is called, where its values stand and how its moments are said."""

import numpy as np
import pytest

import interplay as ip


def profile_of(lag_s, **attrs) -> ip.InteractionProfile:
    """Two modalities; redundancy grows along the axis."""
    n = len(lag_s)
    square = np.tile(np.arange(1.0, n + 1), (2, 2, 1))
    profile = ip.InteractionProfile.from_arrays(
        ["a", "b"], redundancy=square, unique=0 * square, synergy=0 * square, step_s=1.0, h_y_bits=9.0
    )
    dataset = profile.dataset.assign_coords(lag_s=("lag", np.asarray(lag_s, dtype=float)))
    dataset.attrs |= attrs
    return ip.InteractionProfile(dataset)


def since(edges_s) -> ip.InteractionProfile:
    profile = profile_of(edges_s[1:], event="dose", bins_s=[float(edge) for edge in edges_s])
    atoms, tests = ("redundancy", "unique", "synergy", "joint_mi"), ("stderr", "cluster_p_value", "q_value")
    parts = {f"{atom}_{test}": profile.dataset[atom] * 0 + 0.01 for atom in atoms for test in tests}
    return ip.InteractionProfile(profile.dataset.assign(parts))


def test_lags_are_called_lags():
    axis = profile_of([0, 0.5, 2]).axis
    assert (axis.name, axis.unit, axis.over, axis.span) == ("lag", "s", "lags", "lags 0 to 2 s")
    assert axis.when[1] == "at a lag of 0.5 s"
    assert [axis.counted(1), axis.counted(3)] == ["at 1 lag", "at 3 lags"]
    assert axis.at.tolist() == axis.headed["lag (s)"].tolist() == [0, 0.5, 2]
    assert [axis.nearest(t) for t in (0, 0.2, 0.3, 9)] == [0, 0, 1, 2]


@pytest.mark.parametrize(
    ("edges_s", "unit", "last"),
    [
        ([0, 1, 3], "s", "1 to 3 s"),
        ([0, 60, 180], "min", "1 to 3 min"),
        ([0, 3600, 10800], "h", "1 to 3 h"),
        ([0, 86400, 259200], "d", "1 to 3 d"),
        ([0, 5400, 10800], "min", "90 to 180 min"),
        ([0, 0.5, 1], "s", "0.5 to 1 s"),
    ],
)
def test_time_since_an_event_is_in_the_largest_unit_of_whole_numbers(edges_s, unit, last):
    axis = since(edges_s).axis
    assert (axis.unit, axis.labels[-1], axis.when[-1]) == (unit, last, f"{last} after dose")
    assert axis.name == "time since dose"
    assert [axis.counted(1), axis.counted(2)] == ["in 1 bin of time", "in 2 bins of time"]
    assert axis.at[0] == axis.edges[1] / 2


def test_a_time_lies_in_the_bin_that_ends_with_or_after_it():
    axis = since([0, 1, 4, 6]).axis
    # the end of the first bin is nearer to 1.5 than that of the second, which holds it
    assert [axis.nearest(t) for t in (0, 1, 1.5, 4, 5, 60)] == [0, 0, 1, 1, 2, 2]


def test_tables_of_time_since_an_event_have_both_ends_of_its_bins():
    profile = since([0, 3600, 10800])
    frame = profile.to_dataframe()
    assert frame[["start_s", "stop_s"]].values.tolist() == [[0, 3600], [3600, 10800]]
    top = profile.top(1)
    assert top[["start_s", "stop_s", "when"]].values.tolist() == [[3600, 10800, "1 to 3 h after dose"]]
    assert not [name for table in (frame, top) for name in table if "lag" in name]
    assert "lag" not in repr(profile)
    assert "over 0 to 3 h after dose" in repr(profile)
    lags = profile_of([0, 1])
    assert list(lags.to_dataframe())[2:4] == ["lag", "lag_s"]
    assert list(lags.top(1))[3] == "lag_s"


def test_charts_of_time_since_an_event_stand_on_it():
    from interplay.report.figures import plot_informativeness

    profile = since([0, 3600, 10800])
    for ax in (profile.plot_lags("a", "b"), plot_informativeness(profile)):
        assert ax.get_xlabel() == "time since dose (h)"
        assert ax.lines[0].get_xdata().tolist() == [0.5, 2]
    assert profile.plot_heatmap("redundancy").get_title() == "redundancy, largest over time"
    assert profile.plot_heatmap("redundancy", 3700.0).get_title() == "redundancy, 1 to 3 h after dose"
    assert profile_of([0, 1]).plot_heatmap("redundancy").get_title() == "redundancy, largest over lags"
