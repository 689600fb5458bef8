"""The best epoch so far, by what is looked at and never trained on."""

import math
from dataclasses import dataclass, field

from torch import Tensor, nn


@dataclass(eq=False)
class Best:
    """The weights of the epoch with the best score; of equal ones that with the lower loss, then the earlier.

    epoch : 1, 2, …, or 0 while there is none

    >>> best = Best()
    >>> [best.offer(epoch, score, 0.5, nn.Linear(1, 1)) for epoch, score in ((1, 0.5), (2, 0.9), (3, 0.9))]
    [True, True, False]
    >>> best.epoch, best.waited(3)
    (2, 1)
    """

    epoch: int = 0
    score: float = -math.inf
    loss: float = math.inf
    tensors: dict[str, Tensor] = field(default_factory=dict)

    def offer(self, epoch: int, score: float, loss: float, module: nn.Module) -> bool:
        """Keep a copy of the module's numbers if this epoch is better; whether it is."""
        score, loss = score if math.isfinite(score) else -math.inf, loss if math.isfinite(loss) else math.inf
        better = not self.epoch or (score, -loss) > (self.score, -self.loss)
        if better:
            self.epoch, self.score, self.loss = epoch, score, loss
            self.tensors = {name: value.detach().clone() for name, value in module.state_dict().items()}
        return better

    def waited(self, epoch: int) -> int:
        """Epochs since the best one."""
        return epoch - self.epoch
