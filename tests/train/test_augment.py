"""Noise in training is as large as what varies within a window, and unobserved values have no say; shifts last."""

import torch

from interplay.train.augment import add_noise, shift_levels


def test_noise_is_a_share_of_what_varies_within_the_window():
    torch.manual_seed(0)
    x = torch.stack(
        [0.01 * torch.randn(50, 40, 1), torch.full((50, 40, 1), 7.0), 9.0 * torch.randn(50, 40, 1)]
    )
    observed = torch.ones(3, 1, 50, dtype=torch.bool)
    added = add_noise({"a": x}, observed, 0.5)["a"] - x
    assert not added[1].any()
    # of 2,000 normal numbers the standard deviation is known to 2 %; above 1 the share is of 1
    torch.testing.assert_close(added[0].std(), torch.tensor(0.005), rtol=0.06, atol=0)
    torch.testing.assert_close(added[2].std(), torch.tensor(0.5), rtol=0.06, atol=0)


def test_unobserved_values_do_not_count_as_variation():
    torch.manual_seed(0)
    x = torch.full((1, 4, 3, 2), 2.0)
    x[0, 1] = 1e6
    observed = torch.tensor([[[True, False, True, True]]])
    added = add_noise({"a": x}, observed, 0.5)["a"] - x
    assert not added[0, [0, 2, 3]].any()


def test_a_level_is_shifted_for_the_whole_window_and_for_each_channel_apart():
    torch.manual_seed(0)
    x = {"a": torch.randn(2000, 5, 3, 2)}
    by = shift_levels(x, 0.3)["a"] - x["a"]
    # the same at every sample of the window, up to the rounding of a sum in float32
    torch.testing.assert_close(by, by[:, :1, :1].expand_as(by), rtol=0, atol=1e-6)
    first, second = by[:, 0, 0].T
    # of 2,000 normal numbers the standard deviation is known to 2 %, a correlation to 0.02
    torch.testing.assert_close(first.std(), torch.tensor(0.3), rtol=0.06, atol=0)
    assert abs(float(torch.corrcoef(torch.stack([first, second]))[0, 1])) < 0.07
