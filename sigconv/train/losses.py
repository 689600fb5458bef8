"""What training lowers: losses of classes and of label maps, in which the label −1 counts for nothing."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from sigconv.train.processes import ALONE, Processes
from sigconv.train.settings import Settings

Loss = Callable[[Tensor, Tensor], Tensor]
IGNORED = -1
_SMALL = 1e-5


def loss_of(settings: Settings, weights: Tensor | None = None, among: Processes = ALONE) -> Loss:
    """The loss of some settings: a function of (N, class, *grid) logits and (N, *grid) labels that gives one number.

    weights : (class) float32, how much each class counts; None for equal
    among : the processes that have a share each of one batch; the mean of their losses, weighted by how many windows
        each has, is the loss of the whole

    >>> loss = loss_of(Settings(label_smoothing=0.1))
    >>> round(loss(torch.tensor([[2.0, 0.0], [0.0, 0.0]]), torch.tensor([0, -1])).item(), 4)
    0.2269
    """
    smoothing = settings.label_smoothing
    if settings.loss == "focal":
        return lambda logits, y: focal(logits, y, weights, smoothing, among=among)
    if settings.loss == "dice_ce":
        return lambda logits, y: dice(logits, y) + cross_entropy(logits, y, weights, smoothing, among)
    return lambda logits, y: cross_entropy(logits, y, weights, smoothing, among)


def cross_entropy(
    logits: Tensor, y: Tensor, weights: Tensor | None = None, smoothing: float = 0.0, among: Processes = ALONE
) -> Tensor:
    """Cross-entropy in nats, averaged over what has a label, in float32.

    logits : (N, class, *grid);  y : (N, *grid) int64, −1 where nothing is known;  weights : (class), or None
    among : as of `loss_of`
    Returns a scalar; 0 where nothing has a label.

    Same as: torch.nn.functional.cross_entropy, but for labels that are all ignored.

    >>> round(cross_entropy(torch.zeros(1, 2), torch.tensor([1])).item(), 4)
    0.6931
    """
    total = functional.cross_entropy(
        logits.float(), y, weights, ignore_index=IGNORED, reduction="sum", label_smoothing=smoothing
    )
    return total / _shown(y, weights, among)


def focal(
    logits: Tensor,
    y: Tensor,
    weights: Tensor | None = None,
    smoothing: float = 0.0,
    power: float = 2.0,
    among: Processes = ALONE,
) -> Tensor:
    """Cross-entropy in which what is right already counts little: each term times (1 − p)^power.

    Arguments and result as of `cross_entropy`; p is the probability of the label, power >= 0.

    Source: Lin et al. (2017), Focal Loss for Dense Object Detection, equation 4.

    >>> round(focal(torch.zeros(1, 2), torch.tensor([1])).item(), 4)
    0.1733
    """
    logits = logits.float()
    each = functional.cross_entropy(
        logits, y, weights, ignore_index=IGNORED, reduction="none", label_smoothing=smoothing
    )
    own = torch.softmax(logits, 1).gather(1, y.clamp(min=0).unsqueeze(1)).squeeze(1)
    return ((1 - own) ** power * each).sum() / _shown(y, weights, among)


def dice(logits: Tensor, y: Tensor) -> Tensor:
    """1 − the soft Dice coefficient of the classes 1, 2, …, averaged over classes and windows, in float32.

    logits : (N, class, *grid), two classes or more;  y : (N, *grid) int64, −1 where nothing is known
    Returns a scalar between 0 and 1.

    Source: Drozdzal et al. (2016); the form of nnU-Net, Isensee et al. (2021), without the background.

    >>> round(dice(torch.tensor([[[-9.0, 9.0], [9.0, -9.0]]]), torch.tensor([[1, 0]])).item(), 4)
    0.0
    """
    p = torch.softmax(logits.float(), 1)
    known = (y != IGNORED).unsqueeze(1)
    shown = torch.zeros_like(p).scatter_(1, y.clamp(min=0).unsqueeze(1), 1.0) * known
    p = p * known
    grid = tuple(range(2, p.ndim))
    both = (p * shown).sum(grid)[:, 1:]
    whole = (p.sum(grid) + shown.sum(grid))[:, 1:]
    return 1 - ((2 * both + _SMALL) / (whole + _SMALL)).mean()


def _shown(y: Tensor, weights: Tensor | None, among: Processes) -> Tensor:
    """How much there is that has a label, 1 where there is nothing; of several processes in the mean over windows."""
    known = y != IGNORED
    total = known.sum() if weights is None else (weights[y.clamp(min=0)] * known).sum()
    if among.count > 1:
        whole, windows = among.summed(torch.stack([total.float(), total.new_tensor(len(y)).float()]))
        total = whole * len(y) / windows
    return torch.where(total > 0, total, 1)
