"""What a model says of windows, as it says it: before calibration, decisions and units."""

import torch

from interplay.nn import Model
from interplay.train.batches import ScaledWindows

BATCH_SIZE = 256


@torch.no_grad()
def logits_of(model: Model, windows: ScaledWindows) -> tuple[torch.Tensor, torch.Tensor]:
    """What the model says (N, C), and targets of the windows."""
    model.eval()
    logits, y = [], []
    for batch in windows.in_order(BATCH_SIZE):
        logits.append(model(batch.x, batch.observed, batch.context, batch.static).logits)
        # the last step of a window is what is predicted, whatever else was asked in training
        y.append(batch.y[:, -1] if windows.each_step else batch.y)
    return torch.cat(logits), torch.cat(y)
