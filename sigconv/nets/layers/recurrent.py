"""A learnt recursive filter for each channel, stable whatever it has learnt."""

from typing import Any

import torch
from torch import Tensor, nn

from sigconv.core.geometry import at_least
from sigconv.core.recurrence import lfilter
from sigconv.errors import ShapeError
from sigconv.nets.layers.conv import refuse_shape

LONGEST = 0.9999  # the largest radius of a pole: a memory of ten thousand samples


class LearnableCCDE(nn.Module):
    """A difference equation with learnt coefficients along time: (N, channels, time) -> (N, channels, time).

        y[n] = b[0] x[n] + ... + b[M] x[n-M] - a[1] y[n-1] - ... - a[N] y[n-N]        b and a of each channel

    The feedback is a row of second-order sections 1 + a1 z^-1 + a2 z^-2 (and one of first order if N is odd). Such a
    section is stable inside the triangle |a2| < 1, |a1| < 1 + a2, and two free numbers u, v name a point in it:
        a2 = tanh(v), a1 = (1 + a2) tanh(u); then the poles are drawn towards 0 by a factor of 0.9999
    A new layer passes its input through sections with random poles, b = 1 0 0 ...

    Parameters
    ----------
    channels : int >= 1
    order_b : int >= 0, M, earlier inputs;  order_a : int >= 0, N, earlier outputs

    Raises
    ------
    ArgumentError : a number outside its range
    ShapeError : at forward, another number of axes or channels

    Source: Nercessian, Sarroff & Werner (2021), arXiv:2103.08709, there with the two coefficients in the other order;
    the triangle is Jury's test of a second-order polynomial.
    Same as: core.recurrence.lfilter of each channel by `polynomials`.

    >>> LearnableCCDE(4, order_b=1, order_a=3)(torch.zeros(2, 4, 100)).shape
    torch.Size([2, 4, 100])
    """

    b: nn.Parameter
    poles: nn.Parameter

    def __init__(self, channels: int, order_b: int = 2, order_a: int = 2) -> None:
        super().__init__()
        self.channels = at_least("channels", channels, 1)
        self.order_b, self.order_a = at_least("order_b", order_b, 0), at_least("order_a", order_a, 0)
        self.b = nn.Parameter(torch.empty(self.channels, self.order_b + 1))
        self.poles = nn.Parameter(torch.empty(self.channels, self.order_a))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new poles; the numerator passes x through."""
        nn.init.zeros_(self.b)
        nn.init.ones_(self.b[:, :1])
        if self.order_a:
            nn.init.uniform_(self.poles, -1, 1)

    def sections(self) -> list[Tensor]:
        """The feedback polynomials 1, a1, a2 of each section: (channels, 3) tensors, the last (channels, 2) if odd."""
        pairs = self.order_a // 2
        u, v = self.poles[:, :pairs].tanh(), self.poles[:, pairs : 2 * pairs].tanh()
        one = torch.ones_like(self.b[:, 0])
        found = [torch.stack([one, LONGEST * (1 + v[:, i]) * u[:, i], LONGEST**2 * v[:, i]], 1) for i in range(pairs)]
        if self.order_a % 2:
            found.append(torch.stack([one, LONGEST * self.poles[:, -1].tanh()], 1))
        return found or [one[:, None]]

    def polynomials(self) -> tuple[Tensor, Tensor]:
        """b (channels, order_b + 1) and a (channels, order_a + 1), the sections multiplied out."""
        a = torch.ones_like(self.b[:, :1])
        for section in self.sections():
            product = a.new_zeros(len(a), a.shape[1] + section.shape[1] - 1)
            for delay in range(section.shape[1]):
                shifted = nn.functional.pad(
                    a * section[:, delay : delay + 1], (delay, product.shape[1] - a.shape[1] - delay)
                )
                product = product + shifted
            a = product
        return self.b, a

    def forward(self, x: Tensor) -> Tensor:
        """The filtered channels, from rest.  x : (N, channels, time)."""
        return self.resumed(x, None)[0]

    def resumed(self, x: Tensor, state: Any) -> tuple[Tensor, list[Tensor]]:
        """The filtered channels and the state behind them.

        x : (N, channels, time);  state : what an earlier call gave, None for rest: one tensor (N, channels, memory)
        per section
        """
        if x.ndim != 3 or x.shape[1] != self.channels:
            refuse_shape(x, self.channels, 1)
        after = []
        for i, section in enumerate(self.sections()):
            top = self.b if i == 0 else torch.ones_like(self.b[:, :1])
            memory = max(top.shape[1], section.shape[1]) - 1
            start = x.new_zeros(*x.shape[:2], memory) if state is None else state[i]
            if start.shape != (*x.shape[:2], memory):
                raise ShapeError(
                    f"state {i} has shape {tuple(start.shape)}; this layer and x need {(*x.shape[:2], memory)}"
                )
            rows = [lfilter(top[c], section[c], x[:, c], zi=start[:, c]) for c in range(self.channels)]
            x = torch.stack([y for y, _ in rows], 1)
            after.append(torch.stack([zf for _, zf in rows], 1))
        return x, after

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.channels}, order_b={self.order_b}, order_a={self.order_a}"
