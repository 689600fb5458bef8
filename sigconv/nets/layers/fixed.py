"""Kernels that are known beforehand, as a layer: derivatives, smoothing, what the eye's first cells compute."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sigconv.core import kernels
from sigconv.core.boundary import BoundaryLike
from sigconv.core.geometry import padding_for
from sigconv.errors import ArgumentError, one_of
from sigconv.nets.layers.conv import real_rule, refuse_shape, refuse_small
from sigconv.nets.layers.outside import extended
from sigconv.nets.layers.padded import KERNELS
from sigconv.nets.layers.sizes import dimension

PER_AXIS = {"sobel": kernels.sobel, "prewitt": kernels.prewitt}
WHOLE: dict[str, Any] = {
    "laplacian": kernels.laplacian,
    "gaussian": kernels.gaussian,
    "laplacian_of_gaussian": kernels.laplacian_of_gaussian,
}
FLAT = {"horizontal": kernels.horizontal, "vertical": kernels.vertical}
NAMES = (*PER_AXIS, *WHOLE, *FLAT)


class FixedKernel(nn.Module):
    """Each channel correlated with known kernels: (N, channels, *grid) -> (N, channels * kernels, *grid).

    Output c * kernels + k is channel c seen by kernel k; the kernels are a buffer and are not learnt.

    Parameters
    ----------
    name : "sobel" or "prewitt", one kernel for each axis; "laplacian"; "gaussian" or "laplacian_of_gaussian", which
        take sigma; "horizontal" or "vertical", for 2 axes; or an array of kernels, (kernels, *size)
    axes : 1, 2 or 3, the dimension of the grid
    boundary : what lies outside, a rule of core.boundary
    sigma : float > 0, samples, for the two kernels that have one

    Raises
    ------
    ArgumentError : an unknown name, a sigma that is missing or too many, kernels that do not fit the axes
    ShapeError : at forward, another number of axes

    Same as: scipy.ndimage.sobel, prewitt, laplace, gaussian_filter, gaussian_laplace (but for its rounding of width).

    >>> FixedKernel("sobel", axes=2)(torch.zeros(1, 3, 8, 9)).shape
    torch.Size([1, 6, 8, 9])
    """

    kernels: Tensor

    def __init__(
        self, name: str | Any, *, axes: int, boundary: BoundaryLike = "edge", sigma: float | None = None
    ) -> None:
        super().__init__()
        self.axes = dimension(axes)
        self.name = name if isinstance(name, str) else "own"
        self.sigma = sigma
        self.boundary = real_rule(boundary)
        found = _named(name, axes, sigma) if isinstance(name, str) else _given(name, axes, sigma)
        self.register_buffer("kernels", torch.as_tensor(found, dtype=torch.get_default_dtype()).unsqueeze(1))
        self.padding = tuple(padding_for("same", size) for size in found.shape[1:])

    def forward(self, x: Tensor) -> Tensor:
        """Every channel under every kernel.  x : (N, channels, *grid), in the precision of the kernels."""
        if x.ndim != self.axes + 2:
            refuse_shape(x, x.shape[1] if x.ndim > 1 else 1, self.axes)
        refuse_small(x, [1] * self.axes, "an axis has samples")
        channels = x.shape[1]
        padded = extended(x, self.padding, self.boundary)
        weight = self.kernels.repeat(channels, *(1,) * (self.axes + 1))
        y: Tensor = KERNELS[self.axes](padded, weight, groups=channels)
        return y

    def extra_repr(self) -> str:
        """The arguments."""
        rule, constant = self.boundary
        told = f"{self.name!r}, kernels={tuple(self.kernels[:, 0].shape)}, boundary={rule.value!r}"
        return told + (f", sigma={self.sigma}" if self.sigma is not None else "") + (f", {constant}" * bool(constant))


def _named(name: str, axes: int, sigma: float | None) -> Any:
    one_of("name", name, NAMES)
    takes = name in ("gaussian", "laplacian_of_gaussian")
    if takes != (sigma is not None):
        raise ArgumentError(f"sigma is {sigma!r}; kernel {name!r} takes {'a sigma above 0' if takes else 'none'}")
    if name in PER_AXIS:
        return np.stack([PER_AXIS[name](axes, axis) for axis in range(axes)])
    if name in FLAT:
        if axes != 2:
            raise ArgumentError(f"axes is {axes}; kernel {name!r} lies in 2 axes")
        return FLAT[name]()[None]
    if not takes:
        return WHOLE[name](axes)[None]
    return WHOLE[name](sigma, ndim=axes)[None]


def _given(own: Any, axes: int, sigma: float | None) -> Any:
    found = np.asarray(own, float)
    if sigma is not None:
        raise ArgumentError(f"sigma is {sigma!r} beside kernels of your own, which have none")
    if found.ndim != axes + 1 or 0 in found.shape:
        raise ArgumentError(f"name is an array of shape {found.shape}; kernels for {axes} axes are (kernels, *size)")
    return found
