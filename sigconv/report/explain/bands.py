"""Channels times frequency bands: what each rhythm at each electrode does."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sigconv.core.design import butterworth
from sigconv.core.zerophase import sosfiltfilt
from sigconv.errors import ArgumentError, ShapeError
from sigconv.signal import Axis, Signal

ORDER = 4
EEG_EDGES = (4.0, 8.0, 13.0, 30.0)  # Hz: theta, alpha, beta begin; gamma


@dataclass(frozen=True, eq=False)
class Bands:
    """A player for each channel and band; the bands of a channel sum to the channel exactly.

    Attributes
    ----------
    parts : (band, channel, time) float array, the signal in each band
    channels, bands : their names
    """

    parts: Any
    channels: tuple[str, ...]
    bands: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """ "C3 · 8 to 13 Hz", all bands of the first channel first."""
        return tuple(f"{channel} · {band}" for channel in self.channels for band in self.bands)

    def without(self, present: Tensor, x: Tensor, baseline: Tensor) -> Tensor:
        """(N, players) of 0 and 1 -> (N, channel, time): the baseline, and the difference to x in the bands present."""
        share = torch.as_tensor(self.parts, dtype=x.dtype, device=x.device)
        on = present.view(len(present), len(self.channels), len(self.bands)).to(x.dtype)
        if bool((baseline != baseline[..., :1]).any()):
            raise ShapeError("baseline changes in time; bands are compared with a constant one: 0 or 'mean'")
        constant = baseline[..., :1].expand_as(x)
        mixed = torch.einsum("ncb,bct->nct", on, share)
        return mixed + constant * (1 - on[:, :, :1])  # the constant lies in the lowest band

    def spread(self, values: Any, signal: Signal) -> Signal:
        """(players,) -> (channel, freq), a number for each band."""
        grid = np.asarray(values).reshape(len(self.channels), len(self.bands))
        axes = (signal.axes[0], Axis("freq", len(self.bands), labels=self.bands))
        return Signal(grid, axes, notes=signal.notes)


def bands(signal: Signal, edges: Sequence[float] = EEG_EDGES) -> Bands:
    """Channels times frequency bands, cut by zero-phase low-passes whose differences are the bands.

    Parameters
    ----------
    signal : (channel, time)
    edges : Hz, rising, 0 < edge < half the rate; those of theta, alpha, beta and gamma unless given

    Raises
    ------
    ShapeError : no (channel, time) signal;  ArgumentError : edges that do not rise
    SamplingError : an edge outside 0 … half the rate

    >>> x = Signal.from_array(np.random.default_rng(0).normal(size=(2, 320)), fs=160, channels=["C3", "C4"])
    >>> cut = bands(x, (8, 13))
    >>> cut.names[:3], np.allclose(cut.parts.sum(0), x.data)
    (('C3 · below 8 Hz', 'C3 · 8 to 13 Hz', 'C3 · above 13 Hz'), True)
    """
    if [axis.name for axis in signal.axes[1:]] != ["time"]:
        raise ShapeError(f"signal is {signal!r}; bands are cut along time alone, from (channel, time)")
    edges = [float(edge) for edge in edges]
    if not edges or any(b <= a for a, b in itertools.pairwise(edges)):
        raise ArgumentError(f"edges are {edges} Hz; they are one or more, and rise")
    data = np.asarray(signal.data, dtype=np.float64)
    below = [sosfiltfilt(butterworth(ORDER, edge, "lowpass", fs=signal.fs), data) for edge in edges]
    cumulated = [np.zeros_like(data), *below, data]
    parts = np.stack([high - low for low, high in itertools.pairwise(cumulated)])
    names = [f"below {edges[0]:g} Hz", *(f"{a:g} to {b:g} Hz" for a, b in itertools.pairwise(edges))]
    channels = signal.channels or tuple(str(i) for i in range(len(data)))
    return Bands(parts, channels, (*names, f"above {edges[-1]:g} Hz"))
